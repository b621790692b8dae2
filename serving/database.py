"""Calls of ``api_v1`` as the role that may do nothing else."""

from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from warehouse.config import Settings
from warehouse.database import known_url

# Function: its parameters with their types. One call is one transaction.
FUNCTIONS = {
    "verify": ("jsonb",),
    "marriage_status": ("jsonb",),
    "eldercare_stay": ("jsonb",),
    "get_report": ("text", "text", "text"),
    "submit_batch": ("jsonb",),
    "advance_batch": ("uuid",),
    "batch": ("uuid",),
}
SOURCES = """
select coalesce(json_agg(freshness order by feed), '[]')::text from api_v1.source_freshness as freshness
"""


class Database:
    """A pool of connections that speak as ``approval_api``.

    The login should be a member of that role and of no other. A superuser (the embedded server
    has no other login) lays its rights down on every connection.
    """

    def __init__(self, url: str, connections: int = 8) -> None:
        self.engine: Engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
        )
        event.listen(self.engine, "connect", _lay_down_rights)

    @classmethod
    def from_settings(cls, chosen: Settings) -> "Database":
        return cls(chosen.database_url or known_url())

    def call(self, function: str, *values: str | None, client: str = "") -> Any:
        """What a function of api_v1 answers; the log names the client. Raises SQLAlchemyError."""
        slots = ", ".join(f"cast(:v{place} as {kind})" for place, kind in enumerate(FUNCTIONS[function]))
        with self.engine.connect() as connection:
            return connection.execute(
                text(
                    "with told as materialized (select set_config('minzheng.client', :client, true))"
                    f" select api_v1.{function}({slots}) from told"
                ),
                {f"v{place}": value for place, value in enumerate(values)} | {"client": client},
            ).scalar_one()

    def sources(self) -> str:
        """The freshness of all sources, as JSON."""
        with self.engine.connect() as connection:
            return str(connection.execute(text(SOURCES)).scalar_one())


def _lay_down_rights(connection: Any, _: Any) -> None:
    is_superuser = connection.execute("select rolsuper from pg_roles where rolname = session_user").fetchone()
    if is_superuser == (True,):
        connection.execute("set session authorization approval_api")
    connection.commit()
