"""The landing suite: what a feed's contract promises about one delivery, as expectations.

Importing this module imports Great Expectations (seconds): do it inside functions.
"""

from collections.abc import Iterator

from great_expectations.expectations.core import ExpectColumnMaxToBeBetween, ExpectTableRowCountToBeBetween
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations import landing_records
from expectations.counting import (
    CRITICAL,
    INFO,
    WARNING,
    ExpectColumnCodes,
    ExpectColumnFilled,
    ExpectColumnWithin,
    ExpectNoDivisions,
    ExpectQueryRowCount,
)
from expectations.gate import Batch, sql_literal
from expectations.landing import Landed, LandingLimits
from expectations.landing_records import read_once
from ingestion.bureau import own_folder
from ingestion.cleaning import READABLE_BY
from ingestion.contract import Column, Contract
from ingestion.divisions import by_code, own_divisions
from ingestion.value import AMOUNTS

# A value that is there and cannot be read: outside every limit.
UNREADABLE = -1_000_000
# The day is wanted, also of what says a time.
DATE_READERS = {
    "date": "clean.date", "end_date": "clean.end_date", "month": "clean.month", "instant": "clean.date",
    "zoned_instant": "clean.date",
}  # fmt: skip
# What names something: a value of these that cannot be read is told however few there are, since
# it would be one name for many (无, 6.22202E+18).
NAME_READERS = {kind: f"clean.{READABLE_BY[kind][0]}" for kind in ("identifier", "account")}
AMOUNT_READERS = {kind: f"clean.{READABLE_BY[kind][0]}" for kind in (*AMOUNTS, "number", "sequence", "share")}


# -- the batch: one delivery, values read as far as the expectations need it ----------------


def batch_query(contract: Contract, landed: Landed) -> str:
    """The lines of one delivery, with dates as days after the business date and numbers as 0 or 1."""
    selected, read = ["_line_number", "_is_repeat"], ""
    for column in contract.columns:
        if _is_counted(column):
            selected.append(f"nullif(btrim({column.name}), '') as {column.name}")
        if reading := _reading(column, landed):
            selected.append(reading[0])
            read += read_once(*reading)
    selected += [name for name, _ in landing_records.numbers(contract)]
    return (
        f"select {', '.join(selected)} from raw.{contract.feed} as line{read}"
        f"{landing_records.joined_numbers(contract, landed)}"
        f" where _delivery_id = {sql_literal(landed.delivery_id)}"
    )


def _reading(column: Column, landed: Landed) -> tuple[str, str] | None:
    """The column of the batch that a column is read into, and how; null where it is not read."""
    if column.type in DATE_READERS:
        day = f"{DATE_READERS[column.type]}({column.name}) - date '{landed.business_date}'"
        return f"{column.name}__day", _or_unreadable(column, day)
    if column.type in AMOUNT_READERS:
        return f"{column.name}__amount", _or_unreadable(
            column, f"{AMOUNT_READERS[column.type]}({column.name})"
        )
    given = f"not clean.is_missing({column.name})"
    if column.type in NAME_READERS:
        read = f"{NAME_READERS[column.type]}({column.name}) is not null"
        return f"{column.name}__read", f"case when {given} then {read} end"
    if column.type == "division":
        read = f"coalesce(left(clean.division({column.name}), 6), '')"
        return f"{column.name}__division", f"case when {given} then {read} end"
    return None


def _is_counted(column: Column) -> bool:
    return bool(column.key_position or column.filled is not None or column.mostly is not None)


def _or_unreadable(column: Column, expression: str) -> str:
    given = f"nullif(btrim({column.name}), '') is not null"
    return f"case when {given} then coalesce({expression}, {UNREADABLE}) end"


def _event_dates(contract: Contract) -> list[Column]:
    """Dates of something that happened, by the naming rule ``_on`` and ``_at``; bounds of a
    validity (``_to``, ``_until``) may lie far ahead."""
    return [
        column
        for column in contract.columns
        if column.type in DATE_READERS and column.name.endswith(("_on", "_at"))
    ]


# -- the suite ------------------------------------------------------------------------------


def landing_batch(contract: Contract, landed: Landed, limits: LandingLimits) -> Batch:
    """One delivery with all that its contract promises about it."""
    return Batch(
        f"landing.{contract.feed}",
        batch_query(contract, landed),
        list(landing_expectations(contract, landed, limits)),
        copy=True,
    )


