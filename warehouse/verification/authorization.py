"""Consent entered by hand, and consent withdrawn. Both are only ever added to."""

from collections.abc import Sequence
from datetime import date

import psycopg

from warehouse.database.errors import UsageError


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
    Raises UsageError, without repeating a number, where one is not valid, the period is empty, a
    source is unknown or the authorization was withdrawn; then nothing is entered.
    """
    if to < since:
        raise UsageError(
            "授权书的止日早于起日，未登记。 The authorization would end before it begins. Nothing was entered."
        )
    if not id_numbers:
        raise UsageError(
            "没有写明身份号码（一行一个），未登记。 "
            "Nobody is named: one identity number a line is wanted. Nothing was entered."
        )
    known = {feed for (feed,) in connection.execute("select feed from ops.feed").fetchall()}
    if unknown := sorted(set(feeds) - known):
        raise UsageError(
            f"没有这些来源：{'、'.join(unknown)}。 "
            f"Unknown sources: {', '.join(unknown)}. Known: {', '.join(sorted(known))}. Nothing was entered."
        )
    if _state(connection, number) == "revoked":
        raise UsageError(
            f"授权书 {number} 已撤回，重新授权须用新编号。 "
            f"Authorization {number} was withdrawn: renewed consent needs a new number."
        )
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


def _state(connection: psycopg.Connection, number: str) -> str:
    row = connection.execute("select api_v1.authorization_state(%s)", [number]).fetchone()
    return str(row[0]) if row else "unknown"


def revoke(connection: psycopg.Connection, number: str, revoked_by: str, reason: str) -> None:
    """Withdraw an authorization, entered by hand or delivered, at once and for good."""
    if _state(connection, number) == "unknown":
        raise UsageError(
            f"没有授权书 {number}，未撤回。 Authorization {number} is not known. Nothing was withdrawn."
        )
    withdrawn = connection.execute(
        "select api_v1.revoke_authorization(%s, %s, %s)", [number, revoked_by, reason]
    ).fetchone()
    if withdrawn != (True,):
        raise UsageError(f"授权书 {number} 此前已撤回。 Authorization {number} was withdrawn before.")
