"""Reports (核对报告) at the desk: asked by hand, listed, read again. All by the login's own right in ``api_v1``."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

Json = dict[str, Any]
LISTED = """
select * from api_v1.desk_reports(
    %(purpose)s, %(number)s, %(aid_type)s, %(since)s, %(is_own)s, %(most)s, %(passed_over)s
)
"""


@dataclass(frozen=True)
class Asked:
    """Which reports: none of a kind is none left out by it. is_own: asked by the login itself."""

    number: str | None = None
    aid_type: str | None = None
    since: date | None = None
    is_own: bool = False


def ask(connection: psycopg.Connection, request: Json) -> Json:
    """The answer, or the refusal, to a request as of ``/v1/verifications``; its operator is who is logged in.

    The same ``request_id`` and content get the same answer.
    """
    return _told(connection, "ask_verification(%s)", Jsonb(request))


def report(connection: psycopg.Connection, report_no: str, purpose: str) -> Json:
    """The answer given under a number, word for word, or a refusal; logged with the purpose."""
    return _told(connection, "desk_report(%s, %s)", report_no, purpose)


def reports(
    connection: psycopg.Connection, purpose: str, asked: Asked, most: int, passed_over: int = 0
) -> list[Json]:
    """The newest first, people masked; logged with the purpose. Rows as ``api_v1.desk_reports`` has them.

    One row beyond ``most`` where there are more.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        values = vars(asked) | {"purpose": purpose, "most": most, "passed_over": passed_over}
        return cursor.execute(LISTED, values).fetchall()


def refusal(answer: Json) -> Json | None:
    """What was refused (``code``, ``title_zh``, ``detail``); none where it was answered."""
    if answer["status"] != "refused":
        return None
    problem: Json = answer["problem"]
    return problem


def _told(connection: psycopg.Connection, call: str, *values: Any) -> Json:
    row = connection.execute(f"select api_v1.{call}".encode(), values).fetchone()
    assert row
    answer: Json = row[0]
    return answer
