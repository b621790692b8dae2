"""``minzheng backup``: the whole server and every change since, sealed, elsewhere; and the way back."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.opened import opened_warehouse
from warehouse.database.errors import GateClosed

app = typer.Typer(help="Backups, restoring and the restore drill.", no_args_is_help=True)

Key = Annotated[
    Path, typer.Option("--key", dir_okay=False, help="File with the secret key, from where it is kept.")
]
At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"],
        help="The moment whose state is wanted, Beijing time; the last change by default.",
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("--from", file_okay=False, help="Folder of backups; MINZHENG_BACKUP_FOLDER by default."),
]


def _moment(at: datetime | None) -> datetime | None:
    from warehouse.database.settings import BUREAU_TIME

    return at.replace(tzinfo=BUREAU_TIME) if at else None


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """A closed session or a stopped service ends as Ctrl-C does: what lies there unsealed goes, and its server."""

    def end(number: int, _: object) -> None:
        for told in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(told, signal.SIG_IGN)  # it is on its way
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command("key")
def make_key(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="File for the secret key.")],
) -> None:
    """Make the keys of the backups: the secret one, and the sender's, go into a file to be kept elsewhere."""
    import secrets

    from ingestion.office_files import own_file
    from warehouse.backup.sealing import new_key
    from warehouse.database.errors import UsageError, given_path

    if out.exists():
        raise UsageError(f"{out} 已存在。 {out} is there already; what it opens must stay readable.")
    secret, public = new_key()
    with given_path(out):
        # For age a comment: the sender's key lies beside the one that opens, because restoring wants both.
        sender = f"# MINZHENG_BACKUP_SENDER_KEY={secrets.token_urlsafe(48)}"
        own_file(out).write_text(f"# public key: {public}\n{sender}\n{secret}\n", encoding="utf-8")
    console.print(f"MINZHENG_BACKUP_RECIPIENT={public}", soft_wrap=True)
    console.print(
        f"私钥已写入 {out}，请移到别处保管：没有它，备份谁也打不开。 "
        f"The secret key is in {out}: keep it elsewhere, twice. Without it nobody opens the backups.",
        soft_wrap=True,
    )
    console.print(
        "其中的 MINZHENG_BACKUP_SENDER_KEY 也设给备份服务，恢复时同样要设。 "
        "Set MINZHENG_BACKUP_SENDER_KEY, which stands in it too, for the service, and again where you restore.",
        soft_wrap=True,
    )


@app.command("take")
def take_backup() -> None:
    """Take a whole copy of the server now, logins too, and drop what is too old."""
    from cli.report import print_bases
    from warehouse.backup.take import take

    with opened_warehouse() as warehouse:
        print_bases(console, [take(warehouse)])


@app.command("follow")
def follow_changes() -> None:
    """Write down every change as it comes, and take a whole copy when one is due; runs until stopped (a service)."""
    from threading import Event

    from warehouse.backup.take import follow
    from warehouse.database.chosen import known_warehouse
    from warehouse.database.settings import settings

    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    follow(lambda: known_warehouse(settings()), stop)


@app.command("list")
def list_backups(folder: Folder = None) -> None:
    """Whole copies, how far the changes reach, and what is missing between. Exit 1 where something is."""
    from cli.report import print_bases
    from warehouse.backup.repository import Repository

    repository = Repository(folder)
    bases = repository.whole()
    print_bases(console, bases)
    reached = repository.newest_change()
    console.print(
        f"更改写至 changes up to: {reached.astimezone():%Y-%m-%d %H:%M:%S}"
        if reached
        else "没有更改 no changes"
    )
    missing = {base.name: gap for base in bases if (gap := repository.gap(base))}
    if missing:
        told = ", ".join(f"{name}: {gap}" for name, gap in missing.items())
        raise GateClosed(
            f"更改不连续，缺：{told}。 "
            f"Changes are missing, and nothing after them can be restored from these copies: {told}."
        )


@app.command("restore")
def restore_backup(
    key: Key,
    to: Annotated[Path, typer.Option("--to", help="Folder for the server's data; it must not be there yet.")],
    at: At = None,
    folder: Folder = None,
) -> None:
    """Restore the server into a folder, ready to be started: up to the last change, or to a moment."""
    from cli.report import print_restored
    from warehouse.backup.repository import Repository
    from warehouse.backup.restore import restore
    from warehouse.backup.sealing import identity

    with _ended_in_order():
        done = restore(Repository(folder), identity(key), to, _moment(at))
    print_restored(console, done)


@app.command("drill")
def drill_restore(
    key: Key,
    at: At = None,
    inbox: Annotated[
        Path | None,
        typer.Option("--inbox", file_okay=False, help="A run on it must change nothing in the copy."),
    ] = None,
    folder: Folder = None,
) -> None:
    """Restore into a second server, look through it, take it away; tells time and loss. Exit 1 on a fault."""
    from cli.report import print_drill
    from warehouse.backup.drill import drill
    from warehouse.backup.repository import Repository
    from warehouse.backup.sealing import identity

    with _ended_in_order():
        done = drill(Repository(folder), identity(key), _moment(at), inbox)
    print_drill(console, done)
    if not done.is_good:
        raise GateClosed("演练未通过，原因见上。 The drill does not hold; the reasons stand above.")
