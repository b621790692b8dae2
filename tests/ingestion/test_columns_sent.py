"""Which senders send the columns that rules cannot do without, as the contracts say."""

import shutil
from collections.abc import Callable
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
        return {(feed, column, lost) for feed, _, column, _, lost, is_sent in rows if not is_sent}

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


def test_without_any_contract_there_is_nothing_to_send(connection: psycopg.Connection) -> None:
    assert connection.execute(columns_sent([])).fetchall() == []
