"""Rows of a table or query of another system, as text, in one transaction that changes nothing there."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from ingestion.errors import SourceError
from ingestion.parquet_table import plain_text
from ingestion.pulling.mark import Mark, mark_of
from ingestion.pulling.server import Source
from ingestion.pulling.sign_in import SignIn

ROWS_AT_ONCE = 5000
CONNECT_SECONDS = 15
# Sets a session up by dialect, before its only transaction: what is read is of one moment where the system can do
# that, and nothing is locked. SQL Server reads what is committed; there, and of systems not named here, the number of
# rows told before is compared with those read.
SESSIONS = {
    "postgresql": (
        "set transaction isolation level repeatable read, read only",
        "set local statement_timeout = {milliseconds}",
    ),
    "mysql": (
        "set session transaction isolation level repeatable read",
        "set session max_execution_time = {milliseconds}",
        "start transaction with consistent snapshot, read only",
    ),
    "mariadb": (
        "set session transaction isolation level repeatable read",
        "set session max_statement_time = {seconds}",
        "start transaction with consistent snapshot, read only",
    ),
    "oracle": ("set transaction read only",),
    "mssql": ("set transaction isolation level read committed",),
}


@dataclass(frozen=True)
class Told:
    """What the source says of the rows asked for, in the transaction that reads them. without_cursor: rows whose
    cursor is empty, which come with every extraction."""

    rows: int
    reached: Mark | None
    without_cursor: int


class Table:
    """The rows of one extraction. lower, upper: of the cursor, both included; null where there is no bound."""

    def __init__(
        self,
        connection: sa.Connection,
        source: Source,
        headers: Sequence[str],
        lower: Mark | None,
        upper: Mark | None,
    ) -> None:
        self._connection = connection
        self._source = source
        self._headers = headers
        self._lower, self._upper = lower, upper

    def told(self) -> Told:
        selected: list[sa.ColumnElement[Any]] = [sa.func.count()]
        if self._source.cursor:
            cursor: sa.ColumnClause[Any] = sa.column(self._source.cursor.column)
            selected += [sa.func.max(cursor), sa.func.count() - sa.func.count(cursor)]
        with _told_by(self._source):
            rows, *of_cursor = self._connection.execute(self._of(selected)).one()
        reached, without = of_cursor or (None, 0)
        name = self._source.cursor.column if self._source.cursor else ""
        return Told(rows, mark_of(reached, name), without)

    def batches(self) -> Iterator[list[list[str | None]]]:
        """Columns of texts, some thousand rows at once."""
        statement = self._of([sa.column(header) for header in self._headers])
        with _told_by(self._source):
            result = self._connection.execution_options(
                stream_results=True, max_row_buffer=ROWS_AT_ONCE
            ).execute(statement)
            for rows in result.partitions(ROWS_AT_ONCE):
                yield [
                    [self._text(value, header) for value in values]
                    for header, values in zip(self._headers, zip(*rows, strict=True), strict=True)
                ]

    def columns(self) -> list[str]:
        """All that the table or query has, asked without reading a row."""
        statement = sa.select(sa.text("*")).select_from(self._rows()).where(sa.false())
        with _told_by(self._source):
            return list(self._connection.execute(statement).keys())

    def _of(self, selected: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
        statement = sa.select(*selected).select_from(self._rows())
        if self._source.cursor is None or (self._lower is None and self._upper is None):
            return statement
        cursor: sa.ColumnClause[Any] = sa.column(self._source.cursor.column)
        bounds = []
        if self._lower is not None:
            bounds.append(cursor >= self._lower)
        if self._upper is not None:
            bounds.append(cursor <= self._upper)
        # A row that tells no time is in no span of time: else it would come with full extractions alone.
        return statement.where(sa.or_(sa.and_(*bounds), cursor.is_(None)))

    def _rows(self) -> sa.FromClause:
        if self._source.table is not None:
            return sa.table(self._source.table, schema=self._source.schema)
        return sa.text(self._source.query or "").columns().subquery("source")

    def _text(self, value: Any, header: str) -> str | None:
        if isinstance(value, (bytes, memoryview)):
            held = bytes(value)
            if len(held) == 1 and held in (b"\0", b"\1"):  # MySQL's BIT(1)
                return str(held[0])
            raise SourceError(
                f"{self._source.name}: 列 {header} 是二进制内容，不能取。 "
                f"Column {header} holds bytes. Write a query that makes text of it, or leave it out."
            )
        return plain_text(value)


@contextmanager
def opened(source: Source, sign_in: SignIn) -> Iterator[sa.Connection]:
    """One read-only transaction. Raises SourceError."""
    is_oracle = source.dialect.startswith("oracle")
    with _told_by(source):
        address = sa.URL.create(
            source.dialect,
            sign_in.user,
            sign_in.secret,
            source.host,
            source.port,
            None if is_oracle else source.database,
            {"service_name": source.database} if is_oracle else {},
        )
        engine = sa.create_engine(
            address,
            poolclass=sa.NullPool,
            connect_args=connect_args(source, sign_in),
            hide_parameters=True,
        )
    try:
        with _told_by(source):
            connection = engine.connect()
        with connection:
            name = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
            with _told_by(source):
                for statement in SESSIONS.get(name, ()):
                    connection.exec_driver_sql(
                        statement.format(
                            seconds=source.statement_seconds, milliseconds=source.statement_seconds * 1000
                        )
                    )
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def connect_args(source: Source, sign_in: SignIn) -> dict[str, Any]:
    """How the driver of a dialect is told of time limits, and of the authority that signed the certificate."""
    driver = source.dialect
    if driver == "postgresql+psycopg":
        checked = {"sslmode": "verify-full", "sslrootcert": sign_in.authority or "system"}
        return {"connect_timeout": CONNECT_SECONDS, **(checked if source.checks_tls else {})}
    if driver == "mysql+pymysql":
        checks = {"ssl": ssl.create_default_context(cafile=sign_in.authority or None)}
        limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": source.statement_seconds}
        return {"charset": "utf8mb4", **limits, **(checks if source.checks_tls else {})}
    if driver == "oracle+oracledb":
        return {"protocol": "tcps", "ssl_server_dn_match": True} if source.checks_tls else {}
    return {}


@contextmanager
def _told_by(source: Source) -> Iterator[None]:
    """Of an error its kind alone: the words of a driver may hold a row."""
    try:
        yield
    except DBAPIError as error:
        code = _code(error.orig)
        raise SourceError(
            f"{source.name}: 来源数据库出错（{type(error.orig).__name__}{code}），未取得交付。 "
            f"The source's database failed ({type(error.orig).__name__}{code}). Nothing was delivered. Ask "
            "with `minzheng pull --dry-run`, then try again."
        ) from None
    except (NoSuchModuleError, ImportError):
        raise SourceError(
            f"{source.name}: 没有 {source.dialect} 的驱动。 "
            f"The driver of {source.dialect} is not installed. Install it beside the program "
            "(docs/pulling.md names those that were tried)."
        ) from None
    except SQLAlchemyError as error:
        raise SourceError(
            f"{source.name}: 无法读取（{type(error).__name__}）。 Could not be read ({type(error).__name__})."
        ) from None


def _code(error: BaseException | None) -> str:
    """A driver's number of its error, which is its first argument, or its SQLSTATE."""
    first = error.args[0] if error is not None and error.args else None
    code = first if isinstance(first, int) else getattr(error, "sqlstate", None)
    return f" {code}" if code else ""
