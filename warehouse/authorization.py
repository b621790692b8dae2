"""Consent entered by hand, and consent withdrawn. Both are only ever added to."""

from collections.abc import Sequence
from datetime import date

import psycopg

from warehouse.errors import UsageError


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
        raise UsageError("The authorization would end before it begins. Nothing was entered.")
    if not id_numbers:
        raise UsageError("Nobody is named: one identity number a line is wanted. Nothing was entered.")
    known = {feed for (feed,) in connection.execute("select feed from ops.feed").fetchall()}
    if unknown := sorted(set(feeds) - known):
        raise UsageError(f"Unknown sources: {', '.join(unknown)}. `minzheng status` lists those known.")
    rows = connection.execute(
        "select stated.place, clean.id_number(stated.id_number)"
        " from unnest(%s::text[]) with ordinality as stated (id_number, place) order by 1",
        [list(id_numbers)],
    ).fetchall()
    if bad := [str(place) for place, cleaned in rows if cleaned is None]:
        raise UsageError(f"Not a valid identity number: line {', '.join(bad)}. Nothing was entered.")
    if connection.execute(
        "select 1 from ops.authorization_revocation where authorization_no = %s", [number]
    ).fetchone():
        raise UsageError(f"Authorization {number} was withdrawn: renewed consent needs a new number.")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.authorization"
            " (authorization_no, id_number, feeds, authorized_from, authorized_to, entered_by)"
            " values (%s, %s, %s, %s, %s, %s)",
            [(number, cleaned, list(feeds) or None, since, to, entered_by) for _, cleaned in rows],
        )
    return len(rows)


def revoke(connection: psycopg.Connection, number: str, revoked_by: str, reason: str) -> None:
    """Withdraw an authorization, entered by hand or delivered, at once and for good."""
    known = connection.execute("select api_v1.is_authorization(%s)", [number]).fetchone()
    if known != (True,):
        raise UsageError(f"Authorization {number} is not known. Nothing was withdrawn.")
    added = connection.execute(
        "insert into ops.authorization_revocation (authorization_no, revoked_by, reason) values (%s, %s, %s)"
        " on conflict do nothing",
        [number, revoked_by, reason],
    )
    if not added.rowcount:
        raise UsageError(f"Authorization {number} was withdrawn before.")
