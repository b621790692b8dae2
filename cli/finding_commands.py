"""`minzheng finding ...`: what officers do with findings."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected

app = typer.Typer(help="Work on findings: decide, import decisions, the work list.", no_args_is_help=True)

DecidedBy = Annotated[str, typer.Option("--by", help="Who decides.")]


@app.command("decide")
def decide_one(
    finding: Annotated[str, typer.Argument(help="Finding id, or its first characters.")],
    decided_by: DecidedBy,
    decision: Annotated[
        str,
        typer.Option(
            "--as", help="confirmed, cleared, dismissed or reopened; 属实, 已消除, 已排除, 重新处理."
        ),
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="Reason (seed finding_reason): its code, or its Chinese title.")
    ],
    note: Annotated[str | None, typer.Option("--note", help="For the file; no personal data.")] = None,
    recovered: Annotated[
        str,
        typer.Option(
            "--recovered",
            help="Yuan it brought back or stopped in all (confirmed, cleared); 0 takes it back.",
        ),
    ] = "",
) -> None:
    """Record a decision on one finding; the latest holds."""
    from warehouse.casework.findings import FindingDecision, decide, state_code

    word = FindingDecision(finding, state_code(decision), reason, note, finding, recovered=recovered)
    with connected() as connection:
        decide(connection, [word], decided_by)
    console.print(f"已记录 recorded: {finding} {decision}")


@app.command("import")
def import_decisions(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The filled-in work list.")],
    decided_by: DecidedBy,
) -> None:
    """Record the decisions of a work list returned as XLSX or CSV, all or none."""
    from warehouse.casework.findings import decide, read_decisions

    with connected() as connection:
        count = decide(connection, read_decisions(file), decided_by)
    console.print(f"已记录 decisions recorded: {count} 条")


@app.command("worklist")
def show_worklist(
    capacity: Annotated[
        int | None,
        typer.Option(
            min=1, max=2**31 - 1, help="How many in all, instead of each division's own weekly capacity."
        ),
    ] = None,
    division: Annotated[str, typer.Option(help="Division code or its beginning.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Write a workbook (XLSX) to be filled in.")
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(
            "--purpose", help="For what people are looked at; MINZHENG_PURPOSE where none is given."
        ),
    ] = None,
) -> None:
    """The findings to look at next: the gravest and dearest first, as many as can be done."""
    from cli import report
    from warehouse.bureau.letterhead import letterhead
    from warehouse.casework.findings import reasons, worklist, write_worklist
    from warehouse.database.errors import given_path
    from warehouse.verification.purposes import stated_purpose

    heading = letterhead()
    # Shown once the log holds that it was.
    with connected() as connection:
        findings = worklist(connection, stated_purpose(connection, purpose), capacity, division)
        known = reasons(connection)
    if out:
        with given_path(out):
            write_worklist(out, findings, known, heading)
        console.print(f"已写出 written: {out}，{len(findings)} 条", soft_wrap=True)
    else:
        report.print_worklist(console, findings)
