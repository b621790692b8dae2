"""The piles of findings on an officer's desk: what lies in them, who works on what, and what is done with one.

All of it is asked of ``api_v1`` by the officer's own login, whose divisions hold there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

PILES = ("new", "taken", "waiting", "returned", "decided")
CERTAINTIES = ("known", "inferred")
EVENTS = ("taken", "handed_over", "waiting", "released")

COUNTS = """
select pile, findings, overdue
from api_v1.desk_counts(
    %(rule)s, %(division)s, %(severity)s, %(least)s, %(since)s, %(certainty)s, %(is_own)s
)
"""
FINDINGS = """
select *
from api_v1.desk_findings(
    %(purpose)s, %(pile)s, %(rule)s, %(division)s, %(severity)s, %(least)s, %(since)s, %(certainty)s, %(is_own)s,
    %(most)s, %(passed_over)s
)
"""
HAND = "select api_v1.hand_finding(%s, %s, %s, %s, %s, %s)"
PRECISION = """
select decided_count, right_count, precision_lower_bound, is_observed
from analytics.rule_precision
where rule_code = %s and division_code is not distinct from %s
"""


@dataclass(frozen=True)
class Asked:
    """Which findings: none of a kind is none left out by it. is_own: the login's own, and nobody's."""

    pile: str = "new"
    rule: str | None = None
    division: str | None = None
    severity: str | None = None
    least: Decimal | None = None
    since: date | None = None
    certainty: str | None = None
    is_own: bool = True


@dataclass(frozen=True)
class Count:
    findings: int = 0
    overdue: int = 0


def counts(connection: psycopg.Connection, asked: Asked) -> dict[str, Count]:
    """How many lie in each pile, and how many of them are overdue."""
    rows = connection.execute(COUNTS, vars(asked)).fetchall()
    return dict.fromkeys(PILES, Count()) | {
        pile: Count(findings, overdue) for pile, findings, overdue in rows
    }


def choices(connection: psycopg.Connection) -> dict[str, list[dict[str, str]]]:
    """``rules`` and ``divisions`` that findings of the login have, each with ``code`` and ``title``."""
    row = connection.execute("select api_v1.desk_choices()").fetchone()
    return row[0] if row else {}


def pile(
    connection: psycopg.Connection, purpose: str, asked: Asked, most: int, passed_over: int = 0
) -> list[dict[str, Any]]:
    """Findings of a pile, what is due and gravest first, people masked; logged with the purpose.

    Rows as ``verification.desk_finding`` has them.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        values = vars(asked) | {"purpose": purpose, "most": most, "passed_over": passed_over}
        return cursor.execute(FINDINGS, values).fetchall()


def reminders(connection: psycopg.Connection) -> dict[str, Any]:
    """How much is ``overdue`` and ``due_soon`` in the login's hands, how much of others is ``escalated`` to a head, and
    for whom it is ``standing_in`` today (``name``, ``until_on``)."""
    row = connection.execute("select api_v1.desk_reminders()").fetchone()
    return row[0] if row else {}


def substitutes(connection: psycopg.Connection) -> dict[str, Any]:
    """``is_head``, and the ``officers`` for whom the login may say who stands in (``api_v1.desk_substitutes``)."""
    row = connection.execute("select api_v1.desk_substitutes()").fetchone()
    return row[0] if row else {}


def set_substitute(
    connection: psycopg.Connection,
    login: str,
    substitute: str | None,
    from_on: date | None,
    until_on: date | None,
    by: str,
) -> None:
    """Who works on what a login has in hand, too, on these days; none takes it back. Raises as `hand`."""
    connection.execute(
        "select api_v1.set_substitute(%s, %s, %s, %s, %s)", [login, substitute, from_on, until_on, by]
    )


def handling(connection: psycopg.Connection, finding_id: str) -> dict[str, Any] | None:
    """Who works on a finding and how it came there (``api_v1.finding_handling``); none of other divisions."""
    row = connection.execute("select api_v1.finding_handling(%s)", [finding_id]).fetchone()
    return row[0] if row else None


def hand(
    connection: psycopg.Connection,
    finding_id: str,
    event: str,
    by: str,
    seen: str,
    holder: str | None = None,
    due_on: date | None = None,
) -> None:
    """Take, hand over, wait, put back. seen: how the finding stood when it was looked at.

    Raises psycopg's ObjectNotInPrerequisiteState where it stands otherwise by now, InvalidParameterValue,
    in words for people, where that cannot be done.
    """
    connection.execute(HAND, [finding_id, event, holder, due_on, by, seen])


def precision(connection: psycopg.Connection, rule_code: str, division: str | None) -> dict[str, Any] | None:
    """How often the rule was right so far in a division."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(PRECISION, [rule_code, division]).fetchone()


@dataclass(frozen=True)
class Lines:
    """Lines of one delivery. numbers: as a text, runs together (``3, 948–957``)."""

    feed: str
    delivery_id: str
    numbers: str


def by_delivery(sources: list[Mapping[str, Any]]) -> list[Lines]:
    """The lines behind a finding, by delivery."""
    keyed = sorted((line["feed"], line["delivery_id"], int(line["line_number"])) for line in sources)
    return [
        Lines(feed, delivery_id, _runs([number for _, _, number in lines]))
        for (feed, delivery_id), lines in groupby(keyed, lambda line: line[:2])
    ]


def _runs(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number <= runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
