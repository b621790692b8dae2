"""Objections (复核) to reports: recorded, verified again, decided by a second person. Judged in ``api_v1``.

What cannot be done raises psycopg's InvalidParameterValue, in words for people; where another decided meanwhile,
ObjectNotInPrerequisiteState.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

OUTCOMES = ("upheld", "corrected", "verified_again")
ITEMS = "objection_item"
RECORD = "select api_v1.object_to_report(%s, %s, %s, %s, %s, %s, %s)"
LISTED = "select * from api_v1.desk_objections(%s, %s, %s, %s)"
MOST_OF_A_REPORT = 100


@dataclass(frozen=True)
class Objection:
    """What a person objects to. item: a code of the list; member_no: none where it is about the whole household."""

    item: str
    member_no: int | None
    statement: str
    received_on: date | None


def record(
    connection: psycopg.Connection, report_no: str, request_id: str, objection: Objection, by: str
) -> str:
    """The number of the case; the same form sent twice is one."""
    asked = objection.item, objection.member_no, objection.statement, objection.received_on
    row = connection.execute(RECORD, [report_no, request_id, *asked, by]).fetchone()
    assert row
    number: str = row[0]
    return number


def objections(
    connection: psycopg.Connection, is_open: bool | None, most: int, passed_over: int = 0
) -> list[dict[str, Any]]:
    """Of the login's divisions, what is due first; nothing of people. Rows as ``api_v1.desk_objections``.

    One row beyond ``most`` where there are more.
    """
    return _listed(connection, None, is_open, most, passed_over)


def objections_to(connection: psycopg.Connection, report_no: str) -> list[dict[str, Any]]:
    """To a report, and that out of which it came."""
    return _listed(connection, report_no, None, MOST_OF_A_REPORT, 0)


def objection(connection: psycopg.Connection, objection_no: str, purpose: str) -> dict[str, Any] | None:
    """A case and how it went, logged with the purpose; none of other divisions."""
    row = connection.execute("select api_v1.desk_objection(%s, %s)", [objection_no, purpose]).fetchone()
    return row[0] if row else None


def counts(connection: psycopg.Connection) -> tuple[int, int]:
    """Open cases, and how many of them are overdue."""
    row = connection.execute("select open, overdue from api_v1.desk_objection_counts()").fetchone()
    return row if row else (0, 0)


def choices(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    """Titles by code, by list: what may be objected to (``ITEMS``), and the reasons of each outcome."""
    found: dict[str, dict[str, str]] = {known: {} for known in (ITEMS, *OUTCOMES)}
    for code_list, code, title in connection.execute("select * from api_v1.objection_choices()"):
        found[code_list if code_list == ITEMS else code_list.removeprefix("objection_")][code] = title
    return found


def verify_again(
    connection: psycopg.Connection, objection_no: str, request_id: str, authorization_no: str | None, by: str
) -> dict[str, Any]:
    """The answer or refusal to the same question today; authorization_no: none for that of the report."""
    row = connection.execute(
        "select api_v1.verify_again(%s, %s, %s, %s)", [objection_no, request_id, authorization_no, by]
    ).fetchone()
    assert row
    answer: dict[str, Any] = row[0]
    return answer


def decide(
    connection: psycopg.Connection, objection_no: str, outcome: str, reason: str, note: str | None, by: str
) -> None:
    connection.execute(
        "select api_v1.decide_objection(%s, %s, %s, %s, %s)", [objection_no, outcome, reason, note, by]
    )


def _listed(
    connection: psycopg.Connection, report_no: str | None, is_open: bool | None, most: int, passed_over: int
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LISTED, [report_no, is_open, most, passed_over]).fetchall()
