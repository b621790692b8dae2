"""The log: append-only, every tampering found, anchored outside, and answers made again."""

import json
import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SM3, Hash
from hand_made_family import CONSENT, TODAY, Family
from psycopg.types.json import Jsonb
from templates import Templates

from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.migrate import downgrade, migrate
from warehouse.pipeline.inputs import deliveries_digest
from warehouse.verification.audit import (
    Difference,
    anchor_log,
    check_log,
    differences,
    entries,
    read_anchors,
    readings,
    reproduce,
    resident_of,
    write_anchors,
)
from warehouse.verification.authorization import add, revoke


def ask_six_times(database: Warehouse) -> None:
    with database.connect() as connection:
        family = Family(connection)
        family.publish()
        for number in range(1, 7):
            family.verify(f"R{number}", **({"authorization_no": "SQ-404"} if number == 4 else {}))


@pytest.fixture
def template(request: pytest.FixtureRequest, templates: Templates, migrated: Warehouse) -> Warehouse:
    if "family" not in request.fixturenames:
        return migrated
    return templates.made_once("asked", ask_six_times, migrated)


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    """Six questions asked, the fourth refused."""
    return Family(connection)


def tamper(family: Family, statement: str, *parameters: object) -> None:
    """As somebody who owns the tables might."""
    family.execute("alter table audit.verification_log disable trigger all")
    family.execute(statement, parameters)
    family.execute("alter table audit.verification_log enable trigger all")


def faulty_rows(family: Family, anchors: Path | None = None) -> list[int]:
    _, faults = check_log(family.connection, read_anchors(anchors) if anchors else ())
    return [fault.log_id for fault in faults]


def test_a_log_left_alone_holds(family: Family) -> None:
    assert check_log(family.connection) == (6, [])


@pytest.mark.parametrize("setting", ["set timezone = 'America/Lima'", "set datestyle = 'German, DMY'"])
def test_the_check_does_not_depend_on_who_is_connected(family: Family, setting: str) -> None:
    family.execute(setting)
    assert check_log(family.connection) == (6, [])


# The number of the first row that is wrong or missing.
TAMPERINGS = {
    "a word of an answer": (
        "update audit.verification_log set answer = jsonb_set(answer, '{household,income_yuan}', '1')"
        " where log_id = 2",
        [2],
    ),
    "the reason": ("update audit.verification_log set purpose = 'review' where log_id = 3", [3]),
    "the moment": (
        "update audit.verification_log set logged_at = logged_at - interval '1 second' where log_id = 1",
        [1],
    ),
    "the persons": ("update audit.verification_log set resident_ids = '{}' where log_id = 5", [5]),
    "a row in the middle": ("delete from audit.verification_log where log_id = 3", [3]),
    "the first row": ("delete from audit.verification_log where log_id = 1", [1]),
    "the last row": ("delete from audit.verification_log where log_id = 6", [6]),
    "the last two": ("delete from audit.verification_log where log_id > 4", [5]),
    "all": ("delete from audit.verification_log", [1]),
    "two rows exchanged": (
        "update audit.verification_log set log_id = case log_id when 2 then -3 when 3 then -2 end"
        " where log_id in (2, 3); update audit.verification_log set log_id = -log_id where log_id < 0",
        [2, 2, 3, 3, 4],
    ),
}


# Nothing of the log is touched: answers cannot follow, or the check is to be deceived.
HEADS_AND_TOOLS = {
    "the head set back": (
        "update audit.chain_head set (log_id, row_hash) = (select log_id, row_hash"
        " from audit.verification_log where log_id = 3) where lane = 0",
        [4],
    ),
    "the head set forward": ("update audit.chain_head set log_id = 9 where lane = 0", [7]),
    "the hash of the head": ("update audit.chain_head set row_hash = '' where lane = 0", [7]),
    "a row beside the lanes": (
        "alter table audit.verification_log drop constraint verification_log_pkey;"
        "alter table audit.verification_log alter lane drop not null;"
        "insert into audit.verification_log select (l).* from (select jsonb_populate_record(log,"
        ' \'{"lane": null, "request_id": null, "report_no": "HD-X"}\') as l'
        " from audit.verification_log as log where log_id = 1) as forged",
        [1],
    ),
    "what tells the texts of rows": (
        "create table public.texts as select log_id, audit.row_text(log) as text from audit.verification_log as log;"
        "create or replace function audit.row_text(logged audit.verification_log) returns text language sql as"
        " 'select text from public.texts where log_id = $1.log_id';"
        "update audit.verification_log set operator = '别人' where log_id = 2",
        [2],
    ),
}


