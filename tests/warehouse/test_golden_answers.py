"""Answers stay what they were, byte for byte, at every generation: what was told once must come out again.

The golden file was written by the version that first answered (MINZHENG_WRITE_GOLDEN=1 writes it anew, after an
intended change of what an answer contains).
"""

import json
import os
from pathlib import Path
from typing import Any

import psycopg
from hand_made_town import Town

GOLDEN = Path(__file__).parent / "golden" / "answers.jsonl"
REQUESTS: list[dict] = [
    *({} for _ in range(7)),
    {"aid_type": "TK"},
    {"division_code": "420203", "urban_rural": "rural"},
    {"open_feeds": ["population", "marriage_event", "vehicle", "payment"]},
    {"open_feeds": ["entitlement", "aid_household", "social_insurance", "company"]},
]
SITUATION = (
    "division_code", "is_registered", "is_alive", "died_on", "marital_status", "benefits", "stay", "disability",
)  # fmt: skip


def test_answers_of_a_town_over_three_generations(connection: psycopg.Connection) -> None:
    town = Town(connection)
    reports = [town.logged(number, **values) for number, values in enumerate(REQUESTS)]
    generations = []
    for day in range(3):
        if day:
            town.change()
        generations.append(town.publish(f"day {day}").generation)
    told = [
        json.dumps({"report": report_no, "generation": generation, "answer": answer}, ensure_ascii=False)
        for report_no in reports
        for generation in generations
        for answer in [_again(connection, report_no, generation)]
    ]
    if os.environ.get("MINZHENG_WRITE_GOLDEN"):
        GOLDEN.write_text("\n".join(told) + "\n", encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_an_answer_says_of_a_resident_what_officers_are_shown(connection: psycopg.Connection) -> None:
    """Both are worked out from the same tables, each in its own way."""
    town = Town(connection)
    reports = [town.logged(number) for number in range(30)]
    generation = town.publish("one day").generation
    shown = dict(
        connection.execute("select resident_id, to_jsonb(situation) from pub.current_resident_situation as situation")
        .fetchall()
    )  # fmt: skip
    compared = set()
    for report_no in reports:
        for member in _again(connection, report_no, generation)["members"]:
            if member["identity"] != "found":
                continue
            told = {**member, "marital_status": member["marriage"]["status"]}
            situation = shown[member["resident_id"]]
            assert {name: told[name] for name in SITUATION} == {name: situation[name] for name in SITUATION}
            compared.add(member["resident_id"])
    assert len(compared) > 30


def _again(connection: psycopg.Connection, report_no: str, generation: int) -> Any:
    row = connection.execute(
        "select verification.reproduce(%s, %s)::text", [report_no, generation]
    ).fetchone()
    assert row
    return json.loads(row[0], parse_float=str)  # amounts with all their digits
