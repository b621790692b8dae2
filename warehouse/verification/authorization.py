"""Consent entered by hand, and consent withdrawn. Both are only ever added to."""

from collections.abc import Sequence
from datetime import date

import psycopg

from warehouse.database.errors import UsageError, refusals_told


def add(
    connection: psycopg.Connection,
    number: str,
    id_numbers: Sequence[str],
    since: date,
    to: date,
    entered_by: str,
    feeds: Sequence[str] = (),
) -> int:
    """Enter who signed an authorization: the people it now covers by this entry.

    since, to: first and last day. feeds: sources opened, every one where none is named.
    Raises UsageError, without repeating a number, where one is not valid or the database takes it for no
    consent (period, sources, who entered it, a number withdrawn or in use elsewhere); then nothing is entered.
    """
    with refusals_told(connection, "未登记。 Nothing was entered."):
        row = connection.execute(
            "select api_v1.enter_authorization(%s, %s, %s, %s, %s, %s)",
            [number, list(id_numbers), list(feeds) or None, since, to, entered_by],
        ).fetchone()
    if row and row[0]:
        raise UsageError(
            f"第 {'、'.join(map(str, row[0]))} 行的身份号码无效，未登记。 "
            f"Not a valid identity number: line {', '.join(map(str, row[0]))}. Nothing was entered."
        )
    return len(id_numbers)


def revoke(connection: psycopg.Connection, number: str, revoked_by: str, reason: str) -> None:
    """Withdraw an authorization of the login's divisions, entered by hand or delivered, at once and for good."""
    with refusals_told(connection, "未撤回。 Nothing was withdrawn."):
        withdrawn = connection.execute(
            "select api_v1.revoke_authorization(%s, %s, %s)", [number, revoked_by, reason]
        ).fetchone()
    if withdrawn != (True,):
        raise UsageError(f"授权书 {number} 此前已撤回。 Authorization {number} was withdrawn before.")