@pytest.mark.parametrize("name", HEADS_AND_TOOLS)
def test_what_is_done_beside_the_rows_is_found(family: Family, name: str) -> None:
    statement, rows = HEADS_AND_TOOLS[name]
    for part in statement.split(";"):
        tamper(family, part)
    assert faulty_rows(family) == rows


def test_the_check_reads_rows_as_the_log_hashes_them(lanes: Family) -> None:
    told = lanes.connection.execute(
        "select lane, log_id, audit.row_text(log) from audit.verification_log as log order by 1, 2"
    ).fetchall()
    read = [
        (lane, entry.log_id, entry.text) for lane in range(3) for entry in entries(lanes.connection, lane)
    ]
    assert read == told


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_is_found(family: Family, name: str) -> None:
    statement, rows = TAMPERINGS[name]
    for part in statement.split(";"):
        tamper(family, part)
    assert faulty_rows(family) == rows


def rewrite_chain(family: Family) -> None:
    """Make all hashes right again, as somebody who owns the database could."""
    tamper(
        family,
        """
        do $$
        declare
            row audit.verification_log;
            previous bytea := sha256('minzheng');
            number bigint := 0;
        begin
            for row in select * from audit.verification_log order by log_id loop
                number := number + 1;
                update audit.verification_log set log_id = number where log_id = row.log_id;
                row.log_id := number;
                update audit.verification_log set previous_hash = previous,
                    row_hash = sha256(previous || convert_to(audit.row_text(row), 'UTF8')) where log_id = number
                returning row_hash into previous;
            end loop;
            update audit.chain_head set log_id = number, row_hash = previous where lane = 0;
        end $$
        """,
    )


