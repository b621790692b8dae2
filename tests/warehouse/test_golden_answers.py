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


def _again(connection: psycopg.Connection, report_no: str, generation: int) -> Any:
    row = connection.execute(
        "select verification.reproduce(%s, %s)::text", [report_no, generation]
    ).fetchone()
    assert row
    return json.loads(row[0], parse_float=str)  # amounts with all their digits
