"""How dbt's connections differ from those of its adapter: settled like all of ours, and silent about rows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg2
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.postgres import PostgresAdapter
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt_common.behavior_flags import BehaviorFlagRendered
from psycopg.errors import lookup

from ingestion.session import settle

# Faults found before a row is read: their words are about the statement. SQLSTATEs: a syntax error, a column,
# table, function or type that is not there or does not fit, a missing right.
ABOUT_THE_STATEMENT = (
    "42601", "42703", "42702", "42P01", "42883", "42725", "42803", "42804", "42846", "42501", "42P10",
)  # fmt: skip
LOGGER = AdapterLogger("Postgres")
NAMES = ("schema_name", "table_name", "column_name", "datatype_name", "constraint_name")


class Sessions(PostgresConnectionManager):
    """dbt keeps the words of an error in its log, on the console and in ``run_results.json``.

    place: the address of the warehouse in the words of libpq, all of them: a profile knows some, and without the
    others (``hostaddr``, ``channel_binding``) dbt would go elsewhere, or otherwise, than what judged the address.
    """

    place: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def open(cls, connection: Any) -> Any:
        if connection.state == "open":
            return connection
        credentials = connection.credentials
        usual = {
            "application_name": credentials.application_name,
            "connect_timeout": credentials.connect_timeout,
        }
        opened = cls.retry_connection(
            connection,
            connect=lambda: psycopg2.connect(**{**usual, **cls.place}),
            logger=LOGGER,
            retryable_exceptions=[psycopg2.OperationalError],
            retry_limit=credentials.retries,
        )
        opened.handle.set_client_encoding("UTF8")  # the driver must know, too
        settle(opened.handle, opened.credentials.role or "")
        return opened

    def release(self) -> None:
        """Kept for the thread's next node, until the command ends: a new session costs the server more than
        most statements of a small town, and reads the catalogue anew."""
        connection = self.get_if_exists()
        if connection is None or connection.state != "open" or connection.handle.closed:
            super().release()
        elif connection.transaction_open:
            self._rollback(connection)
        else:
            connection.handle.rollback()  # begun by the driver

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        with super().exception_handler(sql):
            try:
                yield
            except psycopg2.DatabaseError as error:
                raise psycopg2.DatabaseError(without_row(error)) from None


def without_row(error: psycopg2.Error) -> str:
    """The kind of an error and the names it gives, never the words in which a row may stand."""
    state = error.pgcode or "none"
    try:
        kind = lookup(state).__name__
    except KeyError:
        kind = type(error).__name__
    told = [f"{kind} (SQLSTATE {state})"]
    told += [
        f"{name.removesuffix('_name')} {value}" for name in NAMES if (value := getattr(error.diag, name))
    ]
    if state in ABOUT_THE_STATEMENT:
        told.append(error.diag.message_primary or "")
    return ", ".join(told)


def use_our_sessions(place: Mapping[str, str]) -> None:
    """From now on dbt connects this way, to this place (`Warehouse.parameters`)."""
    Sessions.place = place
    PostgresAdapter.ConnectionManager = Sessions
    # Who set a flag of dbt's behaviour: it would read the source of the whole stack, for each flag of each command.
    BehaviorFlagRendered._default_source = staticmethod(lambda: PostgresAdapter.__module__)  # type: ignore[method-assign]
