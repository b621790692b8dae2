"""Checks of a delivery as a whole. What fails refuses it; single lines are for `ingestion.judge`."""

import psycopg
from psycopg import sql

from ingestion.cleaning import cleaned
from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.judge import Judge


def check_control_total(contract: Contract, delivery: Delivery, judge: Judge) -> None:
    """Landed and rejected sums together must be the sender's total. Raises DeliveryFault.

    The amount of a rejected line counts too, also where it is absurd. Repeated lines are among
    the landed ones, as they are among the sender's.
    """
    total = judge.landed_yuan + judge.rejected_yuan
    if contract.control_total is None or delivery.control_total_yuan in (None, total):
        return
    header = contract.column(contract.control_total).header
    unread = f" (lines without a readable {header}: {judge.unreadable_amounts})"
    raise DeliveryFault(
        "control_total",
        f"{delivery.file_name}: the sum of {header} is {total:.2f}, the manifest says "
        f"{delivery.control_total_yuan}{unread if judge.unreadable_amounts else ''}. "
        f"Ask {contract.owner} for a corrected delivery. Nothing was loaded.",
    )


def check_validity(
    connection: psycopg.Connection, contract: Contract, delivery: Delivery, lines: sql.Identifier
) -> None:
    """Half-open validities of one key must not overlap within the delivery. Raises DeliveryFault.

    lines: the table the delivery stands in.
    """
    validity = contract.validity
    if validity is None:
        return
    key = sql.SQL(", ").join(cleaned(contract.column(name)) for name in validity.key)
    row = connection.execute(
        sql.SQL(
            "select _line_number, other_line from ("
            "select _line_number, valid_from, valid_to, "
            "lag(_line_number) over by_key as other_line, lag(valid_to) over by_key as other_to "
            "from (select array[{key}] as key, _line_number, clean.date({valid_from}) as valid_from, "
            "coalesce(clean.end_date({valid_to}), 'infinity') as valid_to "
            "from {lines} where _delivery_id = {delivery_id}) as typed "
            "window by_key as (partition by key order by valid_from, _line_number)) as compared "
            "where valid_from < other_to or valid_to <= valid_from order by _line_number limit 1"
        ).format(
            key=key,
            valid_from=sql.Identifier(validity.valid_from),
            valid_to=sql.Identifier(validity.valid_to),
            lines=lines,
            delivery_id=sql.Literal(delivery.delivery_id),
        )
    ).fetchone()
    if row is not None:
        line, other_line = row
        problem = f"overlaps line {other_line}" if other_line else "ends before it begins"
        raise DeliveryFault(
            "overlapping_validity",
            f"{delivery.file_name}: line {line} {problem}: the validity of one key must not "
            f"overlap. Correct the file. Nothing was loaded.",
        )
