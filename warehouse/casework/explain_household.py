"""The means of one household, worked out line by line as an officer would on paper."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from warehouse.database.errors import UsageError


@dataclass(frozen=True)
class HouseholdSheet:
    """A household of one kind: its figures, members, items and differences, people masked.

    means: a row of ``pub.household_means``; amounts in yuan a month, days as ``2025-06-01``. members, items,
    differences: rows as dictionaries. differences: of an aid household only.
    """

    means: dict[str, Any]
    members: list[dict[str, Any]]
    items: list[dict[str, Any]]
    differences: list[dict[str, Any]]

    def lines(self, item_kind: str) -> list[dict[str, Any]]:
        """The items of a kind: income, deduction or property."""
        return [item for item in self.items if item["item_kind"] == item_kind]


def explain_household(
    connection: psycopg.Connection, household_no: str, purpose: str
) -> list[HouseholdSheet]:
    """The sheets of the household with this number, one per kind of household that bears it.

    household_no: an aid household (家庭编号), a household book (户号) or a legal family. What is
    served is told, not what was last built; the reading is logged with its purpose. Raises UsageError where no
    household of the login's divisions has the number.
    """
    row = connection.execute(
        "select api_v1.household_sheets(%s, %s)::text", [household_no, purpose]
    ).fetchone()
    sheets = [HouseholdSheet(**sheet) for sheet in json.loads(row[0], parse_float=Decimal)] if row else []
    if not sheets:
        raise UsageError(
            f"本登录的区划中现在没有户 {household_no}：救助家庭在享期间、登记户和法定家庭有人在内时才有。 "
            f"No household {household_no} in what is served. An aid household is told while it is active, a "
            "household book (户号) and a legal family while somebody is in it."
        )
    return sheets
