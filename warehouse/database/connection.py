"""One way to the database for every command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from ingestion.session import PLUGIN, ROLE, settle
from ingestion.turns import take_turn
from warehouse.database.errors import MinzhengError, UsageError

OLDEST_VERSION = 15
ENCODING = "UTF8"
SERVICE = "minzheng"  # the name of the connection in a service file
MAY_ACT = """
select not rolsuper and pg_catalog.pg_has_role(session_user, pg_catalog.to_regrole(%s), 'member')
from pg_catalog.pg_roles where rolname = session_user
"""


@dataclass(frozen=True)
class Warehouse:
    """A database, and the role that its sessions act as (empty: they are the login itself).

    The address may hold a password: it is never shown, and leaves only where a library wants one.
    """

    address: str = field(repr=False)
    role: str = ""

    def acting_as(self, role: str) -> "Warehouse":
        """Every session is the role: a step has its rights and no others, and what it makes belongs to it.
        Unchanged for an administrator or a login without the role."""
        with self.session() as connection:
            return replace(self, role=role) if _may_act(connection, role) else self

    def at(self, **parts: str) -> "Warehouse":
        """The same but for some parts of its address: database, username, password, host."""
        address = make_url(self.address).set(**parts)  # type: ignore[arg-type]
        return replace(self, address=address.render_as_string(hide_password=False))

    @contextmanager
    def connect(self, role: str = "") -> Iterator[psycopg.Connection]:
        """A psycopg connection, settled; committed at the end, rolled back on an error.

        role: it acts as, where it may (`acting_as`).
        """
        with self.session() as connection:
            settle(connection, role if role and _may_act(connection, role) else self.role)
            yield connection

    def session(self) -> psycopg.Connection:
        """A connection as the server gives it. Raises where there is none, or none that can be used."""
        place = self.parameters
        where = f"PostgreSQL at {place.get('host')}:{place.get('port', 5432)}"
        try:
            connection = psycopg.connect(make_conninfo(**{"application_name": "minzheng"} | place))
        except psycopg.OperationalError as error:
            raise MinzhengError(
                f"连不上 {where}，请核对 MINZHENG_DATABASE_URL，并确认数据库在运行。 "
                f"Cannot reach {where} ({type(error).__name__}). Check MINZHENG_DATABASE_URL and that the server "
                "runs."
            ) from None
        fault = _unfit(connection)
        if fault:
            connection.close()
            raise UsageError(f"{where} 不能用。 {where} cannot be used: {fault}")
        return connection

    def engine(self, role: str = "") -> Engine:
        """A SQLAlchemy engine on psycopg 3 (a bare ``postgresql://`` is ambiguous), its sessions settled; role
        as of `connect`.

        Without a pool: commands are short, and a session left behind holds up whoever wants the
        database for itself (a restore, a copy).
        """
        acts_as = self.acting_as(role).role if role else self.role
        driver = (
            make_url(self.address).set(drivername="postgresql+psycopg").update_query_dict({ROLE: acts_as})
        )
        return create_engine(driver, hide_parameters=True, poolclass=NullPool, plugins=[PLUGIN])

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Only one program at a time inside, over all machines; the others wait their turn (``take_turn``)."""
        with self.connect() as connection:
            take_turn(connection, name)
            yield

    @property
    def parameters(self) -> dict[str, str]:
        """The address in the words of libpq (host, port, user, password, dbname, sslmode ...), as far as it says."""
        place = make_url(self.address).set(drivername="postgresql")
        given = conninfo_to_dict(place.render_as_string(hide_password=False))
        return {name: str(value) for name, value in given.items()}

    @property
    def environment(self) -> dict[str, str]:
        """For PostgreSQL's own programs, as the variables of their environment: arguments can be read by every
        account of the machine."""
        variables = {option.keyword.decode(): option.envvar for option in Conninfo.get_defaults()}
        given = self.parameters.items()
        return {variable.decode(): value for name, value in given if (variable := variables[name])}

    def write_service_file(self, path: Path) -> None:
        """The connection as a service file (``PGSERVICEFILE``) of which only its owner reads a word."""
        lines = [f"[{SERVICE}]", *(f"{name}={value}" for name, value in self.parameters.items()), ""]
        unfinished = path.with_name(f"{path.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        unfinished.replace(path)


def _may_act(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute(MAY_ACT, [role]).fetchone() == (True,)


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
