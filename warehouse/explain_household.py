"""The means of one household, worked out line by line as an officer would on paper."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from warehouse.errors import UsageError

MEANS = """
select means.*, release.business_date, release.generation
from pub.current_household_means as means
cross join pub.current_release as release
where means.household_no = %s
order by means.household_kind
"""

# Present on the day of the generation; an unresolved member has nothing but a place in the list.
MEMBERS = """
select
    member.resident_id,
    member.relation,
    residents.masked_id_number,
    clean.mask_name(coalesce(residents.name, '')) as masked_name,
    extract(year from age(%(day)s, residents.born_on))::integer as age
from analytics.household_as_of(%(generation)s, %(day)s) as member
left join pub.current_resident as residents using (resident_id)
where member.household_kind = %(kind)s and member.household_no = %(no)s
order by residents.born_on, member.resident_id
"""

ITEMS = """
select item.*, clean.mask_name(coalesce(residents.name, '')) as masked_name
from pub.current_household_means_item as item
left join pub.current_resident as residents using (resident_id)
where item.household_kind = %(kind)s and item.household_no = %(no)s
order by item.item_kind desc, item.category, item.income_month, item.resident_id, item.delivery_id,
    item.line_number
"""

DIFFERENCES = """
select difference_kind, relation, sources
from pub.current_household_difference
where aid_household_no = %s
order by difference_kind, relation, sources
"""


@dataclass(frozen=True)
class HouseholdSheet:
    """A household of one kind: its figures, members, items and differences, people masked.

    means: a row of ``pub.household_means``; amounts in yuan a month. members, items,
    differences: rows as dictionaries. differences: of an aid household only.
    """

    means: dict[str, Any]
    members: list[dict[str, Any]]
    items: list[dict[str, Any]]
    differences: list[dict[str, Any]]

    def lines(self, item_kind: str) -> list[dict[str, Any]]:
        """The items of a kind: income, deduction or property."""
        return [item for item in self.items if item["item_kind"] == item_kind]


def explain_household(connection: psycopg.Connection, household_no: str) -> list[HouseholdSheet]:
    """The sheets of the household with this number, one per kind of household that bears it.

    household_no: an aid household (家庭编号), a household book (户号) or a legal family. What is
    served is told, not what was last built. Raises UsageError where no household has the number.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        sheets = []
        for means in cursor.execute(MEANS, [household_no]).fetchall():
            place = {
                "kind": means["household_kind"],
                "no": household_no,
                "day": means["business_date"],
                "generation": means["generation"],
            }
            sheets.append(
                HouseholdSheet(
                    means,
                    cursor.execute(MEMBERS, place).fetchall(),
                    cursor.execute(ITEMS, place).fetchall(),
                    cursor.execute(DIFFERENCES, [household_no]).fetchall(),
                )
            )
    if not sheets:
        raise UsageError(
            f"No household {household_no} in what is served. An aid household is told while it is active, a "
            "household book (户号) and a legal family while somebody is in it."
        )
    return sheets
