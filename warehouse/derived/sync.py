"""Files derived from others, committed, and checked not to drift."""

from collections.abc import Mapping
from pathlib import Path

from expectations.exported import FOLDER, exported_suites
from ingestion.bureau import own_folder
from ingestion.contract import CONTRACT_FOLDER, Contract, load_contracts
from ingestion.derive import of_contracts, of_records
from warehouse.bureau.parameters import Row, rows_in_force
from warehouse.bureau.project import derived_folder
from warehouse.bureau.rules import NO_RULES, OwnRules, usable
from warehouse.database.settings import PROJECT_ROOT
from warehouse.derived import decision_index, entity_diagram, handbook, known_divisions, metrics, rule_union
from warehouse.derived.name_variants import TARGET, person_name_sql
from warehouse.derived.served_tables import served_tables
from warehouse.publishing import served

RULE_PARAMETERS = "rules/rule_parameter"


def derived_files() -> dict[Path, str]:
    """Path to text of every derived file of the project; of contracts and parameters, those of the example bureau."""
    files = {TARGET: person_name_sql()}
    files[known_divisions.TARGET] = known_divisions.known_division_sql()
    files[decision_index.TARGET] = decision_index.index()
    files[served.FILE] = served_tables()
    files[metrics.VIEW] = metrics.metric_view()
    files[metrics.PAGE] = metrics.metrics_page()
    files[entity_diagram.TARGET] = entity_diagram.entity_diagram()
    files[rule_union.TARGET] = rule_union.rule_union(rule_union.CATALOGUE.read_text(encoding="utf-8"))
    of_bureau = _of_bureau(load_contracts(CONTRACT_FOLDER), rows_in_force(None, RULE_PARAMETERS))
    return files | {PROJECT_ROOT / path: text for path, text in (of_records() | of_bureau).items()}


def _of_bureau(
    contracts: Mapping[str, Contract], rule_parameters: list[Row], own_rules: OwnRules = NO_RULES
) -> dict[Path, str]:
    """Path, within the project, to text of what derives from contracts, parameters and rules."""
    rows = list(own_rules.rows.values())
    shipped = rule_union.rule_codes(rule_union.CATALOGUE.read_text(encoding="utf-8"))
    rule_codes = sorted([*shipped, *(row["rule_code"] for row in rows)])
    files = of_contracts(contracts) | exported_suites(contracts, served.SOURCES, rule_codes)
    text = handbook.handbook(rule_parameters, rows, own_rules.files)
    return files | {handbook.TARGET.relative_to(PROJECT_ROOT): text}


def write() -> list[Path]:
    """Write what differs; returns the files written."""
    return _write(derived_files(), PROJECT_ROOT)


def write_own() -> list[Path]:
    """The same for the pages and suites of a bureau with a folder of its own, below MINZHENG_HOME; nothing
    without. Its dbt project is written by whoever runs it (``warehouse.bureau.project``)."""
    folder = own_folder()
    if folder is None:
        return []
    parameters = rows_in_force(folder, RULE_PARAMETERS)
    files = _of_bureau(load_contracts(), parameters, usable(folder, parameters))
    return _write({derived_folder() / path: text for path, text in files.items()}, derived_folder())


def _write(files: Mapping[Path, str], root: Path) -> list[Path]:
    changed = _differing(files, root)
    for path in changed:
        if path not in files:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    return changed


def drifted() -> list[Path]:
    """Derived files that are missing, differ from their source, or have none any more."""
    return _differing(derived_files(), PROJECT_ROOT)


def _differing(files: Mapping[Path, str], root: Path) -> list[Path]:
    without_source = sorted({*(root / FOLDER).glob("*.json")} - files.keys())
    return without_source + [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
