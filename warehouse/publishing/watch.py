"""Which rows of a source may differ from what was last published, without reading them.

Triggers note the key of every row that is written, in the transaction that writes it (``pub.watch``).
What they tell is all there is only while the source is the very table they were put on: made anew,
truncated, rewritten, of other columns or without its triggers, it is not watched, and publishing
compares it whole.
"""

from collections.abc import Collection, Sequence

import psycopg

# A file of its own is what a table gets that is made anew, truncated or rewritten.
STATE = """
select
    pg_relation_filenode(%(source)s::regclass) as file,
    %(key)s::text || string_agg(
        concat_ws(' ', attrelid = %(source)s::regclass, attnum, attname, format_type(atttypid, atttypmod)),
        ', ' order by attrelid = %(source)s::regclass, attnum
    ) as shape
from pg_attribute
where attrelid in (%(source)s::regclass, %(target)s::regclass) and attnum > 0 and not attisdropped
"""
IS_WATCHED = f"""
select exists (
    select from ops.watched_source inner join ({STATE}) as state using (file, shape)
    where relation = %(served)s
) and 3 = (
    select count(*) from pg_trigger
    where tgrelid = %(source)s::regclass and tgfoid = 'pub.note_news'::regproc and tgenabled in ('O', 'A')
)
"""
REMEMBER = f"""
insert into ops.watched_source (relation, file, shape)
select %(served)s, file, shape from ({STATE}) as state
on conflict (relation) do update set file = excluded.file, shape = excluded.shape
"""


def is_watched(connection: psycopg.Connection, served: str, source: str, key: Sequence[str]) -> bool:
    """Has everything written to a source since it was last compared been noted?"""
    row = connection.execute(IS_WATCHED.encode(), _names(served, source, key)).fetchone()
    return row == (True,)


def watch(connection: psycopg.Connection, served: str, source: str, key: Sequence[str]) -> None:
    """Note from now on what is written to a source, which the caller then compares whole.

    Until the transaction ends nobody else writes to it. Where the rights to it are missing it goes
    unwatched, which costs time and nothing else.
    """
    connection.execute("delete from ops.source_news where relation = %s", [served])
    row = connection.execute("select pub.watch(%s, %s::regclass, %s)", [served, source, list(key)]).fetchone()
    if row == (True,):
        connection.execute(REMEMBER.encode(), _names(served, source, key))


def forget(connection: psycopg.Connection) -> None:
    """Whatever was noted: the next publication compares every source whole."""
    connection.execute("delete from ops.watched_source")


def take_news(connection: psycopg.Connection, watched: Collection[str]) -> None:
    """Move what was noted of these served tables to ``pg_temp.publish_touched``."""
    connection.execute(
        """
        with taken as (delete from ops.source_news where relation = any(%s) returning relation, key_hash)
        insert into pg_temp.publish_touched select distinct relation, key_hash from taken
        """,
        [list(watched)],
    )


def _names(served: str, source: str, key: Sequence[str]) -> dict[str, object]:
    return {"served": served, "source": source, "target": f"pub.{served}", "key": list(key)}
