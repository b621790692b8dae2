"""Publishing: what the marts and rules hold becomes the generation that readers see.

Rows of ``pub.<table>`` hold for a span of generations; a publication writes only the rows
that changed and moves the pointer last, in one transaction. Readers filter by the pointer
and so see one whole generation, without waiting for the writer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from ingestion import turns
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.publishing.served import PUBLISHED, SPAN_COLUMNS, Published
from warehouse.publishing.watch import is_watched, take_news, watch

# Statistics are renewed where more than this share of a table's rows was written.
LARGE_CHANGE = 0.1


STRANGE = """
select attname::text
from pg_attribute inner join pg_type on pg_type.oid = atttypid
where
    attrelid = %(source)s::regclass and attnum > 0 and not attisdropped
    and typnamespace <> 'pg_catalog'::regnamespace
union all
select format('%%s (relkind %%s)', relname, relkind) from pg_class where oid = %(source)s::regclass and relkind <> 'r'
union all
-- A policy is a function of its owner too.
select relname || ' (row security)' from pg_class where oid = %(source)s::regclass and relrowsecurity
"""


@dataclass(frozen=True)
class Publication:
    """What a publication did: the generation now served, rows opened and rows closed.

    is_new: false where nothing had changed and the generation was already served.
    """

    generation: int
    inserted: int
    closed: int
    is_new: bool


def current_generation(connection: psycopg.Connection) -> int | None:
    """The generation readers see; none before the first publication."""
    row = connection.execute("select generation from pub.current_generation").fetchone()
    return row[0] if row else None


def next_generation(connection: psycopg.Connection) -> int:
    """The number the next new generation will get: numbers rise and are never used again,
    not even after a rollback."""
    row = connection.execute("select coalesce(max(generation), 0) + 1 from ops.generation").fetchone()
    assert row is not None
    return int(row[0])


def publish(connection: psycopg.Connection, business_date: date, inputs_digest: str) -> Publication:
    """Publish what the marts and rules hold now, in one transaction.

    business_date: the day the marts were built for. inputs_digest: of the deliveries and
    program version used. Two publishers take turns. Where readers already see exactly these
    rows, nothing is written and the generation stays. Compared are the keys written since
    (``warehouse.publishing.watch``), and whole tables where that is not known.

    After a rollback the pointer names an older generation than the newest one written. Then
    two questions have two answers. *Would readers see a change?* compares with the rows at the
    pointer. *What must be written?* compares with the rows of the newest generation, those
    without an end: they are what the next number inherits unless it is written otherwise. A
    row that held at the pointer and was closed later cannot be stretched over the generations
    in between, in which it did not hold; it is opened anew. So every generation keeps its own
    content, the abandoned ones too, and one may still roll forward to them. Without a rollback
    both comparisons are the same and only one is made.

    Raises MinzhengError (nothing is published, the former generation stays) naming table and
    SQLSTATE only: the server's own text may hold personal values.
    """
    place = "pub.current_generation"
    try:
        with connection.transaction():
            take_turn(connection)
            # Both sides of a large table are counted at once, and one after another.
            connection.execute("set local work_mem = '256MB'")
            pointer, generation = current_generation(connection), next_generation(connection)
            newest = generation - 1
            _fix_rendering(connection)
            _hold_sources(connection)
            tables = [(published, _columns(connection, published)) for published in PUBLISHED]

            if pointer is not None and pointer != newest:
                for published, columns in tables:
                    place = f"pub.{published.name}"
                    _find_touched(connection, published, columns, pointer)
                if not _noted(connection, "publish_touched"):
                    return Publication(pointer, 0, 0, is_new=False)
                connection.execute("truncate pg_temp.publish_touched")

            watched = {
                item.name for item in PUBLISHED if is_watched(connection, item.name, item.source, item.key)
            }
            take_news(connection, watched)
            for published, columns in tables:
                place = f"pub.{published.name}"
                if published.name not in watched:
                    watch(connection, published.name, published.source, published.key)
                    _find_touched(connection, published, columns, newest)
            _settle(connection, "publish_touched")
            touched = _noted(connection, "publish_touched")
            tables = [(published, columns) for published, columns in tables if published.name in touched]
            for published, columns in tables:
                place = f"pub.{published.name}"
                _stage(connection, published, columns)
                _compare(connection, published)
            changed = _noted(connection, "publish_change")
            if pointer is not None and pointer == newest and not changed:
                return Publication(pointer, 0, 0, is_new=False)
            _settle(connection, "publish_change")

            inserted = closed = 0
            for published, columns in tables:
                if published.name not in changed:
                    continue
                place = f"pub.{published.name}"
                opened_here, closed_here = _write(connection, published, columns, generation)
                inserted, closed = inserted + opened_here, closed + closed_here
            connection.execute(
                "insert into ops.generation (generation, business_date, inputs_digest, inserted_count,"
                " closed_count) values (%s, %s, %s, %s, %s)",
                [generation, business_date, inputs_digest, inserted, closed],
            )
            _move_pointer(connection, generation)
            return Publication(generation, inserted, closed, is_new=True)
    except psycopg.errors.UniqueViolation:
        published = next(item for item in PUBLISHED if f"pub.{item.name}" == place)
        raise MinzhengError(
            f"{published.source} 有两行主键相同，未发布，仍用原来的世代。 "
            f"Two rows of {published.source} have the same key ({', '.join(published.key)}). "
            "Nothing was published; the former generation stays. Mend the model's grain and its dbt test."
        ) from None
    except psycopg.Error as error:
        raise MinzhengError(
            f"发布停在 {place}，未发布，仍用原来的世代。 "
            f"Publishing stopped at {place} (SQLSTATE {error.sqlstate}, {type(error).__name__}). "
            "Nothing was published; the former generation stays."
        ) from None


def rollback_to(connection: psycopg.Connection, generation: int, moved_by: str | None = None) -> None:
    """Let readers see an earlier (or, after a rollback, a later) generation again.

    Only the pointer moves, and who moved it (null or blank: the login) is kept; so it takes a moment
    whatever the size. What the next publication must then do stands at ``publish``. Raises UsageError
    for a number that was never published.
    """
    with connection.transaction():
        take_turn(connection)
        known = connection.execute(
            "select dropped_at from ops.generation where generation = %s", [generation]
        ).fetchone()
        if known is None or known[0] is not None:
            reason = "was dropped by `minzheng retention`" if known else "was never published"
            raise UsageError(
                f"第 {generation} 世代{'已被清理' if known else '从未发布'}，未作改动。 "
                f"Generation {generation} {reason}. `ops.generation` lists those that are kept. "
                "Nothing was changed."
            )
        _move_pointer(connection, generation)
        connection.execute(
            "insert into ops.rollback (generation, moved_by)"
            " values (%s, coalesce(nullif(clean.as_seen(%s), ''), session_user))",
            [generation, moved_by],
        )


def take_turn(connection: psycopg.Connection) -> None:
    """Until the transaction ends nobody else publishes, rolls back or drops generations."""
    turns.take_turn(connection, "publish")


def _move_pointer(connection: psycopg.Connection, generation: int) -> None:
    connection.execute(
        "insert into pub.current_generation (generation, moved_at) values (%s, clock_timestamp())"
        " on conflict (is_only_row) do update"
        " set generation = excluded.generation, moved_at = excluded.moved_at",
        [generation],
    )


def _fix_rendering(connection: psycopg.Connection) -> None:
    """Keys and hashes are made of text: it must not depend on who is connected."""
    connection.execute("set local datestyle = 'ISO, YMD'")
    connection.execute("set local timezone = 'Asia/Shanghai'")
    connection.execute("set local extra_float_digits = 1")
    connection.execute("drop table if exists pg_temp.publish_touched, pg_temp.publish_change")
    connection.execute("create temp table publish_touched (relation text, key_hash bigint) on commit drop")
    connection.execute(
        "create temp table publish_change (relation text, row_key text, opens boolean, closes boolean)"
        " on commit drop"
    )


def _settle(connection: psycopg.Connection, notes: str) -> None:
    """All tables are noted in one place: each finds its own, and the planner knows how many."""
    place = sql.Identifier("pg_temp", notes)
    connection.execute(sql.SQL("create index on {} (relation)").format(place))
    connection.execute(sql.SQL("analyze {}").format(place))


def _hold_sources(connection: psycopg.Connection) -> None:
    """Keep dbt from swapping a source while another one is being read."""
    for published in PUBLISHED:
        row = connection.execute("select to_regclass(%s)", [published.source]).fetchone()
        if row is None or row[0] is None:
            raise MinzhengError(
                f"{published.source} 不存在，没有可发布的内容。 "
                f"{published.source} does not exist: nothing to publish. Run `minzheng build` first."
            )
    names = sql.SQL(", ").join(_qualified(published.source) for published in PUBLISHED)
    connection.execute(sql.SQL("lock table {} in access share mode").format(names))


def _qualified(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split("."))


def _columns(connection: psycopg.Connection, published: Published) -> dict[str, str]:
    """Names and types of the columns served, all of which the source must have.

    Whoever builds a source must not have the publisher run what they made: it is a plain table, of the
    server's own types (the casts of another type are functions of its owner).
    """
    query = """
        select attname, format_type(atttypid, atttypmod)
        from pg_attribute
        where attrelid = %s::regclass and attnum > 0 and not attisdropped
        order by attnum
    """
    served: dict[str, str] = dict(connection.execute(query, [f"pub.{published.name}"]).fetchall())
    columns = {name: kind for name, kind in served.items() if name not in SPAN_COLUMNS}
    if strange := connection.execute(STRANGE, {"source": published.source}).fetchall():
        raise MinzhengError(
            f"{published.source} 不是普通表，或用了数据库自带以外的类型，未发布，仍用原来的世代。 "
            f"{published.source} is not made of a plain table and the server's own types: "
            f"{', '.join(name for (name,) in strange)}. Nothing was published; the former generation stays. "
            "Build it as a table with types of PostgreSQL."
        )
    found: dict[str, str] = dict(connection.execute(query, [published.source]).fetchall())
    missing = sorted(set(columns) - set(found))
    if missing:
        raise MinzhengError(
            f"{published.source} 缺少所发布的列，未发布，仍用原来的世代。 "
            f"{published.source} lacks columns that pub.{published.name} serves: {', '.join(missing)}. "
            "Nothing was published; the former generation stays."
        )
    return columns


def _typed(published: Published, columns: dict[str, str]) -> sql.Composed:
    """The source with its columns in their served types."""
    typed = [
        sql.SQL("{0}::{1} as {0}").format(sql.Identifier(c), sql.SQL(kind)) for c, kind in columns.items()
    ]
    return sql.SQL("select {} from {}").format(sql.SQL(", ").join(typed), _qualified(published.source))


def _hash(columns: Iterable[str]) -> sql.Composed:
    """A quick hash of the values as they are. Of keys the same that ``pub.note_news`` takes."""
    values = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("hash_record_extended(row({}), 0)").format(values)


def _held(published: Published, generation: int) -> sql.Composed:
    return sql.SQL(
        "select * from {target} where from_generation <= {generation}"
        " and (to_generation is null or to_generation > {generation})"
    ).format(target=sql.Identifier("pub", published.name), generation=sql.Literal(generation))


def _find_touched(
    connection: psycopg.Connection, published: Published, columns: dict[str, str], generation: int
) -> None:
    """Note the keys under which the source and a generation do not hold the same rows.

    The one step that reads every row, where it is not known what was written. It hashes values where
    they stand, several times faster than their text, and sorts nothing; a change of a row goes
    unseen once in 2^64.
    """
    connection.execute(
        sql.SQL("""
            insert into pg_temp.publish_touched
            select distinct {name}, key_hash
            from (
                select {key_hash} as key_hash, {row_hash} as row_hash, 1 as surplus from ({typed}) as typed
                union all
                select {key_hash}, {row_hash}, -1 from ({held}) as held
            ) as both_sides
            group by key_hash, row_hash
            having sum(surplus) <> 0
        """).format(
            name=sql.Literal(published.name),
            key_hash=_hash(published.key),
            row_hash=_hash(columns),
            typed=_typed(published, columns),
            held=_held(published, generation),
        )
    )


def _noted(connection: psycopg.Connection, notes: str) -> set[str]:
    """The served tables of which anything is noted; most days leave most of them alone."""
    query = sql.SQL("select distinct relation from {}").format(sql.Identifier("pg_temp", notes))
    return {name for (name,) in connection.execute(query).fetchall()}


def _touched(published: Published) -> sql.Composed:
    return sql.SQL(
        "{key_hash} in (select key_hash from pg_temp.publish_touched where relation = {name})"
    ).format(key_hash=_hash(published.key), name=sql.Literal(published.name))


def _wanted(published: Published, columns: dict[str, str]) -> sql.Composed:
    """The touched rows of the source as they shall be served: row_key, row_hash, and the columns."""
    key: list[sql.Composable] = [sql.Identifier(column) for column in published.key]
    if published.is_numbered:
        key.append(
            sql.SQL("row_number() over (partition by {} order by row_hash)").format(sql.SQL(", ").join(key))
        )
    row_key = sql.SQL("{}::text" if len(key) == 1 else "json_build_array({})::text")
    return sql.SQL("""
        select {row_key} as row_key, hashed.*
        from (
            select md5(row(chosen.*)::text)::uuid as row_hash, chosen.*
            -- the fence keeps the text of a row from being made before it is chosen
            from (select * from ({typed}) as typed where {touched} offset 0) as chosen
        ) as hashed
    """).format(
        row_key=row_key.format(sql.SQL(", ").join(key)),
        typed=_typed(published, columns),
        touched=_touched(published),
    )


def _stage(connection: psycopg.Connection, published: Published, columns: dict[str, str]) -> None:
    """Keep the touched rows of the source as they shall be served: read once, compared and written from here."""
    connection.execute(sql.SQL("drop table if exists {}").format(_staged(published)))
    connection.execute(
        sql.SQL("create temp table {} on commit drop as {}").format(
            _staged(published), _wanted(published, columns)
        )
    )
    connection.execute(sql.SQL("analyze {}").format(_staged(published)))


def _staged(published: Published) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"publish_{published.name}")


def _compare(connection: psycopg.Connection, published: Published) -> None:
    """Note the rows in which the source differs from the newest generation, under the keys touched."""
    connection.execute(
        sql.SQL("""
            insert into pg_temp.publish_change
            select
                {name},
                coalesce(wanted.row_key, held.row_key),
                wanted.row_key is not null,
                held.row_key is not null
            from {staged} as wanted
            full join (select row_key, row_hash from {target} where to_generation is null and {touched}) as held
                on held.row_key = wanted.row_key
            where wanted.row_hash is distinct from held.row_hash
        """).format(
            name=sql.Literal(published.name),
            staged=_staged(published),
            target=sql.Identifier("pub", published.name),
            touched=_touched(published),
        )
    )


def _write(
    connection: psycopg.Connection, published: Published, columns: dict[str, str], generation: int
) -> tuple[int, int]:
    """End the rows that changed or vanished, open those that are new or changed: (opened, closed)."""
    names = {
        "name": sql.Literal(published.name),
        "target": sql.Identifier("pub", published.name),
        "generation": sql.Literal(generation),
    }
    closed = connection.execute(
        sql.SQL("""
            update {target} as held
            set to_generation = {generation}
            from pg_temp.publish_change as change
            where change.relation = {name}
                and change.closes
                and held.row_key = change.row_key
                and held.to_generation is null
        """).format(**names)
    ).rowcount
    column_names = sql.SQL(", ").join(map(sql.Identifier, columns))
    opened = connection.execute(
        sql.SQL("""
            insert into {target} (row_key, row_hash, from_generation, {columns})
            select row_key, row_hash, {generation}, {columns}
            from {staged}
            where row_key in (
                select row_key from pg_temp.publish_change where relation = {name} and opens
            )
        """).format(**names, columns=column_names, staged=_staged(published))
    ).rowcount
    _renew_statistics(connection, published, opened + closed)
    return opened, closed


def _renew_statistics(connection: psycopg.Connection, published: Published, written: int) -> None:
    """After a large change the planner's picture of a table is wrong until it is analysed."""
    row = connection.execute(
        "select reltuples from pg_class where oid = %s::regclass", [f"pub.{published.name}"]
    ).fetchone()
    known_rows = max(row[0], 0) if row else 0
    if written > LARGE_CHANGE * known_rows:
        connection.execute("select pub.renew_statistics(%s::regclass)", [f"pub.{published.name}"])
