"""For what somebody looks at people: stated each time, from the code list that verification uses."""

from collections.abc import Iterable

import psycopg
from psycopg.types.json import Jsonb

from warehouse.database.errors import UsageError
from warehouse.database.settings import settings


def stated_purpose(connection: psycopg.Connection, purpose: str | None) -> str:
    """The purpose given, else that of the settings (``MINZHENG_PURPOSE``).

    Raises UsageError, before anything is shown, for one that is not on the list (seed ``verification_code``)
    and where nothing is published yet.
    """
    row = connection.execute("select api_v1.purposes()").fetchone()
    known: list[str] = row[0] if row else []
    given = purpose or settings().purpose
    if given in known:
        return given
    if not known:
        raise UsageError("Nothing is published yet: `minzheng run --inbox DIR` comes first.")
    raise UsageError(
        "What is read of people is logged with its purpose: --purpose (or the setting MINZHENG_PURPOSE) is one of "
        f"{', '.join(known)}. Nothing was shown."
    )


def note_lookup(
    connection: psycopg.Connection,
    operation: str,
    purpose: str,
    asked: dict[str, str],
    residents: Iterable[int],
) -> None:
    """Log that the login was told of these residents. asked: what was looked up, without personal values."""
    connection.execute(
        "select api_v1.note_lookup(%s, %s, %s, %s)",
        [operation, purpose, Jsonb(asked), sorted(set(residents))],
    )
