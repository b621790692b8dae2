"""Letters to households (核实通知): what is asked by rule, and those written about a finding."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from warehouse.seeds import seed

WRITE = "select api_v1.write_letter(%s, %s, %s, %s, %s, %s, %s, %s)"


@dataclass(frozen=True)
class LetterWords:
    """question: what somebody is asked to explain, as no claim; bring: with which papers."""

    question: str
    bring: str


def letters_by_rule() -> dict[str, LetterWords]:
    """Of the rules that a household can clear; the others are cleared within the office."""
    return {
        row["rule_code"]: LetterWords(row["question_zh"], row["bring_zh"])
        for row in seed("rules/finding_letter")
    }


def write(
    connection: psycopg.Connection,
    finding_id: str,
    purpose: str,
    words: LetterWords,
    due_on: date | None,
    contact: str,
    by: str,
    seen: str,
) -> str:
    """The number of a new letter about a finding the login works on; changes no state of it.

    Raises as `warehouse.casework.desk.hand`.
    """
    row = connection.execute(
        WRITE, [finding_id, purpose, words.question, words.bring, due_on, contact, by, seen]
    ).fetchone()
    assert row is not None
    return str(row[0])


def letter(connection: psycopg.Connection, letter_no: str, purpose: str) -> dict[str, Any] | None:
    """What is printed (``api_v1.finding_letter``), a reading of the addressee; none of other divisions."""
    row = connection.execute("select api_v1.finding_letter(%s, %s)", [letter_no, purpose]).fetchone()
    return row[0] if row else None
