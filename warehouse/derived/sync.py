"""Files derived from others, committed, and checked not to drift."""

from pathlib import Path

from ingestion.derive import derived_files as from_contracts
from warehouse.database.settings import PROJECT_ROOT
from warehouse.derived import decision_index, handbook, rule_union
from warehouse.derived.name_variants import TARGET, person_name_sql


def derived_files() -> dict[Path, str]:
    """Path to text of every derived file of the project."""
    files = {PROJECT_ROOT / path: text for path, text in from_contracts().items()}
    files[TARGET] = person_name_sql()
    files[handbook.TARGET] = handbook.handbook()
    files[decision_index.TARGET] = decision_index.index()
    files[rule_union.TARGET] = rule_union.rule_union(rule_union.CATALOGUE.read_text(encoding="utf-8"))
    return files


def write() -> list[Path]:
    """Write what differs; returns the files written."""
    changed = drifted()
    files = derived_files()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    return changed


def drifted() -> list[Path]:
    """Derived files that are missing or differ from their source."""
    return [
        path
        for path, text in derived_files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
