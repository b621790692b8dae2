"""Can a line be read? Set-based checks on the temporary table ``landing`` of one delivery.

Every check marks bad lines with ``_fault`` (reason code) and ``_fault_column`` (header); the
first fault of a line counts. Values are checked once per distinct value, which for dates,
months, codes and amounts is a thousand times less work than once per line.
"""

from dataclasses import dataclass
from decimal import Decimal

import psycopg
from psycopg import sql

from ingestion.contract import Column, Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.landing_table import LANDING

# Cleaning function and reason code by column type; what it makes null cannot be read.
READABLE_BY = {
    "date": ("date", "unreadable_date"),
    "month": ("month", "unreadable_month"),
    "instant": ("instant", "unreadable_instant"),
    "yuan": ("yuan", "unreadable_amount"),
    "wan_yuan": ("number", "unreadable_amount"),
    "number": ("number", "unreadable_number"),
    "share": ("share", "unreadable_share"),
}
# A key is indexed; other fields may be long, but not a file in a field (characters).
LONGEST_KEY = 128
LONGEST_FIELD = 65_536
BLANKS = " \t\u00a0\u3000"


@dataclass(frozen=True)
class ControlTotal:
    """Sums of the control column in yuan; null where the contract has none."""

    landed: Decimal | None
    rejected: Decimal | None


def mark_faults(connection: psycopg.Connection, contract: Contract) -> None:
    """Run all line checks of a contract."""
    _mark_missing_and_long(connection, contract)
    if contract.operation is not None:
        _mark_unknown_operation(connection, contract.column(contract.operation))
    for column in contract.columns:
        if column.type in READABLE_BY and column.on_unreadable == "reject":
            _mark_unreadable(connection, column)


def _is_blank(value: sql.Composable) -> sql.Composed:
    """Null, empty or only blanks. The first character decides cheaply that a value is none of these."""
    return sql.SQL(
        "({0} is null or ({0} collate \"C\" < '!' or ascii({0}) in (160, 12288)) and btrim({0}, {1}) = '')"
    ).format(value, sql.Literal(BLANKS))


def _mark_missing_and_long(connection: psycopg.Connection, contract: Contract) -> None:
    cases: list[tuple[sql.Composed, str, Column]] = []
    for column in contract.columns:
        value = sql.Identifier(column.name)
        is_key = column.key_position is not None
        if column.required and column.name != contract.operation:
            cases.append((_is_blank(value), "missing_key" if is_key else "missing_value", column))
        longest = LONGEST_KEY if is_key else LONGEST_FIELD
        cases.append(
            (sql.SQL("octet_length({}) > {}").format(value, sql.Literal(longest)), "field_too_long", column)
        )

    def case(values: list[str]) -> sql.Composed:
        whens = [
            sql.SQL("when {} then {}").format(condition, sql.Literal(value))
            for (condition, _, _), value in zip(cases, values, strict=True)
        ]
        return sql.SQL("case {} end").format(sql.SQL(" ").join(whens))

    connection.execute(
        sql.SQL("update {} set _fault = {}, _fault_column = {} where _fault is null and ({})").format(
            LANDING,
            case([reason for _, reason, _ in cases]),
            case([column.header for _, _, column in cases]),
            sql.SQL(" or ").join(condition for condition, _, _ in cases),
        )
    )


def _mark_unknown_operation(connection: psycopg.Connection, column: Column) -> None:
    connection.execute(
        sql.SQL(
            "update {landing} set _fault = 'unknown_operation', _fault_column = {header} "
            "where _fault is null and coalesce(btrim({value}, {blanks}), '') <> all({codes})"
        ).format(
            landing=LANDING,
            header=sql.Literal(column.header),
            value=sql.Identifier(column.name),
            blanks=sql.Literal(BLANKS),
            codes=sql.Literal(list(column.codes)),
        )
    )


