"""Lines landed before their length had a limit: no index takes them, so they stop whoever builds on them."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from ingestion.contract import LONGEST_FIELD, Column, Contract
from ingestion.raw_table import has_key, table


def overlong_lines(
    connection: psycopg.Connection, contracts: Mapping[str, Contract], most: int = 5
) -> list[str]:
    """``delivery D line N (header)`` of accepted deliveries, up to ``most``; no value."""
    found: list[str] = []
    for contract in (version for newest in contracts.values() for version in newest.versions):
        if len(found) < most and has_key(connection, contract):
            rows = connection.execute(_query(contract), [most - len(found)]).fetchall()
            found += [f"delivery {delivery} line {line} ({header})" for delivery, line, header in rows]
    return found


def _query(contract: Contract) -> sql.Composed:
    too_long = [
        sql.SQL("when {} then {}").format(_is_too_long(column), sql.Literal(column.header))
        for column in contract.columns
        if column.items or column.longest < LONGEST_FIELD
    ]
    return sql.SQL(
        "select _delivery_id, _line_number, header from ("
        "select _delivery_id, _line_number, case {} end as header from {}) as lines "
        "inner join ops.delivery on delivery_id = _delivery_id and status = 'accepted' "
        "where header is not null limit %s"
    ).format(sql.SQL(" ").join(too_long), table(contract))


def _is_too_long(column: Column) -> sql.Composed:
    """Of a list, whether one of the texts in it is longer than any may be."""
    name = sql.Identifier(column.name)
    if not column.items:
        return sql.SQL("char_length({}) > {}").format(name, sql.Literal(column.longest))
    longest = max(item.longest for item in column.items if item.longest < LONGEST_FIELD)
    return sql.SQL("{} ~ {}").format(name, sql.Literal(f'[^"]{{{longest}}}[^"]'))