@pytest.mark.parametrize("name", [name for name in TAMPERINGS if name != "two rows exchanged"])
def test_a_log_rewritten_hashes_and_all_does_not_match_the_anchor(
    family: Family, name: str, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.jsonl"
    write_anchors(family.connection, anchors)
    tamper(family, TAMPERINGS[name][0])
    rewrite_chain(family)
    assert faulty_rows(family) == []  # the chain alone would be deceived
    assert faulty_rows(family, anchors) == [6]


def test_the_log_takes_rows_and_gives_none_back(family: Family) -> None:
    for statement in (
        "update audit.verification_log set purpose = 'review'",
        "delete from audit.verification_log",
        "truncate audit.verification_log",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), family.connection.transaction():
            family.execute(statement)
    assert check_log(family.connection) == (6, [])


def test_no_answer_where_the_log_cannot_be_written(family: Family) -> None:
    family.execute("alter table audit.verification_log add constraint full_disk check (log_id < 7) not valid")
    family.connection.commit()
    with pytest.raises(psycopg.errors.CheckViolation):
        family.verify("R7")
    family.connection.rollback()
    assert check_log(family.connection) == (6, [])


# Lanes


@pytest.fixture
def lanes(family: Family, database: Warehouse) -> Family:
    """R7 is answered while R8 and R9 are on their way to the disk."""
    with psycopg.connect(database.address) as second, psycopg.connect(database.address) as third:
        for number, connection in ((8, second), (9, third), (7, family.connection)):
            connection.execute("set lock_timeout = '2s'")
            connection.execute("select api_v1.verify(%s)", [Jsonb(family.request(f"R{number}"))])
        family.connection.commit()
    return family


def test_answers_given_at_once_do_not_wait_for_one_another(lanes: Family) -> None:
    assert lanes.log("request_id, lane, log_id")[-3:] == [("R8", 0, 7), ("R9", 1, 1), ("R7", 2, 1)]
    assert check_log(lanes.connection) == (9, [])


def test_with_every_lane_taken_an_answer_waits_no_longer_than_seconds(
    family: Family, database: Warehouse
) -> None:
    """Sessions left open with a line of the log each make others fail, not hang, whatever limits they have. 5 s."""
    with psycopg.connect(database.address) as other:
        other.execute("select from audit.chain_head for update")
        family.execute("set lock_timeout = 0; set statement_timeout = '20s'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            family.verify("R7")


def test_every_line_of_the_log_waits_for_the_disk(family: Family) -> None:
    """Readings as well as answers, whatever the server or the login says."""
    family.execute("set synchronous_commit = off")
    family.connection.commit()
    family.execute("select verification.note_reading('findings', 'review', '{}', '{}')")
    assert family.connection.execute("show synchronous_commit").fetchone() == ("on",)
    family.connection.commit()
    assert family.connection.execute("show synchronous_commit").fetchone() == ("off",)


def test_with_every_lane_taken_an_answer_waits_its_turn(family: Family, database: Warehouse) -> None:
    with psycopg.connect(database.address) as other:
        other.execute("select from audit.chain_head for update")
        family.execute("set statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            family.verify("R7")
        family.connection.rollback()
    assert family.verify("R7")["status"] == "answered"
    assert check_log(family.connection) == (7, [])


LANE_TAMPERINGS = {
    "a lane's rows": ("delete from audit.verification_log where lane = 1", [(1, 1)]),
    "a lane's head": ("delete from audit.chain_head where lane = 1", [(1, 1)]),
    "a lane that holds nothing, head and all": ("delete from audit.chain_head where lane = 9", [(9, 1)]),
    "two lanes exchanged": (
        "update audit.verification_log set lane = -lane where lane in (1, 2);"
        "update audit.verification_log set lane = 3 + lane where lane < 0;"
        "update audit.chain_head set lane = -lane where lane in (1, 2);"
        "update audit.chain_head set lane = 3 + lane where lane < 0",
        [(1, 1), (1, 1), (2, 1), (2, 1)],
    ),
    "a row moved to an empty lane": (
        "update audit.verification_log set lane = 3 where lane = 2",
        [(2, 1), (3, 1), (3, 1)],
    ),
    "a row moved out of sight": (
        "update audit.verification_log set lane = 99 where lane = 2",
        [(2, 1), (99, 1)],
    ),
    "the name of the client": ("update audit.verification_log set client = 'x' where lane = 2", [(2, 1)]),
}


@pytest.mark.parametrize("name", LANE_TAMPERINGS)
def test_every_tampering_with_lanes_is_found(lanes: Family, name: str) -> None:
    statement, places = LANE_TAMPERINGS[name]
    for part in statement.split(";"):
        tamper(lanes, part)
    _, faults = check_log(lanes.connection)
    assert {(fault.lane, fault.log_id) for fault in faults} == set(places)


def test_a_lane_removed_hashes_and_all_does_not_match_its_anchor(lanes: Family, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    assert [(anchor.lane, anchor.log_id) for anchor in write_anchors(lanes.connection, anchors)] == [
        (0, 7), (1, 1), (2, 1),
    ]  # fmt: skip
    tamper(lanes, "delete from audit.verification_log where lane = 1")
    tamper(
        lanes,
        "update audit.chain_head set log_id = 0, row_hash = sha256('minzheng 1') where lane = 1",
    )
    assert check_log(lanes.connection)[1] == []  # the chain alone would be deceived
    [fault] = check_log(lanes.connection, read_anchors(anchors))[1]
    assert (fault.lane, fault.log_id) == (1, 1)


def test_a_log_of_one_lane_is_taken_over_and_given_back(
    family: Family, database: Warehouse, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.jsonl"
    write_anchors(family.connection, anchors)
    as_written_then = [
        {key: value for key, value in asdict(anchor).items() if key != "lane"}
        for anchor in read_anchors(anchors)
    ]
    anchors.write_text("".join(json.dumps(line) + "\n" for line in as_written_then))
    family.connection.commit()
    downgrade(database, "0009")
    family.execute("select from audit.chain_head where is_only_row")
    family.connection.commit()
    migrate(database)
    family.verify("R7")
    assert check_log(family.connection, read_anchors(anchors)) == (7, [])


def test_a_log_of_several_lanes_is_not_given_to_a_version_that_cannot_check_it(
    lanes: Family, database: Warehouse
) -> None:
    with pytest.raises(UsageError, match="several lanes"):
        downgrade(database, "0009")
    assert check_log(lanes.connection) == (9, [])


# Anchors


def test_anchors_follow_one_another(family: Family, tmp_path: Path) -> None:
    anchors = tmp_path / "copies" / "anchors.jsonl"
    [first] = write_anchors(family.connection, anchors)
    assert write_anchors(family.connection, anchors) == []
    family.verify("R7")
    [second] = write_anchors(family.connection, anchors)
    assert read_anchors(anchors) == [first, second]
    assert (first.log_id, second.log_id) == (6, 7)
    assert check_log(family.connection, read_anchors(anchors)) == (7, [])
    # an anchor taken out, or changed, is missed
    assert check_log(family.connection, [second])[1] != []


def test_the_seal_is_sm3_of_the_standard() -> None:
    """GB/T 32905-2016, appendix A.1: the example "abc"."""
    digest = Hash(SM3())
    digest.update(b"abc")
    assert digest.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_broken_log_is_not_anchored(family: Family, tmp_path: Path) -> None:
    tamper(family, TAMPERINGS["the reason"][0])
    with pytest.raises(MinzhengError, match="Row 3 of lane 0 of the log does not hold"):
        write_anchors(family.connection, tmp_path / "anchors.jsonl")
    assert not (tmp_path / "anchors.jsonl").exists()


def test_a_lane_cut_behind_its_last_anchor_is_told_when_nothing_new_came(
    family: Family, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.jsonl"
    write_anchors(family.connection, anchors)
    tamper(family, "delete from audit.verification_log where log_id > 4")
    with pytest.raises(MinzhengError, match="no longer reaches its last anchor, row 6"):
        write_anchors(family.connection, anchors)


def test_a_file_that_holds_no_anchors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    file.write_text(json.dumps({"anchored": 1}))
    with pytest.raises(UsageError, match=r"Line 1 of .* is no anchor"):
        read_anchors(file)
    file.write_bytes("锚点".encode("gb18030"))
    with pytest.raises(UsageError, match="is not UTF-8"):
        read_anchors(file)


def test_a_file_joined_by_hand_is_read_and_followed(family: Family, tmp_path: Path) -> None:
    """With blank lines between, and no end to the last one."""
    anchors = tmp_path / "anchors.jsonl"
    for number in range(2):
        family.verify(f"R{number}")
        write_anchors(family.connection, anchors)
    anchors.write_text(anchors.read_text().replace("\n", "\n\n").rstrip())
    family.verify("R9")
    assert write_anchors(family.connection, anchors)
    assert len(read_anchors(anchors)) == 3
    assert check_log(family.connection, read_anchors(anchors))[1] == []


def test_a_full_disk_leaves_the_anchors_as_they_were(family: Family, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    write_anchors(family.connection, anchors)
    before = anchors.read_bytes()
    family.verify("R7")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        with pytest.raises(MinzhengError, match="cannot be written"):
            write_anchors(family.connection, anchors)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert anchors.read_bytes() == before
    write_anchors(family.connection, anchors)
    assert check_log(family.connection, read_anchors(anchors)) == (7, [])


def test_two_who_anchor_at_once_follow_one_another(
    family: Family, database: Warehouse, tmp_path: Path
) -> None:
    family.connection.commit()
    anchors = tmp_path / "anchors.jsonl"
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: anchor_log(database, anchors), range(4)))
    assert sorted(map(len, made)) == [0, 0, 0, 1]
    assert check_log(family.connection, read_anchors(anchors)) == (6, [])


def test_anchors_older_than_the_log_still_hold_and_are_followed(family: Family, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    write_anchors(family.connection, anchors)
    older = anchors.read_bytes()
    for number in (7, 8):
        family.verify(f"R{number}")
        write_anchors(family.connection, anchors)
    anchors.write_bytes(older)
    write_anchors(family.connection, anchors)
    assert check_log(family.connection, read_anchors(anchors)) == (8, [])


# Who read whom


def test_who_read_a_person_and_why(family: Family) -> None:
    family.authorize(9, number="SQ-9")
    report = family.verify("R9", authorization_no="SQ-9", members=[family.member(9)], purpose="review")
    family.call("get_report", report["report_no"], "objection", "复核员乙")
    found = readings(family.connection, resident_of(family.connection, family.numbers[9]))
    # who asks is one more reading of that person
    asked = found.pop()
    assert (asked.operation, asked.purpose) == ("resident_of", "audit")
    assert [(r.operation, r.operator, r.purpose, r.authorization_no) for r in found] == [
        ("verify", "核对员甲", "review", "SQ-9"),
        ("get_report", "复核员乙", "objection", "SQ-9"),
    ]
    assert len(readings(family.connection, 1)) == 5  # the refused one read nobody
    with pytest.raises(UsageError, match="Nobody with this number"):
        resident_of(family.connection, "无")


def merge(family: Family, former: int, resident: int) -> None:
    """As linkage notes it when a resident keeps no line."""
    family.execute(
        "insert into ops.identity_event"
        " (kind, delivery_id, line_number, role, before_resident_id, after_resident_id, method)"
        " values ('merged', 'd', %s, 'person', %s, %s, 'reviewed')",
        [former, former, resident],
    )


def test_a_reading_follows_whoever_was_merged_since(family: Family) -> None:
    family.authorize(9, number="SQ-9")
    family.verify("R9", authorization_no="SQ-9", members=[family.member(9)])
    assert readings(family.connection, 3) == readings(family.connection, 1)
    merge(family, 9, 4)
    merge(family, 4, 3)
    for anyone in (3, 4, 9):
        assert "SQ-9" in {reading.authorization_no for reading in readings(family.connection, anyone)}
    assert "SQ-9" not in {reading.authorization_no for reading in readings(family.connection, 1)}


def reviewed(family: Family, *, possibly: bool = False) -> set[int]:
    rows = family.connection.execute(
        "select resident_id from ops.last_review where is_possible = %s", (possibly,)
    ).fetchall()
    return {number for (number,) in rows}


def test_what_is_asked_otherwise_is_no_review(family: Family) -> None:
    """G02 goes by answers of verify for the purpose of review alone."""
    family.authorize(9, number="SQ-9")
    request = family.request("R9", authorization_no="SQ-9", members=[family.member(9)], purpose="review")
    assert family.call("marriage_status", request)["status"] == "answered"
    assert family.call("verify", request | {"request_id": "R10", "purpose": "change"})["status"] == "answered"
    unknown = request | {"request_id": "R11", "authorization_no": "SQ-404"}
    assert family.call("verify", unknown)["status"] == "refused"
    assert family.call("resident_status", family.numbers[9], "review")["identity"] == "found"
    assert reviewed(family) == set()
    family.call("verify", request | {"request_id": "R12"})
    assert reviewed(family) == {9}


def test_a_review_counts_for_whoever_was_merged_since(family: Family) -> None:
    family.authorize(9, number="SQ-9")
    family.verify("R9", authorization_no="SQ-9", members=[family.member(9)], purpose="review")
    assert reviewed(family) == {9}
    merge(family, 9, 4)
    merge(family, 4, 3)
    assert reviewed(family) == {3}


def test_a_review_of_whose_lines_went_to_two_is_possible_for_both(family: Family) -> None:
    family.authorize(9, number="SQ-9")
    family.verify("R9", authorization_no="SQ-9", members=[family.member(9)], purpose="review")
    merge(family, 9, 3)
    merge(family, 9, 4)
    assert reviewed(family) == set()
    assert reviewed(family, possibly=True) == {3, 4}
    assert "SQ-9" in {reading.authorization_no for reading in readings(family.connection, 4)}


def test_a_review_is_news_for_the_next_build_its_merger_is_none(family: Family) -> None:
    family.authorize(9, number="SQ-9")
    before = deliveries_digest(family.connection, TODAY)
    family.verify("R9", authorization_no="SQ-9", members=[family.member(9)], purpose="review")
    asked = deliveries_digest(family.connection, TODAY)
    assert asked != before
    merge(family, 9, 4)
    assert deliveries_digest(family.connection, TODAY) == asked
    family.verify("R10", authorization_no="SQ-1", purpose="review")
    assert deliveries_digest(family.connection, TODAY) != asked


def test_whoever_is_named_again_after_a_merger_stands_for_himself(family: Family) -> None:
    family.authorize(9, number="SQ-9")
    family.verify("R9", authorization_no="SQ-9", members=[family.member(9)], purpose="review")
    merge(family, 9, 4)
    family.execute(
        "insert into ops.person_link"
        " (feed, delivery_id, line_number, role, resident_id, number_resident_id, method)"
        " values ('population', 'd', 77, 'person', 9, 9, 'id_number')"
    )
    assert reviewed(family) == {9}
    assert "SQ-9" not in {reading.authorization_no for reading in readings(family.connection, 4)}


@pytest.fixture(autouse=True)
def identities(family: Family) -> None:
    for resident_id, number in family.numbers.items():
        family.execute(
            "insert into ops.resident_identity (resident_id, id_number, first_delivery_id, first_line_number)"
            " overriding system value values (%s, %s, 'd', 1)",
            [resident_id, number],
        )


# Receipts


def test_an_answer_comes_out_again_after_the_data_moved_on(family: Family) -> None:
    report_no = family.log("report_no")[0][0]
    family.execute("update marts.income_item set amount_yuan = 1300 where resident_id = 1")
    family.publish()
    result = reproduce(family.connection, report_no)
    assert (result.generation, result.current_generation, result.again) == (1, 2, ())
    assert Difference("household.income_yuan", 1500, 1800) in result.today
    assert Difference("members[1].income_items[1].amount_yuan", 1000, 1300) in result.today
    # What comes out today is read of people as they are now.
    assert family.log("operation, outcome, purpose, resident_ids, request ->> 'report_no'")[-1] == (
        "reproduce", "read", "audit", [1, 2, 3], report_no,
    )  # fmt: skip
    with pytest.raises(UsageError, match="No answer was given under HD-404"):
        reproduce(family.connection, "HD-404")


def test_rows_changed_under_a_generation_do_not_come_out_again(family: Family) -> None:
    family.execute("update pub.income_item set amount_yuan = 1 where resident_id = 1")
    assert reproduce(family.connection, family.log("report_no")[0][0]).again != ()


@pytest.mark.parametrize(
    ("given", "now", "expected"),
    [
        ({"a": [1, 2]}, {"a": [1, 2]}, []),
        ({"a": 1}, {"b": 1}, ["a", "b"]),
        ({"a": [1]}, {"a": [1, {"b": 2}]}, ["a[2]"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[1].b"]),
        ({"a": []}, {"a": None}, ["a"]),
    ],
)
def test_differences_are_named_by_path(given: object, now: object, expected: list[str]) -> None:
    assert [difference.path for difference in differences(given, now)] == expected


# Consent by hand


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id_numbers": ["420203198001010018", "42020319800101001"]}, "line 1, 2"),
        ({"feeds": ["vehicles"]}, "A source is named that is none"),
        ({"to": TODAY.replace(year=2000)}, "end before it begins"),
    ],
)
def test_consent_that_cannot_be_right_is_refused(family: Family, change: dict, message: str) -> None:
    entry: dict = {
        "number": "SQ-2", "id_numbers": [family.numbers[9]], "since": TODAY, "to": TODAY, "entered_by": "甲",
    } | change  # fmt: skip
    with pytest.raises(UsageError, match=message) as refusal:
        add(family.connection, **entry)
    assert "420203" not in str(refusal.value)


def test_consent_is_entered_used_and_withdrawn_for_good(family: Family) -> None:
    def ask(request_id: str) -> str:
        return family.verify(request_id, authorization_no="SQ-2", members=[family.member(9)])["status"]

    assert add(family.connection, "SQ-2", [family.numbers[9].lower()], TODAY, TODAY, "甲") == 1
    assert ask("R20") == "answered"
    revoke(family.connection, "SQ-2", "乙", "本人撤回")
    assert ask("R21") == "refused"
    with pytest.raises(UsageError, match="withdrawn"):
        add(family.connection, "SQ-2", [family.numbers[9]], TODAY, TODAY, "甲")
    with pytest.raises(UsageError, match="withdrawn before"):
        revoke(family.connection, "SQ-2", "乙", "again")
    with pytest.raises(UsageError, match="No such authorization is known"):
        revoke(family.connection, "SQ-3", "乙", "typo")
    assert family.verify("R22")["status"] == "answered"  # another authorization stands
    assert CONSENT in {row[0] for row in family.log("authorization_no")}


# As migration 0012 wrote it.
FIRST_TEXT = """
    jsonb_build_array(
        log_id, extract(epoch from logged_at), operation, outcome, problem_code, caller, operator, purpose,
        authorization_no, request_id, report_no, generation, asked_on - date '2000-01-01', open_feeds, resident_ids,
        request, answer
    )::text
    || case when lane = 0 and client is null then '' else jsonb_build_array(lane, client)::text end
"""


def test_the_text_of_a_row_reads_as_it_did_when_rows_were_first_chained(family: Family) -> None:
    """The hashes of old rows are taken over it, whatever now makes it: blanks, escapes, digits, nulls."""
    family.publish()
    family.verify(operator='核"对\\员\t甲 é😀')
    family.verify("R2", purpose="curiosity", operator="")
    tamper(
        family,
        "update audit.verification_log set open_feeds = '{population,\"a b\"}', client = '甲\"' where log_id = 1",
    )
    rows = family.connection.execute(
        f"select audit.row_text(log), {FIRST_TEXT} from audit.verification_log as log"
    )
    assert [now == first for now, first in rows.fetchall()] == [True] * 8
