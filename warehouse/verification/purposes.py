"""For what somebody looks at people: stated each time, from the code list that verification uses."""

from collections.abc import Iterable

import psycopg
from psycopg.types.json import Jsonb

from ingestion.office_files import code_of
from warehouse.database.errors import UsageError
from warehouse.database.settings import settings
from warehouse.seeds import code_titles

# Of an auditor, who needs none of the list.
NOT_STATED = {"audit": "审计"}


def purpose_titles() -> dict[str, str]:
    """Chinese title by code, of all purposes that can be stated."""
    return code_titles("verification/verification_code", "purpose")


def with_title(purpose: str) -> str:
    """A code of purpose as people read it: ``review 定期复核``."""
    return f"{purpose} {(purpose_titles() | NOT_STATED).get(purpose, '')}".rstrip()


def stated_purpose(connection: psycopg.Connection, purpose: str | None) -> str:
    """The code of the purpose given, by code or title, else that of the settings (``MINZHENG_PURPOSE``).

    Raises UsageError, before anything is shown, for one that is not on the list (seed ``verification_code``)
    and where nothing is published yet.
    """
    row = connection.execute("select api_v1.purposes()").fetchone()
    known: list[str] = row[0] if row else []
    given = code_of(purpose_titles(), purpose or settings().purpose or "")
    if given in known:
        return given
    if not known:
        raise UsageError("尚未发布。 Nothing is published yet: `minzheng run --inbox DIR` comes first.")
    raise UsageError(
        "查阅人员情况须说明用途，并记入日志：--purpose（或设置 MINZHENG_PURPOSE）取下列之一。什么也未显示。 "
        "What is read of people is logged with its purpose: --purpose (or the setting MINZHENG_PURPOSE) is one of "
        f"{', '.join(map(with_title, known))}. Nothing was shown."
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
