"""What people ask about what is held of them (PIPL 44, 46, 47): recorded, answered by a second person.

Judged in ``api_v1``. What cannot be done raises psycopg's InvalidParameterValue, in words for people; where another
answered meanwhile, ObjectNotInPrerequisiteState.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

KINDS_ZH = {"correction": "更正、补充", "restriction": "限制处理", "deletion": "删除"}
OUTCOMES_ZH = {"granted": "同意", "partly": "部分同意", "refused": "不予同意"}
RECORD = "select api_v1.record_person_request(%s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True)
class PersonRequest:
    """kind: of ``KINDS_ZH``. received_on: none where it was not said."""

    id_number: str
    kind: str
    statement: str
    received_on: date | None


def record(
    connection: psycopg.Connection, form_id: str, asked: PersonRequest, purpose: str, by: str
) -> str | None:
    """The number of the case, none where nobody of the own divisions has that of the person; the same form sent twice
    is one. A reading, logged whether there is one or not."""
    said = asked.id_number, form_id, asked.kind, asked.statement, purpose, asked.received_on, by
    row = connection.execute(RECORD, said).fetchone()
    assert row
    number: str | None = row[0]
    return number


def person_requests(
    connection: psycopg.Connection, is_open: bool, most: int, passed_over: int = 0
) -> list[dict[str, Any]]:
    """Of the login's divisions, what is due first; nothing of people. One row beyond ``most`` where there are more."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select * from api_v1.desk_person_requests(%s, %s, %s)", [is_open, most, passed_over]
        ).fetchall()


def person_request(connection: psycopg.Connection, request_no: str, purpose: str) -> dict[str, Any] | None:
    """A case, with name and masked number; logged with the purpose. None of other divisions."""
    row = connection.execute("select api_v1.desk_person_request(%s, %s)", [request_no, purpose]).fetchone()
    return row[0] if row else None


def counts(connection: psycopg.Connection) -> tuple[int, int]:
    """Open cases, and how many of them are overdue."""
    row = connection.execute("select open, overdue from api_v1.desk_person_request_counts()").fetchone()
    return row if row else (0, 0)


def decide(connection: psycopg.Connection, request_no: str, outcome: str, answer: str, by: str) -> None:
    connection.execute(
        "select api_v1.decide_person_request(%s, %s, %s, %s)", [request_no, outcome, answer, by]
    )
