"""One way to the database for every command."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from warehouse.config import settings
from warehouse.errors import MinzhengError, UsageError
from warehouse.server import EmbeddedServer, running_server

ROLE_OPTION = "-crole="


@contextmanager
def database_url() -> Iterator[str]:
    """The server named by ``MINZHENG_DATABASE_URL``, else the embedded one, running while inside."""
    named = settings().database_url
    if named:
        try:
            make_url(named)
        except ArgumentError:
            raise UsageError(
                "MINZHENG_DATABASE_URL is no database address. It looks like "
                "postgresql://user:password@host:5432/database."
            ) from None
        with connect(named):
            pass  # say clearly that it cannot be reached, before anybody else does less clearly
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
        raise MinzhengError("No embedded database yet: run `minzheng run --inbox DIR` or `minzheng demo`.")
    return server.url


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection]:
    """A psycopg connection; committed at the end, rolled back on an error."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = psycopg.connect(plain, application_name="minzheng")
    except psycopg.OperationalError as error:
        place = conninfo_to_dict(plain)
        raise MinzhengError(
            f"Cannot reach PostgreSQL at {place.get('host')}:{place.get('port', 5432)} "
            f"({type(error).__name__}). Check MINZHENG_DATABASE_URL and that the server runs."
        ) from None
    with connection:
        yield connection


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
    place = make_url(url)
    options = f"{place.query.get('options', '')} {ROLE_OPTION}{role}".strip()
    place = place.update_query_dict({"options": options})
    return place.render_as_string(hide_password=False)


def role_of(url: str) -> str:
    """The role of `acting_as`; empty where sessions are the login itself."""
    options = str(make_url(url).query.get("options", ""))
    return options.rpartition(ROLE_OPTION)[2] if ROLE_OPTION in options else ""


def engine(url: str) -> Engine:
    """A SQLAlchemy engine on psycopg 3 (a bare ``postgresql://`` is ambiguous).

    Without a pool: commands are short, and a session left behind holds up whoever wants the
    database for itself (a restore, a copy).
    """
    driver = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(driver, hide_parameters=True, poolclass=NullPool)


@contextmanager
def exclusive(url: str, name: str) -> Iterator[None]:
    """Only one program at a time inside, over all machines; the others wait their turn."""
    with connect(url) as connection:
        connection.autocommit = True
        connection.execute("select pg_advisory_lock(hashtext(%s))", [name])
        yield
