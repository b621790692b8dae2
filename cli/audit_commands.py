"""``minzheng audit``: the verification log."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected, opened_warehouse
from warehouse.database.errors import GateClosed, UsageError

app = typer.Typer(help="The log of every verification: whole, anchored, who read whom.", no_args_is_help=True)

Anchors = Annotated[
    Path | None,
    typer.Option(
        "--anchors",
        help="File of anchors; MINZHENG_AUDIT_ANCHORS or audit_anchors.jsonl in MINZHENG_HOME by default.",
    ),
]


@app.command("verify")
def verify_log(anchors: Anchors = None) -> None:
    """Find any row changed, removed, exchanged or cut off. Exit 1 where one is."""
    from warehouse.database.settings import settings
    from warehouse.verification.audit import check_log, read_anchors

    file = anchors or settings().anchors_file
    if anchors and not anchors.exists():
        raise UsageError(f"没有锚点文件。 There is no file of anchors {anchors}. Nothing was checked.")
    known = read_anchors(file)
    with connected() as connection:
        count, faults = check_log(connection, known)
    for fault in faults:
        console.print(
            f"第 {fault.lane} 链第 {fault.log_id} 行 lane {fault.lane} row {fault.log_id}: {fault.what}"
        )
    if faults:
        raise GateClosed(
            f"审计日志不完整 the log does not hold: {count:,} 行中 {len(faults):,} 处 faults in rows."
        )
    console.print(f"审计日志完整 the log holds: {count:,} 行 rows，{len(known):,} 个锚点 anchors")
    if count and not known:
        console.print(
            "没有锚点，数据库所有者改写日志无从发现 "
            f"no anchors in {file}: who owns the database could have rewritten the log unnoticed",
        )


@app.command("anchor")
def anchor(anchors: Anchors = None) -> None:
    """Write how far the log reaches (SM3) into a file outside the database. Run it daily; keep copies elsewhere."""
    from warehouse.verification.audit import anchor_log

    with opened_warehouse() as warehouse:
        made = anchor_log(warehouse, anchors)
    for anchor in made:
        console.print(
            f"第 {anchor.lane} 链第 {anchor.log_id} 行 lane {anchor.lane} row {anchor.log_id} sm3 {anchor.sm3}"
        )
    if not made:
        console.print("没有新日志 nothing new to anchor")


@app.command("who-read")
def who_read(
    resident: Annotated[
        int | None,
        typer.Option(
            "--resident", max=2**63 - 1, help="Resident id; else you are asked for the identity number."
        ),
    ] = None,
) -> None:
    """Who was told of a person, when, why and on whose word."""
    from cli import report
    from warehouse.verification.audit import readings, resident_of

    # Not an argument: those stand in the history of the shell and in the list of processes.
    number = "" if resident else typer.prompt("公民身份号码 identity number", hide_input=True)
    with connected() as connection:
        found = readings(connection, resident or resident_of(connection, number))
    if found:
        report.print_readings(console, found)
    else:
        console.print("没有查阅记录 nobody was told")


@app.command("reproduce")
def reproduce_report(report: Annotated[str, typer.Argument(help="Number of a report.")]) -> None:
    """Make an answer again from its generation, and list how today's differs. Exit 1 where it cannot be made."""
    from warehouse.verification.audit import reproduce

    with connected() as connection:
        result = reproduce(connection, report)
    for title, found in (
        (f"第 {result.generation} 世代（原数据） at its own generation", result.again),
        (f"第 {result.current_generation} 世代（现数据） at the one served now", result.today),
    ):
        console.print(f"{title}: {'一致 the same' if not found else f'{len(found):,} 处不同 differences'}")
        for difference in found:
            console.print(f"  {difference.path}: {difference.given} -> {difference.now}")
    if result.again:
        raise GateClosed(
            "答复不能重现：程序或数据已变。 "
            "The answer given does not come out again: the program has changed, or the data were."
        )
