"""What lies on the desk of a division, in numbers: by rule, division, age and month."""

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Any

import psycopg


@dataclass(frozen=True)
class Interval:
    """How often a rule was right of what was decided, with the bounds of its interval (all 0 to 1)."""

    share: float
    lower: float
    upper: float


def overview(connection: psycopg.Connection, division: str | None = None) -> dict[str, Any]:
    """``api_v1.desk_overview`` of the login's divisions, or of one; each of ``rules`` with its ``precision``."""
    row = connection.execute("select api_v1.desk_overview(%s)", [division]).fetchone()
    assert row
    told: dict[str, Any] = row[0]
    for rule in told["rules"]:
        rule["precision"] = interval(rule["right_count"] or 0, rule["decided_count"] or 0, told["z"])
    return told


def interval(right: int, decided: int, z: float | Decimal | None) -> Interval | None:
    """As the model ``rule_precision`` has its lower bound (E. B. Wilson, JASA 22, 1927), and the upper one beside it.

    None where nothing is decided, or where no parameter says how sure the bounds are to be.
    """
    if not decided or z is None:
        return None
    z, share = float(z), right / decided
    middle = share + z * z / (2 * decided)
    reach = z * sqrt(share * (1 - share) / decided + z * z / (4 * decided * decided))
    whole = 1 + z * z / decided
    return Interval(share, max((middle - reach) / whole, 0), min((middle + reach) / whole, 1))
