"""One way to the database for every command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from ingestion.session import PLUGIN, ROLE, settle
from ingestion.turns import take_turn
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.server import OLDEST_VERSION, EmbeddedServer, running_server
from warehouse.database.settings import settings

ENCODING = "UTF8"
SERVICE = "minzheng"  # the name of the connection in a service file


@contextmanager
def database_url() -> Iterator[str]:
    """The server named by ``MINZHENG_DATABASE_URL``, else the embedded one, running while inside.

    Raises, before anything is begun, where the server cannot be reached or is none that can be used.
    """
    named = settings().database_url
    if named:
        try:
            make_url(named)
        except ArgumentError:
            raise UsageError(
                "MINZHENG_DATABASE_URL 不是数据库地址。 "
                "MINZHENG_DATABASE_URL is no database address. It looks like "
                "postgresql://user:password@host:5432/database."
            ) from None
        _refuse_shared_sessions(named)
        yield named
    else:
        with running_server(settings().home) as url:
            yield url


def known_url() -> str:
    """The URL without starting anything; raises where no embedded server has been made yet."""
    if settings().database_url:
        return settings().database_url
    server = EmbeddedServer(settings().home)
    if not server.port_file.exists():
        raise MinzhengError(
            "还没有内置数据库。 No embedded database yet: run `minzheng run --inbox DIR` or `minzheng demo`."
        )
    return server.url


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection]:
    """A psycopg connection, settled; committed at the end, rolled back on an error."""
    with _opened(url) as connection:
        settle(connection, role_of(url))
        yield connection


def _opened(url: str) -> psycopg.Connection:
    """A connection as the server gives it. Raises where there is none, or none that can be used."""
    place = connection_parameters(url)
    where = f"PostgreSQL at {place.get('host')}:{place.get('port', 5432)}"
    try:
        connection = psycopg.connect(make_conninfo(**{"application_name": "minzheng"} | place))
    except psycopg.OperationalError as error:
        raise MinzhengError(
            f"连不上 {where}，请核对 MINZHENG_DATABASE_URL，并确认数据库在运行。 "
            f"Cannot reach {where} ({type(error).__name__}). Check MINZHENG_DATABASE_URL and that the server runs."
        ) from None
    fault = _unfit(connection)
    if fault:
        connection.close()
        raise UsageError(f"{where} 不能用。 {where} cannot be used: {fault}")
    return connection


def _unfit(connection: psycopg.Connection) -> str:
    """Why this server or database will not do; empty where it will. What it told at the start is enough."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != ENCODING:
        return (
            f"the database {connection.info.dbname} has the encoding {encoding}, and names need {ENCODING}. "
            f"Make one with `create database ... encoding '{ENCODING}' template template0`."
        )
    version = connection.info.server_version // 10000
    return (
        "" if version >= OLDEST_VERSION else f"it is version {version}, and {OLDEST_VERSION} is the oldest."
    )


def _refuse_shared_sessions(url: str) -> None:
    """A pooler that gives a session to another after each transaction would mix up locks, roles and settings."""
    with _opened(url) as first:
        first.autocommit = True
        if first.info.backend_pid == _backend(first):
            return  # no pooler: the server itself answers
        with _opened(url) as second:
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


def acting_as(url: str, role: str) -> str:
    """The address at which every session is the role: a step has its rights and no others, and what
    it makes belongs to it. The address as it is for an administrator or a login without the role."""
    with connect(url) as connection:
        row = connection.execute(
            "select not rolsuper and pg_has_role(session_user, to_regrole(%s), 'member')"
            " from pg_roles where rolname = session_user",
            [role],
        ).fetchone()
    if row != (True,):
        return url
    return make_url(url).update_query_dict({ROLE: role}).render_as_string(hide_password=False)


def role_of(url: str) -> str:
    """The role of `acting_as`; empty where sessions are the login itself."""
    return str(make_url(url).query.get(ROLE, ""))


def connection_parameters(url: str) -> dict[str, str]:
    """The address in the words of libpq (host, port, user, password, dbname, sslmode ...), as far as it says."""
    place = make_url(url).set(drivername="postgresql").difference_update_query([ROLE])
    given = conninfo_to_dict(place.render_as_string(hide_password=False))
    return {name: str(value) for name, value in given.items()}


def engine(url: str) -> Engine:
    """A SQLAlchemy engine on psycopg 3 (a bare ``postgresql://`` is ambiguous), its sessions settled.

    Without a pool: commands are short, and a session left behind holds up whoever wants the
    database for itself (a restore, a copy).
    """
    driver = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(driver, hide_parameters=True, poolclass=NullPool, plugins=[PLUGIN])


def client_environment(url: str) -> dict[str, str]:
    """The connection for PostgreSQL's own programs, as the variables of their environment: arguments can be
    read by every account of the machine."""
    variables = {option.keyword.decode(): option.envvar for option in Conninfo.get_defaults()}
    given = connection_parameters(url).items()
    return {variable.decode(): value for name, value in given if (variable := variables[name])}


def write_service_file(url: str, path: Path) -> None:
    """The connection as a service file (``PGSERVICEFILE``) of which only its owner reads a word."""
    lines = [f"[{SERVICE}]", *(f"{name}={value}" for name, value in connection_parameters(url).items()), ""]
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    unfinished.replace(path)


@contextmanager
def exclusive(url: str, name: str) -> Iterator[None]:
    """Only one program at a time inside, over all machines; the others wait their turn (``take_turn``)."""
    with connect(url) as connection:
        take_turn(connection, name)
        yield
