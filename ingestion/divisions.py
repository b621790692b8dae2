"""The administrative divisions there are, by code: GB/T 2260 with its former codes, and what a bureau adds."""

import csv
import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

from ingestion.bureau import own_folder
from ingestion.bureau_table import rows_of
from ingestion.vocabulary import nearest

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds" / "divisions"
COUNTRY = "000000"
LISTS = ("gb2260_division", "own_division")
# A bureau's own list, within its folder.
OWN_FILE = Path("divisions.csv")
OWN_COLUMNS = ("code", "name", "parent", "valid_from", "valid_to", "successor")
# Of a division, and of what it has of streets and villages.
CODE = re.compile(r"[1-9]\d{5}(\d{3}|\d{6})?", re.ASCII)
EVERYWHERE = "*"
Row = dict[str, str]


@cache
def shipped(name: str) -> list[Row]:
    """The rows of one of the program's lists of divisions (``gb2260_division``); an empty cell is ''."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def own_divisions(folder: Path) -> list[Row]:
    """The rows of a bureau's own list as the program's lists have them; none where it has no list.

    What cannot be read is passed over: whoever uses the list asks ``warehouse.bureau.divisions`` first.
    """
    return _own_rows(_own_text(folder))


def _own_text(folder: Path) -> str:
    try:
        return (folder / OWN_FILE).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _own_rows(text: str) -> list[Row]:
    return [as_shipped(row) for _, row in rows_of(text, OWN_COLUMNS) if not isinstance(row, str)]


def as_shipped(row: Mapping[str, str]) -> Row:
    """A row of a bureau's list in the columns of the program's."""
    return {
        "code": row["code"], "name_zh": row["name"], "level": level_of(row["code"]), "parent_code": row["parent"],
        "valid_from": row["valid_from"], "valid_to": row["valid_to"], "successor_codes": row["successor"],
        "source": "本局",
    }  # fmt: skip


def level_of(code: str) -> str:
    """The level that a code of 6, 9 or 12 digits stands for."""
    if len(code) > 6:
        return "township" if len(code) == 9 else "village"
    return "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"


def lists_with(own: list[Row]) -> dict[str, list[Row]]:
    """The program's lists by name, with what a bureau says of a code in the place of all that they say of it.

    What followed into a code that the bureau has ended follows into the one after it.
    """
    codes = {row["code"] for row in own}
    ended = {code: row["successor_codes"] for code, row in by_code(own).items() if row["valid_to"]}

    def followed(row: Row) -> Row:
        after = [ended.get(code, code) for code in row["successor_codes"].split()]
        return row | {"successor_codes": " ".join(filter(None, after))}

    lists = {name: [followed(row) for row in shipped(name) if row["code"] not in codes] for name in LISTS}
    return lists | {"own_division": lists["own_division"] + own}


def merged(own: list[Row]) -> list[Row]:
    """All rows of divisions, those of a bureau among them."""
    return [row for rows in lists_with(own).values() for row in rows]


def divisions_in_use() -> Mapping[str, Row]:
    """Every division by its code, the bureau's own among them, as it was last."""
    return _merged_with(own_text())


def own_text() -> str:
    """The text of the bureau's own list, '' where it has none."""
    folder = own_folder()
    return _own_text(folder) if folder else ""


@cache
def _merged_with(own: str) -> Mapping[str, Row]:
    """Every parameter of a division asks: the lists are put together once for a bureau's list as it stands."""
    return by_code(merged(_own_rows(own)))


def by_code(rows: list[Row]) -> Mapping[str, Row]:
    """Of each code the row that began last."""
    return {row["code"]: row for row in sorted(rows, key=lambda row: row["valid_from"])}


def are_a_scope(codes: Collection[str]) -> bool:
    """Whether somebody may be limited to these: at least one code, or ``*`` for all."""
    return bool(codes) and all(code == EVERYWHERE or CODE.fullmatch(code) for code in codes)


def problem_of(code: str, known: Mapping[str, Row]) -> str | None:
    """Why something cannot be laid down for a code of six digits, with what to write instead; null where it can."""
    if not re.fullmatch(r"[1-9]\d{5}", code, re.ASCII):
        return f"{code}: write the six digits of a county, a city or a province (GB/T 2260)."
    if code not in known:
        near = nearest(code, [other for other in known if other[:4] == code[:4] and len(other) == 6])
        return f"{code} is in no list of divisions. {near}"
    row = known[code]
    if row["valid_to"]:
        after = row["successor_codes"].replace(" ", " or ")
        fix = f"write {after}" if after else "write the codes that are in force in its place"
        return f"{code} ({row['name_zh']}) is a former code: {fix}."
    return None
