"""One YAML, no Python: the contract in docs/adding_a_feed.md is all a new feed needs."""

import re
import shutil
from pathlib import Path

import psycopg
import pytest
import small_inbox
from small_inbox import MARKER_NAME, MARKER_NUMBER, SmallInbox, line

from expectations.landing import gate_landing
from ingestion.contract import CONTRACT_FOLDER, Contract, load_contracts
from ingestion.derive import DICTIONARY, SOURCES, derived_files
from ingestion.errors import ContractError
from ingestion.gaps import missing_days
from ingestion.landing import land_inbox
from warehouse.database import engine

FEED = "low_income_watch"
PAGE = Path(__file__).parents[2] / "docs" / "adding_a_feed.md"


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Contract]:
    """Those there are and the one on the page."""
    folder = tmp_path / "contracts"
    shutil.copytree(CONTRACT_FOLDER, folder)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (folder / f"shared__{FEED}.yml").write_text(example, encoding="utf-8")
    found = load_contracts(folder)
    monkeypatch.setitem(small_inbox.CONTRACTS, FEED, found[FEED])
    return found


def test_feed_is_landed_gated_and_described(
    contracts: dict[str, Contract], inbox: SmallInbox, db: psycopg.Connection, landing_url: str
) -> None:
    lines = [line(FEED, n) for n in range(1, 101)]
    lines[3]["watched_on"] = "2025-02-30"
    inbox.add(FEED, lines)
    (result,) = land_inbox(db, contracts, inbox.root)
    assert (result.outcome, result.landed_count, result.rejected_count) == ("landed", 99, 1)
    assert db.execute(f"select name, id_number from raw.{FEED} limit 1").fetchone() == (
        MARKER_NAME,
        MARKER_NUMBER,
    )
    (report,) = gate_landing(engine(landing_url), contracts, [result.delivery_id])
    assert report.passed
    db.rollback()
    assert db.execute("select status from ops.delivery").fetchone() == ("accepted",)
    assert missing_days(db, contracts) == {}
    derived = derived_files(contracts)
    assert f"name: {FEED}" in derived[SOURCES]
    assert "低收入人口监测" in derived[DICTIONARY]
    assert contracts[FEED].schedule == "0 5 * * *"


def test_reject_limit_is_that_of_the_contract(
    contracts: dict[str, Contract], inbox: SmallInbox, db: psycopg.Connection
) -> None:
    inbox.add(FEED, [line(FEED, n, watched_on="?" if n < 50 else "2025-06-01") for n in range(100)])
    assert land_inbox(db, contracts, inbox.root)[0].outcome == "landed"
    inbox.add(FEED, [line(FEED, n, watched_on="?" if n < 51 else "2025-06-01") for n in range(100)], number=2)
    assert [result.outcome for result in land_inbox(db, contracts, inbox.root)] == ["held"]


@pytest.mark.parametrize("limit", ["5", "{percent: 5}", "{percent: 500, lines: 1}", "{percent: a, lines: 1}"])
def test_wrong_reject_limit_names_file_and_place(
    contracts: dict[str, Contract], tmp_path: Path, limit: str
) -> None:
    path = tmp_path / "contracts" / f"shared__{FEED}.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{percent: 10, lines: 50}", limit), encoding="utf-8")
    with pytest.raises(ContractError, match=rf"shared__{FEED}.yml: customProperties.rejectLimit: "):
        load_contracts(path.parent)
