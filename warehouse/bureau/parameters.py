"""A bureau's own parameters: rows beside those of the program, or in the place of some.

A file ``parameters/<seed>.csv`` has the columns of the seed of that name. Its rows are added; one that says the
same thing (rule, parameter, division) from the same day takes the place of the program's. What the seed's own
page asks of it (types, what is filled, what must not overlap) is asked here too, and of each parameter that the
program knows it and counts it in this unit.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingestion.divisions import COUNTRY, divisions_in_use, problem_of
from ingestion.vocabulary import nearest
from ingestion.yaml_file import read_yaml
from warehouse.bureau.faults import Fault, refuse
from warehouse.bureau.tables import Row, end_of, problems_of_span, read_table, table_text
from warehouse.seeds import SEEDS, seed

FOLDER = "parameters"
NAMES = ("rules/rule_parameter", "means/means_parameter", "verification/verification_parameter")
DIVISION = "division_code"
# The model whose columns are the parameters read for the whole country alone (what a division lays down would be
# passed over in silence), and the page that describes it.
NATIONAL = "int_national_parameters"
NATIONAL_PAGE = SEEDS.parent / "models" / "marts" / "intermediate" / "_marts_intermediate.yml"


@dataclass(frozen=True)
class Seed:
    """A seed of parameters, as its page describes it. name: its folder and itself, as in ``warehouse.seeds``."""

    name: str

    @property
    def file(self) -> Path:
        """Where a bureau gives its own rows, within its folder."""
        return Path(FOLDER, f"{Path(self.name).name}.csv")

    @cached_property
    def _page(self) -> dict[str, Any]:
        path, name = SEEDS / self.name, Path(self.name).name
        for page in path.parent.glob("_*.yml"):
            for described in read_yaml(page)["seeds"]:
                if described["name"] == name:
                    return dict(described)
        raise LookupError(name)

    def _asked(self, test: str) -> dict[str, Any]:
        tests = [asked[test] for asked in self._page["data_tests"] if test in asked]
        return dict(tests[0]["arguments"])

    @cached_property
    def types(self) -> dict[str, str]:
        """Type by column, in the order of the file."""
        return dict(self._page["config"]["column_types"])

    @cached_property
    def filled(self) -> tuple[str, ...]:
        return tuple(self._asked("filled")["columns"])

    def allowed(self, column: str) -> tuple[str, ...]:
        """The values a column may have, of one that has a list of them."""
        (described,) = [each for each in self._page["columns"] if each["name"] == column]
        (values,) = [
            t["accepted_values"]["arguments"]["values"]
            for t in described["data_tests"]
            if "accepted_values" in t
        ]
        return tuple(values)

    @cached_property
    def thing(self) -> tuple[str, ...]:
        """The columns that say of what the value is, and for which division."""
        return tuple(self._asked("no_overlap")["key"])

    @cached_property
    def known(self) -> Mapping[tuple[str, ...], str]:
        """Unit by rule and parameter, wherever they hold."""
        return {self.parameter(row): row["unit"] for row in seed(self.name)}

    def parameter(self, row: Row) -> tuple[str, ...]:
        return tuple(row[column] for column in self.thing if column != DIVISION)

    def place(self, row: Row) -> tuple[str, ...]:
        return tuple(row[column] for column in self.thing)

    def start(self, row: Row) -> tuple[str, ...]:
        return (*self.place(row), row["valid_from"])


# The program's rules, and where a bureau describes its own.
CATALOGUE = Seed("rules/anomaly_rule")
CATALOGUE_FILE = Path("rules", "anomaly_rule.csv")


@dataclass(frozen=True)
class OwnRows:
    """The rows of a bureau's file by their line in it, and what is wrong with it."""

    seed: Seed
    rows: Mapping[int, Row]
    faults: tuple[Fault, ...]

    def merged(self) -> list[Row]:
        """The program's rows and the bureau's, in the order of the seed."""
        own = {self.seed.start(row): row for row in self.rows.values()}
        kept = [row for row in seed(self.seed.name) if self.seed.start(row) not in own]
        return sorted([*kept, *own.values()], key=self.seed.start)


@cache
def seeds() -> tuple[Seed, ...]:
    return tuple(map(Seed, NAMES))


def merged_seeds(folder: Path) -> dict[Path, str]:
    """Path below the seeds to text of every seed to which the bureau has rows of its own.

    Raises UsageError, naming file, line and fix.
    """
    given = [read(folder, one) for one in seeds()]
    refuse(folder, [fault for one in given for fault in one.faults])
    return {
        Path(f"{one.seed.name}.csv"): table_text(list(one.seed.types), one.merged())
        for one in given
        if one.rows
    }


def rows_in_force(folder: Path | None, name: str) -> list[Row]:
    """The rows of a seed of parameters as a bureau uses them; null: the example bureau.

    Raises UsageError, naming file, line and fix.
    """
    if folder is None:
        return list(seed(name))
    own = read(folder, Seed(name))
    refuse(folder, own.faults)
    return own.merged()


