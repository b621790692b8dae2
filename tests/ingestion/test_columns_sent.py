"""Which senders send the columns that rules cannot do without, as the contracts say."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest

from ingestion.contract import CONTRACT_FOLDER, load_contracts
from ingestion.input_views import columns_sent

HOUSEHOLDS = "assistance__aid_household.yml"
OF_AUTHORIZATION = "authorization_no, authorized_from, authorized_to"
BOUND = "- {record: aid_household, not_sent: [grace_until]}"
WITHOUT = f"- {{record: aid_household, not_sent: [grace_until, {OF_AUTHORIZATION}]}}"


@pytest.fixture
def not_sent(connection: psycopg.Connection, tmp_path: Path) -> Callable[..., set[tuple[str, str, str]]]:
    """Feed, column and rule of what is not sent, with the contracts shipped but for one text."""

    def asked(name: str, old: str, new: str) -> set[tuple[str, str, str]]:
        shutil.copytree(CONTRACT_FOLDER, tmp_path, dirs_exist_ok=True)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
        rows = connection.execute(columns_sent(list(load_contracts(tmp_path).values()))).fetchall()
        return {(feed, column, lost) for feed, _, column, _, lost, *_, is_sent in rows if not is_sent}

    return asked


def test_the_contracts_shipped_send_all_that_rules_need(not_sent) -> None:
    assert not_sent(HOUSEHOLDS, BOUND, BOUND) == set()


def test_what_a_contract_does_not_send_is_told_by_rule(not_sent) -> None:
    assert not_sent(HOUSEHOLDS, BOUND, WITHOUT.replace("]", ", applied_on, approved_on]")) == {
        ("aid_household", "authorization_no", "G01"),
        ("aid_household", "authorized_from", "G01"),
        ("aid_household", "authorized_to", "G01"),
        ("aid_household", "approved_on", "C02"),
        ("aid_household", "approved_on", "C04"),
        ("aid_household", "approved_on", "G02"),
    }


def test_what_a_record_of_its_own_tells_is_sent(not_sent) -> None:
    apart = f"{WITHOUT}\n      - {{record: authorization, not_sent: [name, id_number]}}"
    assert not_sent(HOUSEHOLDS, BOUND, apart) == set()


@pytest.mark.parametrize(
    "of_july",
    [BOUND, f"{WITHOUT}\n      - {{record: authorization, not_sent: [name, id_number]}}"],
    ids=["by itself", "by a record of its own"],
)
def test_each_version_of_a_contract_says_what_it_sends(
    connection: psycopg.Connection, tmp_path: Path, of_july: str
) -> None:
    """From July on it sends what it did not, or has another record of it; what came in June lacks it still."""
    shutil.copytree(CONTRACT_FOLDER, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / HOUSEHOLDS).read_text(encoding="utf-8")
    former = tmp_path / HOUSEHOLDS.replace(".yml", ".former.yml")
    former.write_text(text.replace(BOUND, WITHOUT), encoding="utf-8")
    begun = "customProperties:\n  - {property: firstDay, value: 2025-07-01}\n"
    (tmp_path / HOUSEHOLDS).write_text(
        text.replace("customProperties:\n", begun, 1).replace(BOUND, of_july), encoding="utf-8"
    )
    rows = connection.execute(columns_sent(list(load_contracts(tmp_path).values()))).fetchall()
    july = date(2025, 7, 1)
    assert {row[-3:] for row in rows if row[2] == "authorized_from"} == {
        (None, july, False),
        (july, None, True),
    }


def test_without_any_contract_there_is_nothing_to_send(connection: psycopg.Connection) -> None:
    assert connection.execute(columns_sent([])).fetchall() == []
