"""Good deliveries: every layout lands, repeats are flagged, nothing lands twice."""

from datetime import date, timedelta

import psycopg
import pytest
from small_inbox import CONTRACTS, DAY, MARKER_NAME, Land, SmallInbox, line

from ingestion.errors import IngestionError
from ingestion.landing import land_inbox
from ingestion.reading import decoding
from warehouse.database.connection import Warehouse

NEXT_DAY = date(2025, 6, 26)
FEEDS = [feed for feed, contract in CONTRACTS.items() if contract.has_manifest]


def test_every_feed_lands(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    for feed in FEEDS:
        inbox.add(feed, [line(feed, n) for n in (1, 2, 3)])
    results = land()
    assert {(result.feed, result.outcome, result.landed_count) for result in results} == {
        (feed, "landed", 3) for feed in FEEDS
    }
    for feed in FEEDS:
        contract = CONTRACTS[feed]
        rows = db.execute(
            f"select _line_number, {contract.key[0]} from raw.{feed} order by _line_number"
        ).fetchall()
        first = 1 if contract.file.format == "jsonl" else 2
        assert rows == [(first + n, f"K{n + 1:08d}") for n in range(3)]
    assert {result.outcome for result in land()} == {"skipped"}


def test_values_arrive_as_received(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("marriage_event", [line("marriage_event", 1, registered_on="2024/03/05", husband_id_number="")])
    inbox.add("aid_household", [line("aid_household", 1, monthly_income="0.0860万元", stopped_on=None)])
    inbox.add("cremation", [line("cremation", 1, deceased_id_number=4.20222193405271e17, relief_yuan=1200,
                                 died_on="2024年3月5日", agent_name=None)])  # fmt: skip
    land()
    assert db.execute(
        "select registered_on, husband_id_number, husband_name from raw.marriage_event"
    ).fetchone() == ("2024/03/05", "", MARKER_NAME)
    assert db.execute(
        "select monthly_income, stopped_on, members::jsonb -> 1 ->> '姓名' from raw.aid_household"
    ).fetchone() == ("0.0860万元", None, MARKER_NAME)
    assert db.execute(
        "select deceased_id_number, clean.id_number_note(deceased_id_number), relief_yuan, died_on, "
        "cremated_on, agent_name from raw.cremation"
    ).fetchone() == ("4.20222193405271e+17", "lost_digits", "1200", "2024年3月5日", "2025-06-01", None)


def test_columns_may_come_in_any_order(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    header = list(reversed(list(CONTRACTS["payment"].column_of_header)))
    lines = [line("payment", 1, amount_yuan="10"), line("payment", 2, amount_yuan="zehn")]
    inbox.add("payment", lines, header=header)
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (1, 1)
    assert db.execute("select payment_no, amount_yuan from raw.payment").fetchall() == [("K00000001", "10")]
    (raw_line,) = db.execute("select raw_line from ops.rejected_row").fetchone() or ("",)
    assert raw_line.endswith(",K00000002")


def test_header_only_is_an_empty_delivery(inbox: SmallInbox, land: Land) -> None:
    for feed in ("entitlement", "cremation", "company"):
        inbox.add(feed, [], mode="delta")
    assert {(result.outcome, result.received_count) for result in land()} == {("landed", 0)}


def test_trailing_blank_lines_and_byte_order_mark(inbox: SmallInbox, land: Land) -> None:
    good = inbox.add("vehicle", [line("vehicle", 1)]).read_bytes()
    inbox.add("vehicle", [line("vehicle", 1)], content=good + b"\r\n\r\n")
    stay = inbox.add("population", [line("population", 1)]).read_bytes()
    inbox.add("population", [line("population", 1)], content=b"\xef\xbb\xbf" + stay)
    assert {(result.outcome, result.landed_count) for result in land()} == {("landed", 1)}


def test_no_line_end_at_the_end(inbox: SmallInbox, land: Land) -> None:
    good = inbox.add("vehicle", [line("vehicle", 1), line("vehicle", 2)]).read_bytes()
    inbox.add("vehicle", [line("vehicle", 1)] * 2, content=good.removesuffix(b"\r\n"))
    assert land()[0].landed_count == 2


def test_quoted_fields(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    """Line ends inside quotes: the number is that of the record."""
    lines = [
        line("stay", 1, fee_source='"a,b\n\\. ""c"""'),
        line("stay", 2),
        line("stay", 3, fee_source="\\N"),
    ]
    inbox.add("stay", lines)
    land()
    assert db.execute("select _line_number, fee_source from raw.stay order by 1").fetchall() == [
        (2, 'a,b\n\\. "c"'), (3, "费用来源2"), (4, "\\N")
    ]  # fmt: skip


def test_blank_rows_of_a_sheet_are_no_data(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    contract = CONTRACTS["real_estate"]
    cells = [[line("real_estate", n)[column.name] for column in contract.columns] for n in (1, 2)]
    rows = [list(contract.column_of_header), cells[0], [], cells[1], [None, ""]]
    inbox.add("real_estate", [line("real_estate", n) for n in (1, 2)], rows=rows)
    assert land()[0].landed_count == 2
    assert db.execute("select _line_number from raw.real_estate").fetchall() == [(2,), (4,)]


def test_negative_and_large_amounts_are_kept_and_impossible_ones_rejected(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    """Whether an amount is believable is a question for the gate; from a thousand million yuan on
    it is none, and two of them would break the sum of a household's month."""
    amounts = ("-100.00", "999999999.99", "0", "1000000000.00")
    inbox.add("payment", [line("payment", n, amount_yuan=amount) for n, amount in enumerate(amounts)])
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (3, 1)
    assert db.execute("select reason_code from ops.rejected_row").fetchall() == [("unreadable_amount",)]


def test_repeats(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    """A line repeats where nothing changed since the version before it; a change back is a change."""
    one, two = line("entitlement", 1), line("entitlement", 2)
    inbox.add("entitlement", [one, two, one, one | {"ended_on": "2025-06-30"}, one])
    inbox.add("entitlement", [two, one | {"ended_on": "2025-06-30"}], day=NEXT_DAY, mode="delta")
    first, second = land()
    assert (first.landed_count, first.repeated_count) == (4, 1)
    assert (second.landed_count, second.repeated_count) == (1, 1)
    assert db.execute(
        "select _delivery_id, _line_number from raw.entitlement where _is_repeat order by 1, 2"
    ).fetchall() == [("entitlement_20250625_full_01", 4), ("entitlement_20250626_delta_01", 2)]


def test_repeats_where_a_part_of_the_key_is_empty(inbox: SmallInbox, land: Land) -> None:
    lines = [line("real_estate", 1, owner_id_number=None), line("real_estate", 1)]
    inbox.add("real_estate", lines)
    inbox.add("real_estate", lines, day=NEXT_DAY)
    assert [(result.landed_count, result.repeated_count) for result in land()] == [(2, 0), (0, 2)]


def test_a_full_delivery_given_again_is_all_repeats(inbox: SmallInbox, land: Land) -> None:
    lines = [line("population", n) for n in range(5)]
    inbox.add("population", lines)
    land()
    inbox.add("population", lines, day=NEXT_DAY)
    assert [(result.outcome, result.repeated_count) for result in land()] == [("skipped", 0), ("landed", 5)]


def test_order_and_through(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("stay", [line("stay", 1)], day=NEXT_DAY, mode="delta")
    inbox.add("stay", [line("stay", 1)], day=NEXT_DAY.replace(day=27))
    inbox.add("stay", [line("stay", 1)], mode="delta", number=2)
    until_first = land_inbox(db, CONTRACTS, inbox.root, through=DAY)
    assert [result.delivery_id for result in until_first] == ["stay_20250625_delta_02"]
    assert [result.delivery_id for result in land()] == [
        "stay_20250625_delta_02", "stay_20250626_delta_01", "stay_20250627_full_01"
    ]  # fmt: skip


def test_some_feeds_only(inbox: SmallInbox, db: psycopg.Connection) -> None:
    for feed in ("stay", "vehicle"):
        inbox.add(feed, [line(feed, 1)])
    results = land_inbox(db, CONTRACTS, inbox.root, feeds={"vehicle"})
    assert [result.feed for result in results] == ["vehicle"]
    assert db.execute("select count(*) from ops.rejected_delivery").fetchone() == (0,)


def test_the_table_tells_its_meaning(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("vehicle", [line("vehicle", 1)])
    land()
    comments = db.execute(
        "select obj_description('raw.vehicle'::regclass), "
        "col_description('raw.vehicle'::regclass, 5), col_description('raw.vehicle'::regclass, 12)"
    ).fetchone()
    assert comments == (
        "机动车（原样）：机动车登记与评估价：财产核对的依据",
        "评估价；单位：万元",
        "重复行：与该业务键前一版本逐字相同",
    )
    keys = db.execute(
        "select array_agg(indisprimary) from pg_index where indrelid = 'raw.vehicle'::regclass"
    ).fetchone()
    assert keys == ([True],)


def test_a_contract_may_gain_a_column(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("vehicle", [line("vehicle", 1)])
    land()
    db.execute("alter table raw.vehicle drop column usage")
    db.commit()
    inbox.add("vehicle", [line("vehicle", 1)], day=NEXT_DAY)
    assert land()[-1].outcome == "landed"
    assert db.execute("select usage from raw.vehicle order by _delivery_id").fetchall()[0] == (None,)


def test_a_failing_database_tells_no_values(inbox: SmallInbox, db: psycopg.Connection) -> None:
    inbox.add("vehicle", [line("vehicle", 1)])
    land_inbox(db, CONTRACTS, inbox.root)
    db.execute("alter table raw.vehicle alter column plate_no type integer using 1")
    db.commit()
    inbox.add("vehicle", [line("vehicle", 2)], day=DAY + timedelta(1), mode="delta")
    inbox.add("payment", [line("payment", 1)])
    told = {result.feed: result for result in land_inbox(db, CONTRACTS, inbox.root)}
    assert told["payment"].outcome == "landed", "the others go on"
    assert told["vehicle"].reason_code == "database_refused"
    assert "SQLSTATE 22P02" in (told["vehicle"].reason or "")
    assert "K00000002" not in (told["vehicle"].reason or "")
    assert db.execute("select count(*) from ops.delivery where feed = 'vehicle'").fetchone() == (1,)


def test_a_database_that_is_out_of_shape_stops_the_landing_and_tells_no_values(
    inbox: SmallInbox, db: psycopg.Connection
) -> None:
    """No delivery could be landed: that is nobody's refusal."""
    inbox.add("vehicle", [line("vehicle", 1)])
    db.execute("create view raw.vehicle as select 1 as plate_no")
    db.commit()
    try:
        with pytest.raises(IngestionError) as caught:
            land_inbox(db, CONTRACTS, inbox.root)
    finally:
        db.rollback()
        db.execute("drop view raw.vehicle")
        db.commit()
    assert "SQLSTATE" in str(caught.value)
    assert caught.value.__cause__ is None
    assert db.execute("select count(*) from ops.rejected_delivery").fetchone() == (0,)


def test_two_programs_at_once(inbox: SmallInbox, database: Warehouse) -> None:
    """Both want the same delivery: one lands it, the other waits and finds it landed."""
    from concurrent.futures import ThreadPoolExecutor

    inbox.add("stay", [line("stay", n) for n in range(200)])

    def run(_: int) -> str:
        with psycopg.connect(database.address) as db:
            return land_inbox(db, CONTRACTS, inbox.root)[0].outcome

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == ["landed", "skipped", "skipped", "skipped"]


def test_inbox_that_is_no_folder(inbox: SmallInbox, db: psycopg.Connection) -> None:
    with pytest.raises(IngestionError, match="is no folder"):
        land_inbox(db, CONTRACTS, inbox.root / "nothing")


def test_one_log_line_per_delivery_with_counts_only(
    inbox: SmallInbox, land: Land, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.add("payment", [line("payment", 1), line("payment", 2, paid_on="?")])
    inbox.add("vehicle", [line("vehicle", 1)], states={"rows": 5})
    with caplog.at_level("INFO", logger="minzheng.landing"):
        land()
    told = [record.getMessage().rpartition(" seconds=")[0] for record in caplog.records]
    assert told == [
        "delivery=payment_20250625_full_01 feed=payment outcome=landed received=2 landed=1 rejected=1 "
        "repeated=0 reason=none",
        "delivery=vehicle_20250625_full_01 feed=vehicle outcome=rejected received=0 landed=0 rejected=0 "
        "repeated=0 reason=row_count",
    ]


def test_progress_counts_lines(inbox: SmallInbox, db: psycopg.Connection, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """In blocks while a file is read, over all files that are new; what was landed before does not count."""
    monkeypatch.setattr(decoding, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 4096)
    inbox.add("payment", [line("payment", n) for n in range(100)])
    inbox.add("vehicle", [line("vehicle", n) for n in range(10)], day=NEXT_DAY)
    told: list[tuple[str, int, int]] = []
    land_inbox(db, CONTRACTS, inbox.root, progress=lambda *one: told.append(one))
    assert {total for _, _, total in told} == {110}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][:2] == ("vehicle_20250626_full_01", 110)
    assert len([one for one in told if one[0].startswith("payment")]) > 3
