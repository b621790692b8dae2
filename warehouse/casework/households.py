"""A household on the desk: the three households side by side, marriages, benefits and means, as known on a day."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from warehouse.casework.explain_household import HouseholdSheet

TOLD = "select api_v1.desk_household(%s, %s, %s, %s)::text"
NAMED = "select api_v1.desk_household_named(%s, %s, %s, %s)::text"


@dataclass(frozen=True)
class Household:
    """What one generation knew of a household on a day, and of those its people belong to besides.

    households: ``household_kind``, ``household_no``, ``members`` and ``unseen_count`` (members in divisions of
    others) of each, the book first. people: who they are, the oldest first. marriages, benefits (with ``months``
    paid): of these people. sheets: the means of the household asked for, of the generation's own day.
    generations: those that can be asked, the newest first. Days as ``2025-06-01``.
    """

    household_no: str
    generation: int
    business_date: str
    asked_on: str
    generations: list[dict[str, Any]]
    households: list[dict[str, Any]]
    people: list[dict[str, Any]]
    marriages: list[dict[str, Any]]
    benefits: list[dict[str, Any]]
    sheets: list[HouseholdSheet]


def household(
    connection: psycopg.Connection,
    household_no: str,
    purpose: str,
    generation: int | None = None,
    asked_on: date | None = None,
    *,
    is_named: bool = False,
) -> Household | None:
    """The household with a number (家庭编号, 户号 or legal family); none of other divisions, or of a generation gone.

    is_named: with names and numbers in full, which is a reading of its own in the log. Without generation and
    day: as it is served.
    """
    statement = NAMED if is_named else TOLD
    row = connection.execute(statement, [household_no, purpose, generation, asked_on]).fetchone()
    if row is None or row[0] is None:
        return None
    told = json.loads(row[0], parse_float=Decimal)
    return Household(**told | {"sheets": [HouseholdSheet(**sheet) for sheet in told["sheets"]]})
