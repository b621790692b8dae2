"""One YAML, no SQL, no Python: the example of docs/adding_a_feed.md is all a new feed needs."""

import re
import shutil
from pathlib import Path

import psycopg
import pytest
import small_inbox
from small_inbox import MARKER_NAME, MARKER_NUMBER, SmallInbox, line

from expectations.gate import Batch, GateRunner
from expectations.landing import gate_landing
from ingestion.contract import CONTRACT_FOLDER, Contract, load_contracts
from ingestion.derive import DICTIONARY, RECORD_DICTIONARY, of_contracts
from ingestion.errors import ContractError
from ingestion.gaps import missing_days
from ingestion.input_views import ensure_views
from ingestion.landing import land_inbox
from ingestion.records import canonical_records
from warehouse.database.connection import Warehouse
from warehouse.pipeline import build
from warehouse.pipeline import runs as pipeline

FEED = "collective_dividend"
PAGE = (Path(__file__).parents[2] / "docs" / "adding_a_feed.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Contract]:
    """Those there are and the one on the page."""
    folder = tmp_path / "contracts"
    shutil.copytree(CONTRACT_FOLDER, folder)
    (folder / f"shared__{FEED}.yml").write_text(block("yaml"), encoding="utf-8")
    found = load_contracts(folder)
    monkeypatch.setitem(small_inbox.CONTRACTS, FEED, found[FEED])
    return found


def test_feed_is_landed_gated_and_described(
    contracts: dict[str, Contract],
    inbox: SmallInbox,
    records: psycopg.Connection,
    landing_database: Warehouse,
) -> None:
    db = records
    lines = [line(FEED, n) for n in range(1, 101)]
    lines[3]["paid_on"] = "2025-02-30"
    inbox.add(FEED, lines)
    (result,) = land_inbox(db, contracts, inbox.root)
    assert (result.outcome, result.landed_count, result.rejected_count) == ("landed", 99, 1)
    assert db.execute(f"select name, id_number from raw.{FEED} limit 1").fetchone() == (
        MARKER_NAME,
        MARKER_NUMBER,
    )
    ensure_views(db, contracts)
    db.commit()
    (report,) = gate_landing(landing_database.engine(), contracts, [result.delivery_id])
    assert report.passed
    db.rollback()
    assert db.execute("select status from ops.delivery").fetchone() == ("accepted",)
    assert missing_days(db, contracts) == {}
    derived = of_contracts(contracts)
    assert "村集体分红" in derived[DICTIONARY]
    assert f"`{FEED}`" in derived[RECORD_DICTIONARY]
    assert contracts[FEED].schedule == "0 5 * * *"


@pytest.mark.builds
def test_people_of_the_feed_are_staged_and_linked(
    contracts: dict[str, Contract],
    inbox: SmallInbox,
    database: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINZHENG_BUREAU", str(tmp_path))
    inbox.add(FEED, [line(FEED, n) for n in range(1, 11)])
    (landed,) = pipeline.land(database, inbox.root)
    assert (landed.outcome, pipeline.gate_deliveries(database)) == ("landed", [])
    begun = build.stage(database)
    assert begun
    build.link(database, begun.build_no)
    with psycopg.connect(database.address) as connection:
        known = connection.execute(
            """
            select count(*), count(distinct resident_id) from ops.person_link
            where feed = 'income_record' and role = 'person' and resident_id is not null
            """
        ).fetchone()
    assert known == (10, 1)
    from expectations.release_suite import mentions_of_every_line  # imports Great Expectations: seconds

    with GateRunner(database.engine()) as runner:

        def mentions_are_complete() -> bool:
            mentions = """
            select feed, delivery_id, count(*) as persons
            from intermediate.int_person_mentions group by feed, delivery_id
            """
            expectations = [mentions_of_every_line(canonical_records()["income_record"], is_staged=True)]
            (result,) = runner.run("release", [Batch("release.mentions", mentions, expectations)])
            return result.success

        assert mentions_are_complete()
        counted = (
            "insert into ops.absorbed_delivery select 'release_gate', delivery_id from staging.stg_deliveries"
        )
        staged = "{} staging.stg_income_record {} where line_number = 3"
        # As staging keeps them where the lines were counted before, else as they were landed.
        for statement, is_complete in (
            (staged.format("update", "set name = null, id_number_note = 'missing'"), True),
            (counted, False),
            (staged.format("update", "set id_number_note = ''"), True),
            ("delete from intermediate.int_person_mentions where line_number = 2", False),
            ("delete from ops.absorbed_delivery where model = 'release_gate'", False),
        ):
            with psycopg.connect(database.address) as connection:
                connection.execute(statement)
            assert mentions_are_complete() == is_complete, statement


def test_reject_limit_is_that_of_the_contract(
    contracts: dict[str, Contract], inbox: SmallInbox, db: psycopg.Connection
) -> None:
    inbox.add(FEED, [line(FEED, n, paid_on="?" if n < 50 else "2025-06-01") for n in range(100)])
    assert land_inbox(db, contracts, inbox.root)[0].outcome == "landed"
    inbox.add(FEED, [line(FEED, n, paid_on="?" if n < 51 else "2025-06-01") for n in range(100)], number=2)
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
