"""Files derived from others, committed, and checked not to drift."""

from pathlib import Path

from expectations.exported import FOLDER, exported_suites
from ingestion.contract import load_contracts
from ingestion.derive import derived_files as from_contracts
from warehouse.database.settings import PROJECT_ROOT
from warehouse.derived import decision_index, handbook, known_divisions, rule_union
from warehouse.derived.name_variants import TARGET, person_name_sql
from warehouse.derived.served_tables import served_tables
from warehouse.publishing import served


def derived_files() -> dict[Path, str]:
    """Path to text of every derived file of the project."""
    files = {PROJECT_ROOT / path: text for path, text in from_contracts().items()}
    files[TARGET] = person_name_sql()
    files[known_divisions.TARGET] = known_divisions.known_division_sql()
    files[handbook.TARGET] = handbook.handbook()
    files[decision_index.TARGET] = decision_index.index()
    files[served.FILE] = served_tables()
    catalogue = rule_union.CATALOGUE.read_text(encoding="utf-8")
    files[rule_union.TARGET] = rule_union.rule_union(catalogue)
    suites = exported_suites(load_contracts(), served.SOURCES, rule_union.rule_codes(catalogue))
    return files | {PROJECT_ROOT / path: text for path, text in suites.items()}


def write() -> list[Path]:
    """Write what differs; returns the files written."""
    files = derived_files()
    changed = _differing(files)
    for path in changed:
        if path not in files:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    return changed


def drifted() -> list[Path]:
    """Derived files that are missing, differ from their source, or have none any more."""
    return _differing(derived_files())


def _differing(files: dict[Path, str]) -> list[Path]:
    without_source = sorted({*(PROJECT_ROOT / FOLDER).glob("*.json")} - files.keys())
    return without_source + [
        path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
