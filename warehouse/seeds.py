"""The seeds of the dbt project as the program itself reads them: words and codes that no database changes."""

import csv
from functools import cache

from warehouse.database.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"


@cache
def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed, named by its folder and itself (``rules/finding_fact``); an empty cell is ''."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def code_titles(name: str, code_list: str) -> dict[str, str]:
    """Chinese title by code, of one list of a seed of codes."""
    return {row["code"]: row["title_zh"] for row in seed(name) if row["code_list"] == code_list}
