"""The dbt project for a bureau with parameters, divisions or rules of its own: the program's, with these in it.

It is written below MINZHENG_HOME, so that nothing of a bureau ever lies in the program's tree.
"""

from pathlib import Path

from ingestion.bureau import own_folder
from warehouse.bureau import divisions, rules
from warehouse.bureau.parameters import merged_seeds, rows_in_force
from warehouse.database.file_lock import alone
from warehouse.database.settings import settings

DERIVED = "bureau"  # below MINZHENG_HOME: all that derives from the bureau's folder


def derived_folder() -> Path:
    return settings().home / DERIVED


def project_in_use(program: Path, without: tuple[str, ...]) -> Path:
    """Where the dbt project lies that a run reads: ``program`` itself, for a bureau that adds nothing to it.

    without: names in it that are no part of it. Raises UsageError where what it adds is wrong, ContractError
    where there is no such folder; then nothing is written.
    """
    bureau = own_folder()
    own = _own_files(bureau) if bureau else {}
    if not own:
        return program
    files = {
        place: path.read_bytes()
        for path in program.rglob("*")
        if path.is_file() and not set((place := path.relative_to(program)).parts) & set(without)
    }
    files |= {path: text.encode() for path, text in own.items()}
    copy = derived_folder() / program.name
    _write(copy, files)
    return copy


def _own_files(bureau: Path) -> dict[Path, str]:
    """Path in the project to text of all that the bureau adds or says otherwise."""
    seeds = merged_seeds(bureau) | divisions.seeds(bureau)
    own_rules = rules.project_files(bureau, rows_in_force(bureau, "rules/rule_parameter"))
    return {Path("seeds", path): text for path, text in seeds.items()} | own_rules


def _write(folder: Path, files: dict[Path, bytes]) -> None:
    """The folder holds these files and no others; each is whole at every moment, whoever reads it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(folder.parent / "lock"):
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            if path.relative_to(folder) not in files:
                path.unlink()
        for place, content in files.items():
            path = folder / place
            if path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.unfinished")
            unfinished.write_bytes(content)
            unfinished.rename(path)
