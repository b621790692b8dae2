"""``minzheng bureau``: the bureau's own folder, and what is said of it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from warehouse.database.errors import UsageError

app = typer.Typer(help="The bureau's own folder: contracts, parameters, letterhead.", no_args_is_help=True)


@app.command("new")
def new_folder(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.")],
) -> None:
    """Lay out a folder of the bureau's own, with comments; it works as it is, like none."""
    from ingestion.bureau import PREFIX
    from warehouse.bureau.new import lay_out

    for path in lay_out(folder):
        console.print(str(path), soft_wrap=True)
    console.print(
        f"接下来 next: export {PREFIX}BUREAU={folder.resolve()}，minzheng doctor --bureau", soft_wrap=True
    )


def tell_of_bureau() -> None:
    """All that is in the bureau's folder and all that is wrong with it. Raises UsageError where anything is."""
    from ingestion.bureau import PREFIX, own_folder
    from warehouse.bureau.examine import examine

    folder = own_folder()
    if folder is None:
        raise UsageError(
            f"没有本局目录。 {PREFIX}BUREAU names none: the example bureau is in use. "
            "`minzheng bureau new DIR` lays one out."
        )
    examined = examine(folder)
    for sentence in examined.found:
        console.print(sentence, soft_wrap=True)
    for fault in examined.faults:
        console.print(fault.shown, style="red", soft_wrap=True)
    if examined.faults:
        raise UsageError(
            f"本局目录有 {len(examined.faults)} 处错误，见上。 "
            f"Wrong in {folder}: {len(examined.faults)}, see above. Correct them before the next run."
        )
    console.print(f"本局目录可用 the bureau's folder can be used: {folder}", soft_wrap=True)
