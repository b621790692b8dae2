"""``ops.line_version``: the content landed last of every business key, to tell what a line repeats.
What is held or withdrawn is not in use and so is repeated by nothing.

Made from ``raw.<feed>`` when the feed's second delivery first asks, kept up to date from then on:
finding repeats costs what the delivery costs, however long the history.
"""

import psycopg
from psycopg import sql

from ingestion.contract import Contract
from ingestion.raw_table import key_terms, table

# Between the parts of a key; no delivered field holds it and means something.
UNIT_SEPARATOR = "\x1f"


def key_hash(contract: Contract, alias: str) -> sql.Composable:
    """64 bits of the business key. Two keys of one hash can hide a repeat, never invent one: the
    row hash covers the key too."""
    parts = sql.SQL(", ").join([sql.Literal(UNIT_SEPARATOR), *key_terms(contract, alias)])
    return sql.SQL("hashtextextended(concat_ws({}), 0)").format(parts)


def ensure(connection: psycopg.Connection, contract: Contract) -> None:
    """Make the versions of a feed from what has been landed, where there are none yet."""
    row = connection.execute(
        "select exists(select 1 from ops.line_version where feed = %s)", [contract.feed]
    ).fetchone()
    if row and row[0]:
        return
    query = """
        insert into ops.line_version (feed, key_hash, row_hash)
        select distinct on (key_hash) {feed}, key_hash, _row_hash
        from (
            select {key_hash} as key_hash, line._row_hash, line._line_number, delivery.landed_at
            from {raw} as line inner join ops.delivery as delivery on delivery.delivery_id = line._delivery_id
            where delivery.status not in ('held', 'withdrawn')
        ) as landed
        order by key_hash, landed_at desc, _line_number desc
    """
    connection.execute(
        sql.SQL(query).format(
            feed=sql.Literal(contract.feed), key_hash=key_hash(contract, "line"), raw=table(contract)
        )
    )


def forget(connection: psycopg.Connection, feed: str) -> None:
    """After lines were taken out of raw or of use: the next delivery makes the versions anew."""
    connection.execute("delete from ops.line_version where feed = %s", [feed])
