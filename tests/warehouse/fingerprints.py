"""Content of tables compared: of two warehouses, or of what is served with where it comes from."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from warehouse.publishing.served import PUBLISHED, SPAN_COLUMNS, Published

# Which generation first showed a finding depends on when it was built, by design.
NOT_CONTENT = {"first_seen_generation"}


def fingerprints(connection: psycopg.Connection) -> dict[str, str]:
    """One digest of the content of every table of the layers."""
    tables = connection.execute(
        """
        select table_schema, table_name,
            array_agg(column_name::text order by ordinal_position)
        from information_schema.columns inner join information_schema.tables using (table_schema, table_name)
        -- What had news in a run is the run's affair.
        where table_schema in ('staging', 'intermediate', 'marts', 'rules') and table_type = 'BASE TABLE'
            and table_name not like 'int\_touched\_%'
            or (table_schema, table_name) in (
                ('ops', 'person_link'), ('ops', 'identity_review'), ('ops', 'identity_pair'),
                ('ops', 'identity_weighed'), ('ops', 'resident_name'), ('ops', 'holder_name')
            )
        group by table_schema, table_name
        """
    ).fetchall()
    digests = {}
    for schema, table, columns in tables:
        listed = sql.SQL(", ").join(sql.Identifier(column) for column in columns if column not in NOT_CONTENT)
        row = connection.execute(
            sql.SQL(
                "select md5(string_agg(line, '|' order by line)) from (select ({})::text as line from {}) as t"
            ).format(sql.SQL("row({})").format(listed), sql.Identifier(schema, table))
        ).fetchone()
        digests[f"{schema}.{table}"] = row[0]
    # An id in use; that of a new resident who turned out to be known is kept, and never given again.
    in_use = connection.execute(
        """
        select md5(string_agg(identities::text, '|' order by resident_id))
        from ops.resident_identity as identities
        where resident_id in (select resident_id from ops.person_link)
        """
    ).fetchone()
    digests["ops.resident_identity"] = in_use[0]
    return digests


def served_otherwise(
    connection: psycopg.Connection, tables: Iterable[Published] = PUBLISHED
) -> dict[str, int]:
    """By served table: rows served and not in the source, or in the source and not served, if any."""
    found = {}
    for published in tables:
        columns = connection.execute(
            "select array_agg(attname::text) from pg_attribute where attrelid = %s::regclass"
            " and attnum > 0 and not attisdropped and attname <> all(%s)",
            [f"pub.{published.name}", list(SPAN_COLUMNS)],
        ).fetchone()
        row = connection.execute(
            sql.SQL(
                """
                with source as (select row({columns})::text as line from {source}),
                served as (select row({columns})::text as line from {view})
                select (select count(*) from (table source except all table served) as missing)
                    + (select count(*) from (table served except all table source) as surplus)
                """
            ).format(
                columns=sql.SQL(", ").join(map(sql.Identifier, columns[0])),
                source=sql.Identifier(*published.source.split(".")),
                view=sql.Identifier("pub", f"current_{published.name}"),
            )
        ).fetchone()
        if row[0]:
            found[published.name] = row[0]
    return found