def _mark_unreadable(connection: psycopg.Connection, column: Column) -> None:
    function, reason = READABLE_BY[column.type]
    value = sql.Identifier(column.name)
    connection.execute(
        sql.SQL(
            # Materialized, or the planner would call the function once per line.
            "with met as materialized "
            "(select distinct {value} as value from {landing} where _fault is null), "
            "bad as materialized (select value from met where not {blank} and {function}(value) is null) "
            "update {landing} set _fault = {reason}, _fault_column = {header} "
            "from bad where landing._fault is null and landing.{value} = bad.value"
        ).format(
            value=value,
            landing=LANDING,
            blank=_is_blank(sql.SQL("value")),
            function=sql.Identifier("clean", function),
            reason=sql.Literal(reason),
            header=sql.Literal(column.header),
        )
    )


def control_total(connection: psycopg.Connection, contract: Contract, delivery: Delivery) -> ControlTotal:
    """Landed and rejected sums; together they must be the sender's total. Raises DeliveryFault.

    The amount of a rejected line counts too, also where it is absurd (up to 15 digits). Repeated
    lines are among the landed ones, as they are among the sender's.
    """
    if contract.control_total is None:
        return ControlTotal(None, None)
    row = connection.execute(
        sql.SQL(
            "select coalesce(sum(lines * yuan) filter (where readable), 0)::numeric(18, 2), "
            "coalesce(sum(lines * yuan) filter (where not readable), 0)::numeric(18, 2), "
            "coalesce(sum(lines) filter (where yuan is null), 0) "
            "from (select readable, lines, {amount} as yuan from (select {value} as value, "
            "_fault is null as readable, count(*) as lines from {landing} group by 1, 2) as met) as summed"
        ).format(
            amount=amount_of(sql.SQL("value")),
            value=sql.Identifier(contract.control_total),
            landing=LANDING,
        )
    ).fetchone()
    landed, rejected, unreadable = row if row else (Decimal(0), Decimal(0), 0)
    if delivery.control_total_yuan is not None and landed + rejected != delivery.control_total_yuan:
        header = contract.column(contract.control_total).header
        unread = f" (lines without a readable {header}: {unreadable})" if unreadable else ""
        raise DeliveryFault(
            "control_total",
            f"{delivery.path.name}: the sum of {header} is {landed + rejected}, the manifest says "
            f"{delivery.control_total_yuan}{unread}. Ask {contract.owner} for a corrected delivery. "
            "Nothing was loaded.",
        )
    return ControlTotal(landed, rejected)


def amount_of(value: sql.Composable) -> sql.Composed:
    """Yuan of an amount text, absurdly large ones included, else null."""
    return sql.SQL(
        "coalesce(clean.yuan({0}), "
        "case when {0} ~ '^\\s*[-+]?\\d{{1,15}}(\\.\\d{{1,6}})?\\s*$' then round({0}::numeric, 2) end)"
    ).format(value)


def check_validity(connection: psycopg.Connection, contract: Contract, delivery: Delivery) -> None:
    """Half-open validities of one key must not overlap within the delivery. Raises DeliveryFault."""
    validity = contract.validity
    if validity is None:
        return
    key = sql.SQL(", ").join(sql.Identifier(name) for name in validity.key)
    row = connection.execute(
        sql.SQL(
            "select _line_number, other_line, concat_ws(' ', {key}) from ("
            "select {key}, _line_number, valid_from, valid_to, "
            "lag(_line_number) over by_key as other_line, lag(valid_to) over by_key as other_to "
            "from (select {key}, _line_number, clean.date({valid_from}) as valid_from, "
            "coalesce(clean.date({valid_to}), 'infinity') as valid_to "
            "from {landing} where _fault is null) as typed "
            "window by_key as (partition by {key} order by valid_from, _line_number)) as compared "
            "where valid_from < other_to or valid_to <= valid_from order by _line_number limit 1"
        ).format(
            key=key,
            valid_from=sql.Identifier(validity.valid_from),
            valid_to=sql.Identifier(validity.valid_to),
            landing=LANDING,
        )
    ).fetchone()
    if row is not None:
        line, other_line, subject = row
        problem = f"overlaps line {other_line}" if other_line else "ends before it begins"
        raise DeliveryFault(
            "overlapping_validity",
            f"{delivery.path.name}: line {line} ({subject}) {problem}: the validity of one key must not "
            f"overlap. Correct the file. Nothing was loaded.",
        )