def landing_expectations(contract: Contract, landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    """What the contract promises about this delivery. A delta without lines promises nothing."""
    yield from _volume(contract, landed, limits)
    yield from _readability(landed, limits)
    if landed.lines:
        yield from _columns(contract, landed, limits)
        yield from _readings(contract, landed, limits)
        yield from _names(contract)
        yield from _divisions(contract, limits)
        told, _ = _tiers(landed.lines, limits)
        yield from landing_records.kept_apart(contract, landed, limits)
        yield from landing_records.other_feeds(contract, landed, limits, told)
        if landed.mode == "full":
            yield from _whole(contract, landed, limits)
            # Shares say something where both are large enough.
            if landed.previous_id and min(landed.lines, landed.previous_lines or 0) >= limits.enough_lines:
                yield from landing_records.drift(contract, landed, landed.previous_id, limits)


def _tiers(lines: int, limits: LandingLimits) -> tuple[FailureSeverity, FailureSeverity]:
    """Severity of a share below what is expected, and of one below what is believable."""
    return (WARNING, CRITICAL) if lines >= limits.enough_lines else (INFO, WARNING)


def _volume(contract: Contract, landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    if landed.mode == "delta":
        most = None
        if landed.previous_lines is not None:
            most = max(round(landed.previous_lines * limits.delta_share), limits.volume_slack)
        yield ExpectTableRowCountToBeBetween(
            min_value=0, max_value=most, severity=WARNING, description="增量行数与全量相称"
        )
        return
    fewest = min(landed.standing_lines, 1)  # an empty one would close all that stands
    if landed.previous_lines is None:  # nothing to compare the first one with
        yield ExpectTableRowCountToBeBetween(
            min_value=1, severity=CRITICAL if fewest else WARNING, description="首次全量不为空"
        )
        return
    change = contract.volume.max_change
    if change is None:
        change = limits.lines_changed
    previous = landed.previous_lines
    allowed = max(round(previous * change), limits.volume_slack)
    yield ExpectTableRowCountToBeBetween(
        min_value=max(previous - allowed, fewest),
        severity=CRITICAL,
        description=f"全量行数比上一次全量减少不超过 {change:.0%}，且不为空",
    )
    yield ExpectTableRowCountToBeBetween(
        max_value=previous + allowed,
        severity=WARNING,
        description=f"全量行数比上一次全量增加不超过 {change:.0%}",
    )


def _readability(landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    delivery = sql_literal(landed.delivery_id)
    yield ExpectQueryRowCount(
        unexpected_rows_query="select 1 from ops.delivery"
        " where business_date > cast(landed_at at time zone 'Asia/Shanghai' as date)"
        f" and delivery_id = {delivery}",
        max_count=0,
        severity=WARNING,
        description="业务日期不晚于收到的日期",
    )
    told, held = _tiers(landed.received, limits)
    for severity, share in ((told, limits.lines_expected), (held, limits.lines_readable)):
        yield ExpectQueryRowCount(
            unexpected_rows_query=f"select 1 from ops.rejected_row where delivery_id = {delivery}",
            max_count=int(round(landed.received * (1 - share), 6)),
            severity=severity,
            description=f"可读的行不少于 {share:.0%}",
        )


def _columns(contract: Contract, landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    told, held = _tiers(landed.lines, limits)
    for column in contract.columns:
        if column.key_position:
            yield ExpectColumnFilled(
                column=column.name,
                mostly=limits.key_filled,
                severity=held,
                description=f"业务键 {column.title} 填写率不低于 {limits.key_filled:.0%}",
            )
        if column.filled is not None:
            yield ExpectColumnFilled(
                column=column.name,
                mostly=column.filled,
                severity=told,
                description=f"{column.title} 填写率不低于 {column.filled:.1%}",
            )
        if column.mostly is not None:
            shares = [(told, column.mostly)]
            if limits.codes_known < column.mostly:
                shares.append((held, limits.codes_known))
            for severity, share in shares:
                yield ExpectColumnCodes(
                    column=column.name,
                    value_set=list(column.codes),
                    mostly=share,
                    severity=severity,
                    description=f"{column.title} 在代码表内的不低于 {share:.1%}",
                )


def _readings(contract: Contract, landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    told, held = _tiers(landed.lines, limits)
    for name, place in landing_records.numbers(contract):
        for severity, share in ((told, limits.numbers_expected), (held, limits.numbers_readable)):
            yield ExpectColumnCodes(
                column=name,
                value_set=[1],
                mostly=share,
                severity=severity,
                description=f"{landing_records.title(place)} 中号码有效的不低于 {share:.0%}",
            )
    happened = {column.name for column in _event_dates(contract)}
    for column in contract.columns:
        if column.type in DATE_READERS:
            yield ExpectColumnWithin(
                column=f"{column.name}__day",
                min_value=UNREADABLE + 1,
                max_value=limits.days_ahead if column.name in happened else None,
                mostly=limits.dates_expected,
                severity=told,
                description=f"{column.title} 可读"
                + (f"，且不晚于业务日期后 {limits.days_ahead} 天" if column.name in happened else ""),
            )
        elif column.type in AMOUNT_READERS:
            yield ExpectColumnWithin(
                column=f"{column.name}__amount",
                min_value=0,
                mostly=limits.amounts_expected,
                severity=told,
                description=f"{column.title} 可读且不为负",
            )


def _names(contract: Contract) -> Iterator[Expectation]:
    for column in contract.columns:
        if column.type == "division" or column.type in NAME_READERS:
            unread = (
                f"{column.name}__division = ''" if column.type == "division" else f"not {column.name}__read"
            )
            yield ExpectQueryRowCount(
                unexpected_rows_query=f"select 1 from {{batch}} as delivered where {unread}",
                max_count=0,
                severity=WARNING,
                description=f"{column.title} 无科学计数法、占位或残缺的值（有则按缺失处理）",
            )


def _divisions(contract: Contract, limits: LandingLimits) -> Iterator[Expectation]:
    """Codes that can be read and name no division, and former ones with what follows them; each code once is
    looked up."""
    for column in contract.columns:
        if column.type != "division":
            continue
        named = f"""select code, cast(lines as bigint), cast(sum(lines) over () as bigint) as all_lines
            from (
                select {{shown}} as code, delivered.lines
                from (
                    select {column.name}__division as code, count(*) as lines from {{{{batch}}}} as line
                    where {column.name}__division <> '' group by 1
                ) as delivered
                left join {_known_divisions()} as known on delivered.code = known.code
                where {{told}}
            ) as named
            order by lines desc, code limit {limits.divisions_named}"""
        yield ExpectNoDivisions(
            unexpected_rows_query=named.format(shown="delivered.code", told="known.code is null"),
            severity=WARNING,
            description=f"{column.title} 均在行政区划代码表内（现行或曾用）",
        )
        yield ExpectNoDivisions(
            unexpected_rows_query=named.format(
                shown="delivered.code || coalesce('→' || replace(known.successor_codes, ' ', '、'), '')",
                told="known.is_former",
            ),
            severity=INFO,
            description=f"{column.title} 无已停用的代码（有则列出接续的代码）",
        )


def _known_divisions() -> str:
    """The program's codes, and what the bureau in use says of some of them or adds."""
    folder = own_folder()
    own = by_code([row for row in own_divisions(folder) if len(row["code"]) == 6]) if folder else {}
    if not own:
        return "clean.known_division()"
    rows = ", ".join(
        f"({sql_literal(code)}, {bool(row['valid_to'])}, nullif({sql_literal(row['successor_codes'])}, ''))"
        for code, row in own.items()
    )
    return f"""(
                    select * from clean.known_division() where code not in ({", ".join(map(sql_literal, own))})
                    union all values {rows}
                )"""


def _whole(contract: Contract, landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    key = ", ".join(contract.key)
    yield ExpectQueryRowCount(
        unexpected_rows_query=f"select {key} from {{batch}} as line where not _is_repeat"
        f" group by {key} having count(*) > 1",
        max_share=limits.keys_repeated,
        spared=limits.volume_slack,
        severity=WARNING,
        description="同一业务键在一份全量中只出现一次",
    )
    if contract.updated_at is not None and landed.lines >= limits.enough_lines:
        title = contract.column(contract.updated_at).title
        yield ExpectColumnMaxToBeBetween(
            column=f"{contract.updated_at}__day",
            min_value=-limits.newest_days,
            severity=WARNING,
            description=f"最新的{title}距业务日期不超过 {limits.newest_days} 天",
        )
