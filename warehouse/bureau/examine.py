"""A bureau's folder as a whole: every contract, every row, the letterhead, and what nobody reads. No database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.bureau import CONTRACTS
from ingestion.contract import load_contract, load_contracts
from ingestion.divisions import OWN_FILE
from ingestion.drafting import OPEN
from ingestion.errors import ContractError
from ingestion.vocabulary import nearest
from warehouse.bureau import divisions, letterhead, parameters, rules
from warehouse.bureau.faults import Fault
from warehouse.bureau.yaml_lines import line_of

EXAMPLE_SUFFIX = ".example"
# For people or for git: read by nothing, and meant so.
BESIDE = (f"*{EXAMPLE_SUFFIX}", "*.md", ".*")
TOP = (CONTRACTS, parameters.FOLDER, rules.FOLDER, OWN_FILE.name, letterhead.FILE.name)


@dataclass(frozen=True)
class Examined:
    """found: what of the folder is in use, a sentence each. faults: none where all of it can be used."""

    found: tuple[str, ...]
    faults: tuple[Fault, ...]


def examine(folder: Path) -> Examined:
    """Reads all there is; a fault in one file hides none in another."""
    faults = list(_unread(folder))
    paths = sorted((folder / CONTRACTS).glob("*.yml"))
    of_contracts = _of_contracts(paths)
    head, of_head = letterhead.read_letterhead(folder)
    given = [parameters.read(folder, seed) for seed in parameters.seeds()]
    own_divisions, of_divisions = divisions.read(folder)
    own_rules = rules.read(folder)
    faults += [*of_contracts, *(fault for one in given for fault in one.faults), *of_head]
    faults += [*of_divisions, *own_rules.faults]
    if not faults:
        faults += rules.without_value(own_rules, parameters.rows_in_force(folder, "rules/rule_parameter"))
    found = [
        f"契约 contracts: {len(paths)}（{', '.join(path.stem for path in paths)}）"
        if paths
        else "契约 contracts: none of the bureau's own, so those of the example bureau are in use",
        *_left_open(paths),
        *(
            f"参数 parameters: {len(one.rows)} rows in {one.seed.file.as_posix()}"
            for one in given
            if one.rows
        ),
        f"区划 divisions: {len(own_divisions)} rows of the bureau's own"
        if own_divisions
        else "区划 divisions: none of the bureau's own",
        f"规则 rules: {len(own_rules.rows)} of the bureau's own"
        if own_rules.rows
        else "规则 rules: none of the bureau's own",
        f"抬头 letterhead: {head}" if head else "抬头 letterhead: not filled in",
    ]
    return Examined(tuple(found), tuple(faults))


def _of_contracts(paths: list[Path]) -> list[Fault]:
    """At least one fault of each file that is no contract; else what is wrong between them."""
    faults = []
    for path in paths:
        try:
            load_contract(path)
        except ContractError as error:
            faults.append(_of_contract(path, str(error)))
    if faults or not paths:
        return faults
    folder = paths[0].parent
    try:
        load_contracts(folder)
    except ContractError as error:
        return [_of_contract(folder / str(error).partition(":")[0], str(error))]
    return []


def _left_open(paths: list[Path]) -> Iterator[str]:
    """What a draft left to a person, and nobody has filled in: the contract loads with it."""
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue  # which is a fault of its own
        # A line of comment at the head speaks of the marks.
        marked = [
            str(number) for number, line in enumerate(lines, 1) if OPEN in line and not line.startswith("#")
        ]
        if marked:
            numbers = "、".join(marked)
            yield f"{OPEN} to be filled in: {CONTRACTS}/{path.name} 第 {numbers} 行 lines"


def _of_contract(path: Path, told: str) -> Fault:
    """A fault as contracts tell it (``<file>[ line <n>]: <place>: <problem>``), with its line."""
    file = Path(CONTRACTS, path.name)
    if known := re.match(rf"{re.escape(path.name)} line (\d+): (.*)", told, re.DOTALL):
        return Fault(file, int(known[1]), known[2])
    problem = told.removeprefix(f"{path.name}: ")
    place, _, what = problem.partition(": ")
    words = [*place.split("."), *(word.rstrip(":") for word in what.split()[:1])]
    return Fault(file, _line_in(path, words), problem)


def _line_in(path: Path, words: list[str]) -> int | None:
    try:
        return line_of(path.read_text(encoding="utf-8"), words)
    except (OSError, UnicodeDecodeError):
        return None  # which is the fault itself


def _unread(folder: Path) -> Iterator[Fault]:
    """What lies where the program looks, and it will not read."""
    for entry in sorted(folder.iterdir()):
        if entry.name not in TOP and (hint := nearest(entry.name, TOP)).startswith("Did"):
            yield Fault(Path(entry.name), None, f"is read by nothing. {hint}")
    files = [seed.file.name for seed in parameters.seeds()]
    for place, known, wanted in (
        (CONTRACTS, ["*.yml"], "Contracts are files named <system>__<feed>.yml."),
        (parameters.FOLDER, files, f"Known: {', '.join(files)}."),
        (
            rules.FOLDER,
            ["*.sql", "*.yml", rules.CATALOGUE_FILE.name],
            f"Rules are <code>_<slug>.sql, .yml with their tests, and {rules.CATALOGUE_FILE.name}.",
        ),
    ):
        for entry in sorted((folder / place).glob("*")):
            if not any(map(entry.match, (*known, *BESIDE))):
                yield Fault(Path(place, entry.name), None, f"is read by nothing. {wanted}")
