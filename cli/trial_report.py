"""What a trial of a contract found, for the screen: file by file what came through, record by record the first rows."""

from rich.console import Console
from rich.table import Table

from ingestion.errors import REFUSALS_ZH
from ingestion.return_list import REASONS_ZH
from ingestion.trial import Filled, Trial, TriedFile


def print_trial(console: Console, trial: Trial) -> None:
    for one in trial.files:
        _print_file(console, one)
    for filled in trial.records:
        _print_record(console, filled)


def _print_file(console: Console, one: TriedFile) -> None:
    result = one.result
    if result.outcome == "rejected":
        title = REFUSALS_ZH.get(result.reason_code or "", result.reason_code)
        console.print(
            f"{one.name}：整份拒收（{title}）refused whole: {result.reason}", style="red", soft_wrap=True
        )
        return
    repeated = f"，重复 repeated {result.repeated_count:,}" if result.repeated_count else ""
    console.print(
        f"{one.name}：收到 received {result.received_count:,} 行，落地 landed {result.landed_count:,}{repeated}，"
        f"拒收 rejected {result.rejected_count:,}；通过 came through {one.share:.1%}",
        soft_wrap=True,
    )
    if result.notice:
        console.print(f"  注意 note: {result.notice}", style="yellow", soft_wrap=True)
    for rejected in one.rejected:
        lines = "、".join(map(str, rejected.lines)) + (" …" if rejected.count > len(rejected.lines) else "")
        console.print(
            f"  拒收 {rejected.count:,} 行：{rejected.column or '整行'} "
            f"{REASONS_ZH.get(rejected.reason_code, '')} {rejected.reason_code}（第 {lines} 行 lines）",
            style="yellow",
            soft_wrap=True,
        )


def _print_record(console: Console, filled: Filled) -> None:
    """Columns of the record below one another, so that they fit whatever their number."""
    revoked = f"，撤销或不含 revoked {filled.revoked:,}" if filled.revoked else ""
    table = Table(title=f"{filled.record.title} {filled.record.name}：{filled.rows:,} 条 rows{revoked}")
    table.add_column("列 column", no_wrap=True)
    for number in range(1, len(filled.first) + 1):
        table.add_column(str(number), overflow="fold")
    table.add_column("空 empty", justify="right")
    for column in filled.record.columns:
        if filled.first and column.name not in filled.first[0]:
            table.add_row(
                f"{column.title} {column.name}", *["未送 not sent", *[""] * (len(filled.first) - 1)], ""
            )
            continue
        empty = filled.empty.get(column.name, 0)
        table.add_row(
            f"{column.title} {column.name}",
            *[row[column.name] or "" for row in filled.first],
            f"{empty:,}" if empty else "",
            style="red" if empty and empty == filled.rows and column.is_required else None,
        )
    console.print(table)
    void = [
        c.title
        for c in filled.record.columns
        if c.is_required and filled.rows and filled.empty.get(c.name) == filled.rows
    ]
    if void:
        console.print(
            f"  必填而各条皆空 required, and empty in every row: {'、'.join(void)}",
            style="red",
            soft_wrap=True,
        )
