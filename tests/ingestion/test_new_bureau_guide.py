"""The walk of docs/new_bureau.md: its file is drafted as the page shows, and comes through with its codes told."""

import re
from pathlib import Path

import psycopg

from ingestion.contract import Contract, load_contract
from ingestion.drafting.draft import draft, loaded
from ingestion.drafting.write import text_of
from ingestion.trial import tried

PAGE = Path(__file__).parents[2] / "docs" / "new_bureau.md"


def test_the_file_of_the_walk_comes_through_as_it_says(db: psycopg.Connection, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    file, shown, codes = re.findall(
        r"^```\w+\n(DJXH.*?|│.*?|  +event_type.*?)```$", page, re.MULTILINE | re.DOTALL
    )
    path = tmp_path / "婚姻登记_20250601.csv"
    path.write_text(file, encoding="gbk")
    (found,) = draft(db, [path])
    assert isinstance(loaded(found), Contract)
    guesses = {column.header: found.matched.target_of(column) for column in found.columns}
    for line in shown.splitlines():
        header, target, how_sure, reasons = (cell.strip() for cell in line.strip("│").split("│"))
        guess = guesses[header]
        assert guess is not None
        assert (guess.target, guess.how_sure, "，".join(guess.reasons)) == (target, how_sure, reasons)

    text, told = re.subn(
        r"^          event_type:\n.*?codes:.*?\n(?:              '\d'.*?\n)+",
        codes,
        text_of(found),
        flags=re.M | re.S,
    )
    assert told == 1
    contract = tmp_path / f"{found.system}__{found.feed}.yml"
    contract.write_text(text, encoding="utf-8")
    trial = tried(db, load_contract(contract), [path], rows=20)
    assert trial.files[0].share == 1
    (filled,) = trial.records
    assert [row["event_type"] for row in filled.first] == ["结婚登记"] * 9 + ["离婚登记"]
    assert set(filled.empty) == {"original_certificate_no"}
