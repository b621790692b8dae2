"""What a build is made of."""

from warehouse.database.settings import PROJECT_ROOT
from warehouse.pipeline.dbt import PROJECT
from warehouse.pipeline.inputs import FOLDERS_OF_DBT, PROGRAM_FILES, PROGRAM_FOLDERS


def test_every_part_of_the_program_counts() -> None:
    """A folder that is not where it is looked for would let two programs mix."""
    silent = [
        folder
        for folder in (*map(PROJECT.joinpath, FOLDERS_OF_DBT), *map(PROJECT_ROOT.joinpath, PROGRAM_FOLDERS))
        if not any(path.suffix in PROGRAM_FILES for path in folder.rglob("*"))
    ]
    assert silent == []
