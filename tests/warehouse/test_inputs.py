"""What a build is made of."""

from warehouse.pipeline.inputs import PROGRAM_FILES, PROGRAM_FOLDERS


def test_every_part_of_the_program_counts() -> None:
    """A folder that is not where it is looked for would let two programs mix."""
    silent = [
        folder
        for folder in PROGRAM_FOLDERS
        if not any(path.suffix in PROGRAM_FILES for path in folder.rglob("*"))
    ]
    assert silent == []
