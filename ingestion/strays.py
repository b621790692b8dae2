"""Strays: what lies in the inbox and nothing reads. Kept in ``ops.inbox_stray`` and told until it is
gone or somebody says that it is known; no delivery waits for it."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import psycopg
from psycopg.rows import class_row

from ingestion.errors import RequestError
from ingestion.file_names import printable
from ingestion.free_text import want_reason
from ingestion.inbox import Stray

# Of one folder; with more, the folder is told.
MOST_TOLD = 20


@dataclass(frozen=True)
class KnownStray:
    """A row of ``ops.inbox_stray``. ignored_*: who said when, why and by which login that it may lie there."""

    place: str
    feed: str
    reason: str
    first_seen_at: datetime
    ignored_by: str | None
    ignored_at: datetime | None
    ignored_reason: str | None
    ignored_login: str | None


def note(
    connection: psycopg.Connection,
    found: Iterable[Stray],
    feeds: Collection[str] | None,
    unseen: Collection[str] = (),
) -> list[Stray]:
    """Keep what a landing met of these feeds (null: of all) and outside of any, and forget what it no
    longer met. Returns what was met for the first time. A file that was landed or refused is no stray.

    unseen: folders it did not look through; nothing in them is known to be gone.
    """
    told = set(connection.execute(TOLD).fetchall())
    met = _gathered(
        stray
        for stray in found
        if (feeds is None or stray.feed in {"", *feeds})
        and (stray.feed, stray.business_date, stray.file_name) not in told
    )
    connection.execute(
        FORGET,
        {
            "met": [stray.place for stray in met],
            "feeds": None if feeds is None else list(feeds),
            "unseen": [f"{folder}/" for folder in unseen],
        },
    )
    return [stray for stray in met if connection.execute(KEEP, vars(stray)).fetchone() == (True,)]


TOLD = """
select feed, business_date, file_name from ops.delivery
union select feed, business_date, file_name from ops.rejected_delivery
"""

FORGET = """
delete from ops.inbox_stray
where
    place <> all(%(met)s)
    and (%(feeds)s::text[] is null or feed = '' or feed = any(%(feeds)s))
    and not exists (select from unnest(%(unseen)s::text[]) as folder where starts_with(place, folder))
"""

KEEP = """
insert into ops.inbox_stray as known (place, feed, reason) values (%(place)s, %(feed)s, %(reason)s)
on conflict (place) do update set reason = excluded.reason where known.reason <> excluded.reason
returning xmax = 0
"""


def _gathered(found: Iterable[Stray]) -> list[Stray]:
    strays = list(found)
    folders = Counter(_folder(stray) for stray in strays)
    gathered: dict[str, Stray] = {}
    for stray in strays:
        folder = _folder(stray)
        if folders[folder] > MOST_TOLD:
            count = folders[folder]
            reason = f"其中 {count} 项无人读取。 {count} files and folders in it are read by nothing."
            stray = Stray(stray.feed, f"{folder}/...", reason)
        gathered.setdefault(stray.place, stray)
    return list(gathered.values())


def _folder(stray: Stray) -> str:
    return str(PurePosixPath(stray.place).parent)


def known_strays(connection: psycopg.Connection) -> list[KnownStray]:
    """Those that a landing met last, acknowledged or not, in the order of their places."""
    with connection.cursor(row_factory=class_row(KnownStray)) as cursor:
        return cursor.execute("select * from ops.inbox_stray order by place").fetchall()


def ignore(connection: psycopg.Connection, root: Path, path: str, reason: str, ignored_by: str | None) -> str:
    """Acknowledge a stray, named as it was told or by its path (below the inbox or in full). Returns its
    place. ignored_by: the login where null or blank. Raises RequestError where no landing has met it."""
    want_reason(connection, reason)
    row = connection.execute(
        """
        update ops.inbox_stray
        set ignored_by = coalesce(nullif(clean.as_seen(%s), ''), session_user), ignored_at = now(), ignored_reason = %s
        where place = any(%s) returning place
        """,
        [ignored_by, reason, [path.rstrip("/"), _place(root, Path(path))]],
    ).fetchone()
    if row is None:
        raise RequestError(
            "落地时没有遇到过它，遇到的见 `minzheng inbox list`。 "
            "No landing has met this in the inbox. `minzheng inbox list` shows what was met."
        )
    return str(row[0])


def _place(root: Path, path: Path) -> str:
    below = path.relative_to(root) if path.is_relative_to(root) else path
    return "/".join(map(printable, below.parts))
