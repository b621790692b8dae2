"""A contract is tried as it would run: what lands, what is rejected where, what the records say, people masked."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from own_layouts import column, contract, key

from ingestion.contract import Contract
from ingestion.errors import RequestError
from ingestion.trial import tried
from lab.simulator.identity_numbers import check_character

NUMBER = "42020419500101100" + check_character("42020419500101100")


def visits(folder: Path, **custom: Any) -> Contract:
    columns = [
        key("visit_no", "工单"),
        column("name", "姓名", classification="name", custom={"type": "name"}),
        column("id_number", "证件", classification="identity", custom={"type": "id_number"}),
        column("visited_at", "时间", logicalType="timestamp", required=True),
        column("caller", "来电", classification="contact"),
    ]
    records = [{"record": "home_visit", "not_sent": ["minutes", "service_code", "fee_yuan", "provider"]}]
    files = [{"pattern": "gd{YYYYMMDD}.csv", "mode": "delta"}]
    said = {"records": records, "encoding": "gb18030", "delimiter": ",", "files": files, **custom}
    return contract(folder, "csv", columns, **{word: value for word, value in said.items() if value})


def file_of(folder: Path, name: str = "gd20250601.csv") -> Path:
    path = folder / name
    lines = [
        "工单,姓名,证件,时间,来电", f"V1,王建国,{NUMBER},2025-06-01 09:00:00,13900000001",
        f"V2,李秀英,{NUMBER},上午,", f"V3,张志强,{NUMBER},2025-06-01 11:00:00,", "V4,刘桂兰",
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    return path


def test_lines_and_reasons_and_the_share_that_came_through(db: psycopg.Connection, tmp_path: Path) -> None:
    trial = tried(db, visits(tmp_path), [file_of(tmp_path)])
    (one,) = trial.files
    assert (one.result.received_count, one.result.landed_count, one.share) == (4, 2, 0.5)
    assert {(r.reason_code, r.column, r.count, *r.lines) for r in one.rejected} == {
        ("unreadable_instant", "时间", 1, 3),
        ("field_count", None, 1, 5),
    }
    (filled,) = trial.records
    assert filled.rows == 2
    assert filled.empty == {"caller": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("寄存号,寄存人,寄存人身份证,寄存时间,备注", "second_table"),
        ('寄存号,"寄存人",寄存人身份证,寄存时间,备注', "second_table"),
        ("工单,姓名,证件,时间,来电", None),  # its own header, once more
        ("V6,王建国,不详,上午,没有", None),
        ("制表单位：民政局,制表人：张三,审核人：李四,负责人：王五,报送：月末", None),
        ("走访,王建国,不详,不详,不详", None),
    ],
)
def test_a_table_below_another_is_not_read_as_that_one(
    db: psycopg.Connection, tmp_path: Path, line: str, reason: str | None
) -> None:
    """Whose urn was brought would have died, in the table below that of the dead."""
    path = file_of(tmp_path)
    below = f"{line}\nJ1,李秀英,{NUMBER},2025-06-01 09:00:00,\n"
    path.write_bytes(path.read_bytes() + f"\n{below}".encode("gb18030"))
    trial = tried(db, visits(tmp_path), [path])
    (one,) = trial.files
    assert one.result.reason_code == reason
    assert [filled.rows for filled in trial.records] == [0 if reason else 3]
    if reason:
        assert "line 7 names columns" in (one.result.reason or "")


def test_people_are_masked_unless_asked_for(db: psycopg.Connection, tmp_path: Path) -> None:
    described, path = visits(tmp_path), file_of(tmp_path)
    (filled,) = tried(db, described, [path], rows=1).records
    (row,) = filled.first
    assert (row["name"], row["id_number"], row["caller"]) == ("王**", f"420204********{NUMBER[-4:]}", "****")
    assert row["visited_at"] == "2025-06-01 09:00:00+08"
    (shown,) = tried(db, described, [path], rows=1, is_shown=True).records
    assert (shown.first[0]["name"], shown.first[0]["id_number"]) == ("王建国", NUMBER)


def test_a_number_within_another_cell_is_masked_too(db: psycopg.Connection, tmp_path: Path) -> None:
    described = visits(tmp_path)
    path = tmp_path / "gd20250601.csv"
    path.write_text(f"工单,姓名,证件,时间,来电\nV{NUMBER},王建国,{NUMBER},2025-06-01,\n", encoding="gb18030")
    for is_shown, number in ((False, f"420204********{NUMBER[-4:]}"), (True, NUMBER)):
        ((row,),) = [one.first for one in tried(db, described, [path], is_shown=is_shown).records]
        assert row["visit_no"] == f"V{number}"


@pytest.mark.parametrize(
    ("name", "kind"), [("visit_20250601_delta_02.csv", ("delta", 2)), ("my_delta_of_june.csv", ("full", 1))]
)
def test_a_file_beside_a_manifest_says_by_its_whole_name_what_it_is(
    db: psycopg.Connection, tmp_path: Path, name: str, kind: tuple[str, int]
) -> None:
    tried(db, visits(tmp_path, files=None), [file_of(tmp_path, name)])
    assert db.execute("select mode, sequence_no from ops.delivery").fetchall() == [kind]


def test_a_file_refused_whole_says_why(db: psycopg.Connection, tmp_path: Path) -> None:
    trial = tried(db, visits(tmp_path, encoding="utf-8"), [file_of(tmp_path)])
    assert trial.files[0].result.reason_code == "encoding"
    assert trial.came_through == 0
    assert trial.records[0].rows == 0


def test_a_name_no_pattern_makes_is_told_with_the_patterns(db: psycopg.Connection, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"gd\{YYYYMMDD\}\.csv"):
        tried(db, visits(tmp_path), [file_of(tmp_path, "visits.csv")])
