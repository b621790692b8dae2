"""The warehouse that the settings name, or else the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError, is_not_there
from warehouse.database.server import EmbeddedServer, running_server
from warehouse.database.settings import Settings, settings


@contextmanager
def open_warehouse() -> Iterator[Warehouse]:
    """The server named by ``MINZHENG_DATABASE_URL``, else the embedded one, running while inside.

    Raises, before anything is begun, where the server cannot be reached or is none that can be used; and in place
    of what a database lacks, that it is older than the program, where it is.
    """
    with _opened() as warehouse:
        try:
            yield warehouse
        except Exception as error:
            if not (is_not_there(error) and _is_older(warehouse)):
                raise
            raise UsageError(
                "数据库比程序旧，请先运行 `minzheng migrate`。 "
                "The database is older than this program: run `minzheng migrate` first."
            ) from None


def _is_older(warehouse: Warehouse) -> bool:
    from warehouse.database.migrate import is_older  # once something went wrong

    return is_older(warehouse)


@contextmanager
def _opened() -> Iterator[Warehouse]:
    if not settings().database_url:
        with running_server(settings().home) as embedded:
            yield embedded
        return
    try:
        make_url(settings().database_url)
    except ArgumentError:
        raise UsageError(
            "MINZHENG_DATABASE_URL 不是数据库地址。 "
            "MINZHENG_DATABASE_URL is no database address. It looks like "
            "postgresql://user:password@host:5432/database."
        ) from None
    named = Warehouse(settings().database_url)
    _refuse_shared_sessions(named)
    yield named


def known_warehouse(chosen: Settings) -> Warehouse:
    """The same without starting anything; raises where no embedded server has been made yet."""
    if chosen.database_url:
        return Warehouse(chosen.database_url)
    server = EmbeddedServer(chosen.home)
    if not server.port_file.exists():
        raise MinzhengError(
            "还没有内置数据库。 No embedded database yet: run `minzheng run --inbox DIR` or `minzheng demo`."
        )
    return server.warehouse


def _refuse_shared_sessions(warehouse: Warehouse) -> None:
    """A pooler that gives a session to another after each transaction would mix up locks, roles and settings."""
    with warehouse.session() as first:
        first.autocommit = True
        if first.info.backend_pid == _backend(first):
            return  # no pooler: the server itself answers
        with warehouse.session() as second:
            own, others = _backend(first), _backend(second)
            is_shared = own == others or {_backend(first), _backend(first)} != {own}
    if is_shared:
        raise UsageError(
            "MINZHENG_DATABASE_URL 指向的连接池让多个客户端共用会话，请用会话模式的连接池或数据库本身。 "
            "MINZHENG_DATABASE_URL leads to a pooler that shares a session among its clients (PgBouncer with "
            "pool_mode = transaction or statement). Name a pool with pool_mode = session, or the server itself."
        )


def _backend(connection: psycopg.Connection) -> int:
    """The process of the server that serves a connection now."""
    ((process,),) = connection.execute("select pg_catalog.pg_backend_pid()").fetchall()
    connection.commit()
    return int(process)
