"""``minzheng contract``: contracts for files nobody has described yet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import complaints, console

if TYPE_CHECKING:
    from ingestion.drafting.write import Draft

app = typer.Typer(help="Contracts drafted from files, and tried on them.", no_args_is_help=True)


@app.command("draft")
def draft_contract(
    files: Annotated[list[Path], typer.Argument(help="Files of one sender, or folders of them.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="A file <system>__<feed>.yml, or a folder; on the screen where nothing is named.",
        ),
    ] = None,
    system: Annotated[
        str | None, typer.Option("--system", help="The sender's system, if you know it.")
    ] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="What the feed is to be called.")] = None,
    record: Annotated[
        str | None, typer.Option("--record", help="The canonical record, where the draft took another.")
    ] = None,
) -> None:
    """Draft the contract of unknown files: form, columns, codes, canonical record, each guess with its reason."""
    from ingestion.contract_faults import kind_zh
    from ingestion.drafting.draft import draft, loaded
    from ingestion.drafting.write import questions_of, text_of
    from ingestion.errors import ContractError
    from ingestion.records import canonical_records
    from ingestion.vocabulary import unknown_word
    from warehouse.database.errors import UsageError, given_path
    from warehouse.database.scratch import scratch_database

    if record is not None and (problem := unknown_word([record], canonical_records().keys(), "record")):
        raise UsageError(problem)
    if out is not None and out.suffix in (".yml", ".yaml"):
        named = out.stem.partition("__")
        if not named[2]:
            raise UsageError(f"契约文件的名称不对。 {out.name}: a contract is named <system>__<feed>.yml.")
        system, feed = system or named[0], feed or named[2]
    with scratch_database() as warehouse, warehouse.connect() as connection:
        drafts = draft(connection, files, system, feed, record)
    if out is None:
        for found in drafts:
            console.print(text_of(found), soft_wrap=True, end="", highlight=False)
        return
    for found in drafts:
        target = out if out.suffix in (".yml", ".yaml") else out / f"{found.system}__{found.feed}.yml"
        if len(drafts) > 1 and target == out:
            raise UsageError(
                "这些文件的版式不同，请用 --out 指定目录。 "
                f"The files have {len(drafts)} layouts: name a folder with --out."
            )
        if target.exists():
            raise UsageError(
                f"文件已经存在。 {target}: is there already. Move it away, or name another file with --out."
            )
        with given_path(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text_of(found), encoding="utf-8")
        _print_draft(found, target)
        for note in found.notes:
            console.print(f"注意 note: {note}", soft_wrap=True)
        for question in questions_of(found):
            console.print(f"待填 to be filled in: {question}", soft_wrap=True)
        problem_of_it = loaded(found)
        if isinstance(problem_of_it, ContractError):
            complaints.print(
                f"还不能装入（{kind_zh(str(problem_of_it))}）does not load yet: {problem_of_it}",
                style="yellow",
                soft_wrap=True,
            )


def _print_draft(found: "Draft", target: Path) -> None:
    from rich.table import Table

    table = Table(title=f"{target}：{found.title}，{found.lines} 行 lines")
    for heading in ("列 column", "记录的列 is", "把握 how sure", "依据 because"):
        table.add_column(heading, overflow="fold")
    for column in found.columns:
        guess = found.matched.target_of(column)
        table.add_row(
            column.header,
            "—" if guess is None else guess.target,
            "存疑" if guess is None else guess.how_sure,
            "" if guess is None else "，".join(guess.reasons),
        )
        for item in column.items:
            inner = found.matched.target_of(item, column)
            table.add_row(
                f"{column.header}[].{item.header}",
                "—" if inner is None else inner.target,
                "存疑" if inner is None else inner.how_sure,
                "" if inner is None else "，".join(inner.reasons),
            )
    console.print(table)


@app.command("try")
def try_contract(
    contract: Annotated[Path, typer.Argument(help="The contract, <system>__<feed>.yml.")],
    files: Annotated[list[Path], typer.Argument(help="Files of its feed.")],
    rows: Annotated[int, typer.Option("--rows", min=0, max=20, help="Rows of each record to show.")] = 3,
    show: Annotated[bool, typer.Option("--show", help="Show people in the clear.")] = False,
) -> None:
    """Land files by a contract in a database of their own: the first canonical rows, what was rejected and why."""
    from cli.trial_report import print_trial
    from ingestion.contract import load_contract
    from ingestion.trial import tried
    from warehouse.database.errors import UsageError
    from warehouse.database.scratch import scratch_database

    described = load_contract(contract)
    with scratch_database() as warehouse, warehouse.connect() as connection:
        trial = tried(connection, described, files, rows, show)
    print_trial(console, trial)
    if not trial.came_through:
        raise UsageError("没有一行通过。 No line came through; the reasons stand above.")
