"""Rows of a table or query of another system, as text, in one transaction that changes nothing there."""

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pyarrow
import pymysql
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from ingestion.errors import SourceError
from ingestion.parquet_table import plain_text
from ingestion.pulling.mark import Mark, mark_of, not_after
from ingestion.pulling.rows import NoText, columns
from ingestion.pulling.server import Cursor, DatabaseSource
from ingestion.pulling.sign_in import SignIn

TEXTS = {str, type(None)}
CONNECT_SECONDS = 15
# A number of an error, or an SQLSTATE.
CODE = re.compile(r"-?[0-9]{1,10}|[0-9A-Z]{5}", re.ASCII)
# Of columns that are repeated: PostgreSQL's names are no longer, Oracle's twice so.
MOST_NAMED, LONGEST_NAME = 100, 128
# Sets a session up by dialect, before its only transaction, so that nothing at the source is locked or changed and
# what is read is of one moment. SQL Server, and systems not named here, give what is committed while they are read.
SNAPSHOTS = {
    "postgresql": (
        "set transaction isolation level repeatable read, read only",
        "set local datestyle = iso",
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
}


@dataclass(frozen=True)
class Told:
    """What the source says of the rows asked for, before it gives them. without_cursor: rows whose cursor is empty,
    which come with every extraction; ahead: rows whose cursor lies after now, which do so too."""

    rows: int
    reached: Mark | None = None
    without_cursor: int = 0
    ahead: int = 0


class Table:
    """The rows of a database. lower, until: of the cursor, both included; null where there is no bound."""

    def __init__(
        self,
        connection: sa.Connection,
        source: DatabaseSource,
        lower: Mark | None = None,
        until: Mark | None = None,
    ) -> None:
        self._connection = connection
        self._source = source
        self._lower, self._until = lower, until

    @property
    def is_of_one_moment(self) -> bool:
        return _dialect(self._connection) in SNAPSHOTS

    def told(self, now: datetime) -> Told:
        cursor = self._source.cursor
        selected: list[sa.ColumnElement[Any]] = [sa.func.count()]
        if cursor is not None:
            value = _cursor(cursor)
            selected += [sa.func.max(value), sa.func.count() - sa.func.count(self._known())]
            if cursor.kind != "number":
                moment = now.replace(tzinfo=None) if cursor.kind == "time" else now.date()
                selected.append(sa.func.count(sa.case((value > moment, 1))))
        with _told_by(self._source):
            rows, *of_cursor = self._connection.execute(self._of(selected)).one()
        if cursor is None:
            return Told(rows)
        reached, without, *ahead = of_cursor
        mark = mark_of(reached, cursor.kind, cursor.column)
        return Told(rows, mark and not_after(mark, now), without, *ahead)

    def batches(self) -> Iterator[list[pyarrow.StringArray]]:
        """Columns of texts, some thousand rows at once."""
        with _told_by(self._source):
            yield from columns(self._connection, self._source.headers, self._of, self._texts)

    def additions(self) -> tuple[str, ...]:
        """The columns that the contract does not name, asked without reading a row. Raises SourceError where it names
        one that is not there."""
        statement = sa.select(sa.text("*")).select_from(self._rows()).where(sa.false())
        with _told_by(self._source):
            found = list(self._connection.execute(statement).keys())
        # Oracle's own names are in capitals, which SQLAlchemy writes small.
        same = str.casefold if _dialect(self._connection) == "oracle" else str
        there, named = {same(name) for name in found}, {same(header) for header in self._source.headers}
        missing = [header for header in self._source.headers if same(header) not in there]
        if missing:
            raise SourceError(
                f"{self._source.name}: 来源没有这些列：{'、'.join(missing)}。请核对契约的 physicalName。 "
                f"The source has no column {', '.join(missing)}. It has: {', '.join(_repeated(found))}. "
                "Mend physicalName in the contract, or begin a new version of it."
            )
        return _repeated([name for name in found if same(name) not in named])

    def _of(self, selected: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
        statement = sa.select(*selected).select_from(self._rows())
        cursor = self._source.cursor
        if cursor is None or (self._lower is None and self._until is None):
            return statement
        bounds = []
        if self._lower is not None:
            bounds.append(_cursor(cursor) >= self._lower)
        if self._until is not None:
            bounds.append(_cursor(cursor) <= self._until)
        # A row that tells no time is in no span of time: else it would come with full extractions alone.
        return statement.where(sa.or_(sa.and_(*bounds), self._known().is_(None)))

    def _known(self) -> sa.ColumnElement[Any]:
        """The cursor, null also where MySQL has a zero date, which is no day."""
        assert self._source.cursor is not None
        value = _cursor(self._source.cursor)
        if self._source.dialect.startswith("mysql") and self._source.cursor.kind != "number":
            return sa.func.nullif(value, sa.literal_column("0"))
        return value

    def _rows(self) -> sa.FromClause:
        if self._source.table is not None:
            return sa.table(self._source.table, schema=self._source.schema)
        return sa.text(self._source.query or "").columns().subquery("source")

    def _texts(self, values: Sequence[Any], header: str) -> Sequence[str | None]:
        if set(map(type, values)) <= TEXTS:
            return values
        return [self._text(value, header) for value in values]

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


def _cursor(cursor: Cursor) -> sa.ColumnClause[Any]:
    return sa.column(cursor.column)


def _dialect(connection: sa.Connection) -> str:
    return "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name


@contextmanager
def opened(source: DatabaseSource, sign_in: SignIn) -> Iterator[sa.Connection]:
    """One read-only transaction. Raises SourceError."""
    is_oracle = source.dialect.startswith("oracle")
    with _told_by(source):
        address = sa.URL.create(
            source.dialect,
            sign_in.user,
            sign_in.password,
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
            with _told_by(source):
                for statement in SNAPSHOTS.get(_dialect(connection), ()):
                    connection.exec_driver_sql(
                        statement.format(
                            seconds=source.statement_seconds, milliseconds=source.statement_seconds * 1000
                        )
                    )
                if _dialect(connection) == "oracle":
                    connection.connection.call_timeout = source.statement_seconds * 1000  # type: ignore[attr-defined]
            try:
                yield connection
            except BaseException:
                # What is broken, or in the middle of an answer, cannot be rolled back: it would fail again, in the
                # driver's words.
                connection.invalidate()
                raise
            connection.rollback()
    finally:
        engine.dispose()


def connect_args(source: DatabaseSource, sign_in: SignIn) -> dict[str, Any]:
    """How the driver of a dialect is told of time limits, and of the authority that signed the certificate."""
    driver = source.dialect
    if driver == "postgresql+psycopg":
        checked = {"sslmode": "verify-full", "sslrootcert": sign_in.authority or "system"}
        return {
            "connect_timeout": CONNECT_SECONDS,
            "client_encoding": "utf8",  # whatever the database's own is
            **(checked if source.checks_tls else {}),
        }
    if driver == "mysql+pymysql":
        limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": source.statement_seconds}
        checks = (
            {"ssl": ssl.create_default_context(cafile=sign_in.authority or None)} if source.checks_tls else {}
        )
        return {"charset": "utf8mb4", **limits, **checks}
    if driver == "oracle+oracledb":
        limits = {"tcp_connect_timeout": CONNECT_SECONDS}
        return (
            {"protocol": "tcps", "ssl_server_dn_match": True, **limits} if source.checks_tls else dict(limits)
        )
    if driver == "mssql+pymssql":
        return {"login_timeout": CONNECT_SECONDS, "timeout": source.statement_seconds}
    return {}


@contextmanager
def _told_by(source: DatabaseSource) -> Iterator[None]:
    """Of an error its kind alone: the words of a driver may hold a row."""
    try:
        yield
    except (DBAPIError, psycopg.Error, pymysql.MySQLError) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        what = f"{type(said).__name__}{_code(said)}"
        raise SourceError(
            f"{source.name}: 来源数据库出错（{what}），未取得交付。 "
            f"The source's database failed ({what}). Nothing was delivered. Ask with `minzheng pull --dry-run`, then "
            "try again."
        ) from None
    except NoText:
        raise SourceError(
            f"{source.name}: 有内容不是 UTF-8 文字，或一行过长，未取得交付。 "
            "Some of it is no text in UTF-8, or a row is longer than the server puts together (MySQL: "
            "max_allowed_packet). Nothing was delivered. Write a query that leaves it out or mends it."
        ) from None
    except (NoSuchModuleError, ImportError):
        raise SourceError(
            f"{source.name}: 没有 {source.dialect} 的驱动。 "
            f"The driver of {source.dialect} is not installed. Install it beside the program "
            "(docs/pulling.md names those that were tried)."
        ) from None
    except OSError as error:  # a file with certificates
        raise SourceError(
            f"{source.name}: 证书文件打不开（{error.strerror}）。 MINZHENG_SOURCE_AUTHORITY: {error.strerror}."
        ) from None
    except SQLAlchemyError as error:
        raise SourceError(
            f"{source.name}: 无法读取（{type(error).__name__}）。 Could not be read ({type(error).__name__})."
        ) from None


def _code(error: BaseException | None) -> str:
    """A driver's number of its error, which is its first argument, or its SQLSTATE; nothing where a server sent
    something else in its place."""
    first = error.args[0] if error is not None and error.args else None
    code = str(first if isinstance(first, int) else getattr(error, "sqlstate", ""))
    return f" {code}" if CODE.fullmatch(code) else ""


def _repeated(columns: Sequence[str]) -> tuple[str, ...]:
    """Names of columns as the source has them, as far as they can be shown: they are words of its own."""
    shown = [
        name if len(name) <= LONGEST_NAME and name.isprintable() else "…" for name in columns[:MOST_NAMED]
    ]
    return (*shown, *(["…"] if len(columns) > MOST_NAMED else []))
