"""Tables ``raw.<feed>``, made from the contract: text as received, append-only."""

import psycopg
from psycopg import sql

from ingestion.contract import Column, Contract

SYSTEM_COLUMNS = {
    "_delivery_id": ("text not null", "交付编号（ops.delivery）"),
    "_line_number": ("integer not null", "源文件中的行号"),
    "_row_hash": ("uuid not null", "契约各列内容的摘要"),
    "_is_repeat": ("boolean not null", "重复行：与该业务键前一版本逐字相同"),
}
ADDITIONS = {"_additions": ("text", "契约未列出的列，原样保留（JSON：表头到值）；敏感")}


def system_columns(contract: Contract) -> dict[str, tuple[str, str]]:
    """Definition and Chinese meaning of what stands beside the columns of the contract."""
    return SYSTEM_COLUMNS | (ADDITIONS if contract.keeps_additions else {})


def received_columns(contract: Contract) -> tuple[str, ...]:
    """What a line of the file fills."""
    return (*contract.column_names, *(ADDITIONS if contract.keeps_additions else ()))


def table(contract: Contract) -> sql.Identifier:
    return sql.Identifier("raw", contract.feed)


def column_comment(column: Column) -> str:
    """Chinese title, unit and remarks of a column, one line."""
    parts = [column.title]
    if column.unit:
        parts.append(f"单位：{column.unit}")
    if column.description:
        parts.append(column.description)
    return "；".join(parts)


def ensure_table(connection: psycopg.Connection, contract: Contract) -> None:
    """Create the table, or add the columns the contract has gained.

    The key comes with `add_key`, after the first load: building it once is much faster.
    """
    existing = {
        name
        for (name,) in connection.execute(
            "select attname from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [table(contract).as_string(connection)],
        ).fetchall()
    }
    if not existing:
        definitions = [sql.SQL("{} text").format(sql.Identifier(name)) for name in contract.column_names]
        definitions += [
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(definition))
            for name, (definition, _) in system_columns(contract).items()
        ]
        connection.execute(
            sql.SQL("create table {} ({})").format(table(contract), sql.SQL(", ").join(definitions))
        )
    added = [name for name in received_columns(contract) if name not in existing] if existing else []
    for name in added:
        connection.execute(
            sql.SQL("alter table {} add column {} text").format(table(contract), sql.Identifier(name))
        )
    if added or not existing:
        _comment(connection, contract)


def has_key(connection: psycopg.Connection, contract: Contract) -> bool:
    """Whether `add_key` has been run, which is so once anything has been landed."""
    row = connection.execute(
        "select exists(select 1 from pg_index where indrelid = to_regclass(%s) and indisprimary)",
        [table(contract).as_string(connection)],
    ).fetchone()
    return bool(row and row[0])


def is_empty(connection: psycopg.Connection, contract: Contract) -> bool:
    row = connection.execute(
        sql.SQL("select not exists (select 1 from {})").format(table(contract))
    ).fetchone()
    return bool(row and row[0])


def prepare_first_load(connection: psycopg.Connection, contract: Contract) -> None:
    """A table truncated in the transaction that fills it is written without WAL (wal_level minimal)."""
    connection.execute(sql.SQL("truncate {}").format(table(contract)))


def remove_lines(connection: psycopg.Connection, contract: Contract, delivery_id: str) -> None:
    """Of a held delivery that is landed again: no model has read them."""
    connection.execute(
        sql.SQL("delete from {} where _delivery_id = %s").format(table(contract)), [delivery_id]
    )


def add_key(connection: psycopg.Connection, contract: Contract) -> None:
    """Delivery and line name a row, and find it."""
    connection.execute(
        sql.SQL("alter table {} add primary key (_delivery_id, _line_number)").format(table(contract))
    )


def key_terms(contract: Contract, alias: str | None = None) -> list[sql.Composable]:
    """The business key as terms that compare equal; a part that may be empty counts as ''."""
    terms: list[sql.Composable] = []
    for name in contract.key:
        column = sql.Identifier(alias, name) if alias else sql.Identifier(name)
        terms.append(column if contract.column(name).required else sql.SQL("coalesce({}, '')").format(column))
    return terms


def _comment(connection: psycopg.Connection, contract: Contract) -> None:
    connection.execute(
        sql.SQL("comment on table {} is {}").format(
            table(contract), sql.Literal(f"{contract.title}（原样）：{contract.purpose}")
        )
    )
    comments = {column.name: column_comment(column) for column in contract.columns}
    comments |= {name: text for name, (_, text) in system_columns(contract).items()}
    for name, text in comments.items():
        connection.execute(
            sql.SQL("comment on column {}.{} is {}").format(
                table(contract), sql.Identifier(name), sql.Literal(text)
            )
        )
