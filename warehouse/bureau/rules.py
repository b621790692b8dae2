"""A bureau's own rules: models beside the program's, each with its row of the catalogue and its unit tests.

They become part of the dbt project in use (``warehouse.bureau.project``), where ``rule_result`` unites them with
the program's. Examined without a database: whether the SQL runs is found by the build, which publishes nothing then.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ingestion.yaml_file import YamlError, parse_yaml
from warehouse.bureau.faults import Fault, refuse
from warehouse.bureau.parameters import CATALOGUE, CATALOGUE_FILE, COUNTRY
from warehouse.bureau.tables import Row, read_table, table_text
from warehouse.derived.rule_union import TARGET, model_of, rule_union
from warehouse.seeds import seed

FOLDER = CATALOGUE_FILE.parent.name
# Where they lie in the project in use, below its models.
PLACE = Path("models", "rules", "own")
LISTED = ("severity", "subject")  # columns of the catalogue with a list of values
PARAMETER_USED = re.compile(r"rule_parameter\(\s*'(\w+)', '(\w+)'")


@dataclass(frozen=True)
class OwnRules:
    """rows: of the catalogue by their line. files: SQL and property files by name."""

    rows: Mapping[int, Row]
    files: Mapping[str, str]
    faults: tuple[Fault, ...]


NO_RULES = OwnRules({}, {}, ())


def read(folder: Path) -> OwnRules:
    """The rules of a bureau's folder, and what is wrong with them."""
    rows, faults = read_table(folder, CATALOGUE_FILE, list(CATALOGUE.types), partial(_of_row, _program()))
    files = {}
    for path in sorted((folder / FOLDER).glob("*")):
        if path.suffix in (".sql", ".yml"):
            try:
                files[path.name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                faults.append(Fault(Path(FOLDER, path.name), None, "is not UTF-8: save it as UTF-8."))
    faults += _of_all(rows, files) if not faults else []
    return OwnRules(rows, files, tuple(faults))


def usable(folder: Path, parameters: list[Row]) -> OwnRules:
    """The rules of a bureau's folder. parameters: the rows in force of ``rule_parameter``.

    Raises UsageError, naming file, line and fix.
    """
    own = read(folder)
    refuse(folder, [*own.faults, *without_value(own, parameters)])
    return own


def project_files(folder: Path, parameters: list[Row]) -> dict[Path, str]:
    """Path in the project to text of all that own rules bring with them; none where there are none.

    parameters: the rows in force of ``rule_parameter``. Raises UsageError, naming file, line and fix.
    """
    own = usable(folder, parameters)
    if not own.rows:
        return {}
    catalogue = sorted([*seed(CATALOGUE.name), *own.rows.values()], key=lambda rule: rule["rule_code"])
    text = table_text(list(CATALOGUE.types), catalogue)
    program = TARGET.parents[2]
    return {
        **{PLACE / name: content for name, content in own.files.items()},
        Path("seeds", f"{CATALOGUE.name}.csv"): text,
        TARGET.relative_to(program): rule_union(text),
    }


def without_value(own: OwnRules, parameters: list[Row]) -> list[Fault]:
    """Parameters that an own rule reads and nobody gives for the country: it would fall silent."""
    given = {(row["rule_code"], row["parameter"]) for row in parameters if row["division_code"] == COUNTRY}
    return [
        Fault(
            Path(FOLDER, name),
            text.count("\n", 0, used.start()) + 1,
            f"{used[2]} of {used[1].upper()} has no value for the country ({COUNTRY}) in "
            "parameters/rule_parameter.csv: add its row.",
        )
        for name, text in own.files.items()
        for used in PARAMETER_USED.finditer(text)
        if (used[1].upper(), used[2]) not in given
    ]


def _program() -> Mapping[str, str]:
    """Slug of each of the program's rules by its code."""
    return {row["rule_code"]: row["slug"] for row in seed(CATALOGUE.name)}


def _of_row(program: Mapping[str, str], row: Row) -> Iterator[str]:
    """What is wrong with a row of the catalogue by itself."""
    for column in CATALOGUE.filled:
        if not row[column]:
            yield f"{column} is empty: fill it in."
    code = row["rule_code"]
    if not re.fullmatch(r"[A-Z]\d\d", code, re.ASCII):
        yield f"rule_code {code}: write a letter and two digits, such as X01."
    elif code in program:
        yield f"rule_code {code} is taken by the program ({program[code]}): choose another, such as X{code[1:]}."
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", row["slug"], re.ASCII):
        yield f"slug {row['slug']}: write lower-case English with underscores."
    for column in LISTED:
        if row[column] not in (known := CATALOGUE.allowed(column)):
            yield f"{column} {row[column] or '(empty)'}: write one of {', '.join(known)}."
    if row["softened_by"] and row["softened_by"] not in program:
        yield f"softened_by {row['softened_by']} is no rule of the program."
    if row["status"] != "active":
        yield f"status {row['status'] or '(empty)'}: write active, or take the rule out of the folder."


def _of_all(rows: Mapping[int, Row], files: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with catalogue, models and tests beside each other."""
    models: dict[str, int] = {}
    taken: dict[str, int] = {}
    for line, row in rows.items():
        if (first := taken.setdefault(row["rule_code"], line)) != line:
            yield Fault(
                CATALOGUE_FILE, line, f"{row['rule_code']} stands in line {first} too: give it another code."
            )
        models.setdefault(model_of(row), line)
    described: list[str] = []
    tests: list[Mapping[str, Any]] = []
    for name, text in files.items():
        if name.endswith(".yml"):
            try:
                page = parse_yaml(text, Path(name)) or {}
                described += [str(model["name"]) for model in page.get("models") or []]
                tests += [dict(test) for test in page.get("unit_tests") or []]
            except YamlError as error:
                yield Fault(Path(FOLDER, name), error.line, error.problem)
                return
            except (AttributeError, KeyError, TypeError, ValueError):
                problem = "is no property file of dbt (models, unit_tests)."
                yield Fault(Path(FOLDER, name), None, problem)
                return
        elif Path(name).stem not in models:
            yield Fault(
                Path(FOLDER, name), None,
                f"has no row in {CATALOGUE_FILE.as_posix()}: add one whose code and slug make {Path(name).stem}.",
            )  # fmt: skip
    for model, line in models.items():
        if f"{model}.sql" not in files:
            yield Fault(CATALOGUE_FILE, line, f"has no model: write {FOLDER}/{model}.sql.")
            continue
        file = Path(FOLDER, f"{model}.sql")
        if model not in described:
            yield Fault(file, None, f"is described in no .yml beside it: add models: - name: {model}.")
        proven = [_outcomes(test) for test in tests if test.get("model") == model]
        if not any("hit" in seen for seen in proven):
            yield Fault(file, None, "has no unit test in which it hits: add one to the .yml beside it.")
        if not any("clear" in seen and "hit" not in seen for seen in proven):
            yield Fault(
                file,
                None,
                "has no near miss: add a unit test of its own in which somebody stays clear and nobody is hit.",
            )


def _outcomes(test: Mapping[str, Any]) -> set[str]:
    expected = test.get("expect")
    rows = expected.get("rows") if isinstance(expected, dict) else None
    return {str(row.get("outcome")) for row in rows or [] if isinstance(row, dict)}