def read(folder: Path, of: Seed) -> OwnRows:
    """What a bureau's folder says of a seed; no rows where it has no such file."""
    rows, faults = read_table(folder, of.file, list(of.types), partial(_of_row, of, _own_rules(folder)))
    # Rows are compared with each other once each of them can be read.
    faults += [] if faults else _of_all(OwnRows(of, rows, ()))
    return OwnRows(of, rows, tuple(faults))


def _own_rules(folder: Path) -> frozenset[str]:
    """Codes of the bureau's own rules, whose parameters only they know."""
    rows, _ = read_table(folder, CATALOGUE_FILE, list(CATALOGUE.types), lambda row: ())
    return frozenset(row["rule_code"] for row in rows.values()) - {
        row["rule_code"] for row in seed(CATALOGUE.name)
    }


def _of_row(of: Seed, own_rules: frozenset[str], row: Row) -> Iterator[str]:
    """What is wrong with a row by itself."""
    for column in of.filled:
        if not row[column]:
            yield f"{column} is empty: fill it in."
    parameter = of.parameter(row)
    if row.get("rule_code") in own_rules:
        pass
    elif parameter not in of.known:
        yield _unknown(of, parameter)
    elif row["unit"] != (unit := of.known[parameter]):
        yield f"unit {row['unit'] or '(empty)'}: {parameter[-1]} is counted in {unit}."
    if row["value"] and (problem := _of_number(row["value"], of.types["value"])):
        yield f"value: {problem}"
    if row.get(DIVISION, COUNTRY) not in ("", COUNTRY):
        # Records are read under the code in force: what stands under another would never be asked for.
        if problem := problem_of(row[DIVISION], divisions_in_use()):
            yield f"{DIVISION}: {problem} {COUNTRY} is the whole country."
        elif parameter[-1] in _national():
            yield f"{parameter[-1]} is the same in the whole country: write {COUNTRY}."
    yield from problems_of_span(row)


def _unknown(of: Seed, parameter: tuple[str, ...]) -> str:
    """Of a rule and parameter that the program does not know."""
    *rule, name = parameter
    rules = {known[0] for known in of.known}
    if rule and rule[0] not in rules:
        return f"rule_code {rule[0] or '(empty)'} has no parameter. {nearest(rule[0], rules)}"
    names = {known[-1] for known in of.known if not rule or known[0] == rule[0]}
    whose = f"of {rule[0]}" if rule else "of the program"
    return f"{name or '(empty)'} is no parameter {whose}. {nearest(name, names)}"


def _of_number(text: str, kind: str) -> str | None:
    """What is wrong with a value of a type such as ``numeric(14,2)``, which would be rounded in silence."""
    digits, places = map(int, re.findall(r"\d+", kind))
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        return "write a number as 50000 or 0.3."
    if value != round(value, places) or abs(value) >= 10 ** (digits - places):
        return f"at most {digits - places} digits before the point and {places} after it."
    return None


def _of_all(own: OwnRows) -> Iterator[Fault]:
    """What is wrong with the rows beside each other and beside the program's."""
    of = own.seed
    line_of: dict[tuple[str, ...], int] = {}
    for number, row in own.rows.items():
        if (first := line_of.setdefault(of.start(row), number)) != number:
            yield Fault(
                of.file, number, f"says the same from the same day as line {first}: keep one of them."
            )
    places = defaultdict(list)
    for row in own.merged():
        places[of.place(row)].append(row)
    for rows in places.values():
        lines = [line_of.get(of.start(row)) for row in rows]
        for (row, line_of_row), (later, line_of_later) in pairwise(zip(rows, lines, strict=True)):
            at = line_of_later or line_of_row
            if at and end_of(row) > later["valid_from"]:
                yield Fault(of.file, at, _overlap(row, line_of_row, later, line_of_later))
        if any(lines) and rows[0].get(DIVISION, COUNTRY) == COUNTRY and (day := _first_gap(rows)):
            yield Fault(
                of.file, max(line for line in lines if line),
                f"leaves {' '.join(of.parameter(rows[0]))} without a value for the country from {day} on: "
                "give it one from that day.",
            )  # fmt: skip


def _overlap(row: Row, line: int | None, later: Row, line_of_later: int | None) -> str:
    """What to do about two rows that hold at once; line: in the bureau's file, null for one of the program's."""
    if line and line_of_later:
        return f"begins before line {line} ends: write valid_to {later['valid_from']} there."
    if line:
        return (
            f"does not end before the program's next row begins: write valid_to {later['valid_from']}, or give "
            "that row here too."
        )
    return (
        f"begins while the program's row from {row['valid_from']} (value {row['value']}) holds: give that row here "
        f"too, with valid_to {later['valid_from']}."
    )


def _first_gap(rows: list[Row]) -> str | None:
    """The first day on which none of the rows holds any more; null where one always does."""
    for row, later in pairwise(rows):
        if end_of(row) < later["valid_from"]:
            return row["valid_to"]
    return rows[-1]["valid_to"] or None


@cache
def _national() -> frozenset[str]:
    """The parameters that ``int_national_parameters`` reads: its columns. One described and not there fails a build."""
    (described,) = [model for model in read_yaml(NATIONAL_PAGE)["models"] if model["name"] == NATIONAL]
    return frozenset(column["name"] for column in described["columns"])
