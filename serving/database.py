"""Calls of ``api_v1`` as the role that may do nothing else."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from ingestion.session import settle
from serving.tracing import application_name
from warehouse.database.chosen import known_warehouse
from warehouse.database.connection import Warehouse
from warehouse.database.settings import Settings

# Function: its parameters with their types. One call is one transaction.
FUNCTIONS = {
    "verify": ("jsonb",),
    "marriage_status": ("jsonb",),
    "eldercare_stay": ("jsonb",),
    "get_report": ("text", "text", "text"),
    "report_matches": ("text", "text"),
    "submit_batch": ("jsonb", "text"),
    "advance_batches": (),
    "batch_page": ("uuid", "integer", "integer"),
    "client_tokens": ("text[]",),
    "claim_callback": (),
    "settle_callback": ("uuid", "text"),
    "draw_requests": ("text", "text", "integer", "integer"),
}
SOURCES = """
select coalesce(json_agg(freshness order by feed), '[]')::text from api_v1.source_freshness as freshness
"""
# A serializable transaction that met another: asked again, it is answered.
SERIALIZATION_FAILURE = "40001"


class Database:
    """A pool of connections that speak as ``approval_api``.

    The login should be a member of that role and of no other. A superuser (the embedded server
    has no other login) lays its rights down on every connection. find: asked anew for each connection,
    as an embedded server comes back on another port.
    """

    def __init__(self, find: Callable[[], Warehouse], connections: int = 10) -> None:
        self.engine = engine_of("approval_api", find, connections)

    @classmethod
    def from_settings(cls, chosen: Settings) -> "Database":
        return cls(lambda: known_warehouse(chosen), chosen.api_connections)

    def call(self, function: str, *values: str | None, client: str = "") -> Any:
        """What a function of api_v1 answers; the log names the client. Raises SQLAlchemyError.

        One call is one transaction, so one that did not come about may be asked once more.
        """
        try:
            return self._call(function, values, client)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != SERIALIZATION_FAILURE:
                raise
        return self._call(function, values, client)

    def _call(self, function: str, values: tuple[str | None, ...], client: str) -> Any:
        slots = ", ".join(f"cast(:v{place} as {kind})" for place, kind in enumerate(FUNCTIONS[function]))
        with self.engine.connect() as connection:
            return connection.execute(
                text(
                    "with told as materialized (select set_config('minzheng.client', :client, true),"
                    " set_config('application_name', :session, true))"
                    f" select api_v1.{function}({slots}) from told"
                ),
                {f"v{place}": value for place, value in enumerate(values)}
                | {"client": client, "session": application_name("rest")},
            ).scalar_one()

    def tokens(self, used: list[str]) -> list[dict[str, Any]]:
        """The tokens of clients, each with its SHA-256, its client and why it is refused; notes which were used."""
        found: list[dict[str, Any]] = self.call("client_tokens", f"{{{','.join(used)}}}")
        return found

    def draw(self, kind: str, client: str, per_minute: int, wanted: int) -> tuple[int, float]:
        """How many requests of the client's are granted, and how many seconds until one is."""
        drawn = self.call("draw_requests", kind, client, str(per_minute), str(wanted))
        return drawn["granted"], drawn["wait_seconds"]

    def sources(self) -> str:
        """The freshness of all sources, as JSON."""
        with self.engine.connect() as connection:
            return str(connection.execute(text(SOURCES)).scalar_one())


def speak_for(connection: Any, client: str) -> None:
    """From now on the connection asks as the REST service does for this client; only a door may."""
    _lay_down_rights(connection, "approval_api")
    connection.execute("select set_config('minzheng.client', %s, false)", [client])


def engine_of(role: str, find: Callable[[], Warehouse], connections: int) -> Engine:
    """A pool of connections that speak as a role, each statement for itself; find: asked anew for each."""
    engine = create_engine(
        "postgresql+psycopg://",
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
    )

    def go_there(_: Any, __: Any, ___: Any, parameters: dict[str, Any]) -> None:
        parameters.update(find().parameters)

    event.listen(engine, "do_connect", go_there)
    event.listen(engine, "connect", lambda connection, _: _lay_down_rights(connection, role))
    return engine


def _lay_down_rights(connection: Any, role: str) -> None:
    """Time limits of the server or the login stay: nobody waits for ever for an answer."""
    settle(connection, keeps_limits=True)
    is_superuser = connection.execute("select rolsuper from pg_roles where rolname = session_user").fetchone()
    if is_superuser == (True,):
        connection.execute(f"set session authorization {role}")
    connection.commit()
