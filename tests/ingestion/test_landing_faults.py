"""What goes wrong with files: a clear sentence, nothing half landed, the rest goes on.

The fixture ``land`` asserts the invariants I1 to I3 after every landing and again after a second run.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import psycopg
import pytest
from small_inbox import CONTRACTS, MARKER_ACCOUNT, MARKER_NAME, MARKER_NUMBER, Land, SmallInbox, encode, line

from ingestion import landing_table
from ingestion.landing import land_inbox
from ingestion.reading.stream import PlainLines

PAYMENT = CONTRACTS["payment"]


def payments(count: int = 3) -> list[dict]:
    return [line("payment", n) for n in range(1, count + 1)]


def raw_count(db: psycopg.Connection, feed: str) -> int:
    exists = db.execute("select to_regclass(%s)", [f"raw.{feed}"]).fetchone()
    if exists == (None,):
        return 0
    return db.execute(f"select count(*) from raw.{feed}").fetchall()[0][0]


# Deliveries refused whole -------------------------------------------------------------------


def test_a_folder_without_manifest_waits(inbox: SmallInbox, land: Land) -> None:
    path = inbox.add("payment", payments())
    manifest = path.with_name("manifest.json")
    content = manifest.read_bytes()
    manifest.unlink()
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("waiting", "manifest_missing")
    manifest.write_bytes(content)
    assert land()[0].outcome == "landed"


Spoil = Callable[[SmallInbox], object]


def renamed(feed: str, old: str, new: str) -> Spoil:
    def spoil(inbox: SmallInbox) -> object:
        contract = CONTRACTS[feed]
        content = encode(contract, [line(feed, 1)]).decode(contract.file.encoding)
        return inbox.add(
            feed, [line(feed, 1)], content=content.replace(old, new).encode(contract.file.encoding)
        )

    return spoil


def reencoded(feed: str, encoding: str) -> Spoil:
    def spoil(inbox: SmallInbox) -> object:
        contract = CONTRACTS[feed]
        content = encode(contract, [line(feed, 1)]).decode(contract.file.encoding).encode(encoding)
        return inbox.add(feed, [line(feed, 1)], content=content)

    return spoil


def without_header(inbox: SmallInbox) -> object:
    content = encode(PAYMENT, payments()).partition(b"\r\n")[2]
    return inbox.add("payment", payments(2), content=content)


def additional_column(inbox: SmallInbox) -> object:
    text = encode(PAYMENT, payments(1)).decode("gb18030")
    return inbox.add("payment", payments(1), content=text.replace("\r\n", ",备注\r\n").encode("gb18030"))


def truncated(inbox: SmallInbox) -> None:
    path = inbox.add("payment", payments())
    path.write_bytes(path.read_bytes()[:-20])


def sheet_renamed(inbox: SmallInbox) -> None:
    path = inbox.add("cremation", [line("cremation", 1)])
    workbook = openpyxl.load_workbook(path)
    workbook["火化登记"].title = "Sheet1"
    workbook.save(path)
    inbox.add("cremation", [line("cremation", 1)], content=path.read_bytes())


def zip_bomb(inbox: SmallInbox) -> None:
    path = inbox.add("cremation", [line("cremation", 1)])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/bomb.xml", b"0" * 50_000_000)
    inbox.add("cremation", [line("cremation", 1)], content=path.read_bytes())


def with_entities(inbox: SmallInbox) -> None:
    path = inbox.add("cremation", [line("cremation", 1)])
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/extra.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaa">]><x>&a;</x>')
    inbox.add("cremation", [line("cremation", 1)], content=path.read_bytes())


def with_macros(inbox: SmallInbox) -> None:
    path = inbox.add("cremation", [line("cremation", 1)])
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macro")
    inbox.add("cremation", [line("cremation", 1)], content=path.read_bytes())


def damaged_sheet(inbox: SmallInbox) -> None:
    path = inbox.add("cremation", [line("cremation", 1)])
    parts = {}
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"][:-200]
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    inbox.add("cremation", [line("cremation", 1)], content=path.read_bytes())


def json_column_gone(inbox: SmallInbox) -> None:
    text = encode(CONTRACTS["company"], [line("company", 1)]).decode()
    record = json.loads(text)
    del record["登记状态"]
    inbox.add("company", [line("company", 1)], content=json.dumps(record, ensure_ascii=False).encode())


def stating(**states: object) -> Spoil:
    return lambda inbox: inbox.add("payment", payments(), states=states)


def content_of(feed: str, content: bytes) -> Spoil:
    return lambda inbox: inbox.add(feed, [], content=content)


def unreadable_amount(inbox: SmallInbox) -> None:
    inbox.add("payment", [line("payment", 1, amount_yuan="?")], states={"amount_total_yuan": "1.00"})


NOT_UTF_8 = encode(CONTRACTS["company"], [line("company", 1)]) + b"\xff"


@pytest.mark.parametrize(
    ("reason_code", "spoil", "sentence"),
    [
        ("checksum", truncated, "the sha256 differs from the manifest"),
        ("checksum", stating(sha256="0" * 64), "the sha256 differs"),
        ("row_count", stating(rows=4), "holds 3 data lines, the manifest says 4"),
        (
            "control_total",
            stating(amount_total_yuan="1.00"),
            "the sum of 金额 is 2175.00, the manifest says 1",
        ),
        ("control_total", unreadable_amount, "(lines without a readable 金额: 1)"),
        (
            "missing_column",
            renamed("payment", "金额", "发放金额"),
            "column 金额 is missing (1 unknown name, near 金额)",
        ),
        (
            "missing_column",
            renamed("company", "登记状态", "经营状态"),
            "登记状态 is missing (1 unknown name, near 登记状态)",
        ),
        ("missing_column", json_column_gone, "column 登记状态 is missing."),
        ("missing_column", without_header, "the first line is not the expected header"),
        ("missing_column", content_of("payment", b""), "is not the expected header"),
        ("unknown_column", additional_column, "unknown additional column (1 unknown name)"),
        (
            "unknown_column",
            renamed("company", '"类型"', '"备注": 1, "类型"'),
            "additional column (1 unknown name)",
        ),
        ("unknown_column", renamed("population", "民族", "民族,民族"), "column stands twice (民族)"),
        ("encoding", reencoded("population", "gb18030"), "is not valid utf-8"),
        ("encoding", reencoded("vehicle", "utf-8"), "gb18030"),
        (
            "encoding",
            content_of("vehicle", "号牌号码,车辆类型\n".encode()),
            "is written in utf-8, not in gb18030",
        ),
        ("encoding", reencoded("vehicle", "utf-16"), ""),
        ("encoding", content_of("company", NOT_UTF_8), "is not valid utf-8"),
        ("sheet_missing", sheet_renamed, "sheet 火化登记 is missing"),
        ("unsafe_workbook", zip_bomb, "unpacks to more than 200 times its size"),
        ("unsafe_workbook", with_entities, "declares XML entities"),
        ("unsafe_workbook", with_macros, "holds macros"),
        ("unreadable_file", damaged_sheet, "the sheet is damaged"),
        ("unreadable_file", content_of("cremation", b"PK\x03\x04 no zip"), "is no readable XLSX workbook"),
        ("unreadable_file", content_of("cremation", b""), "is no readable XLSX workbook"),
    ],
)
def test_refused_whole(
    inbox: SmallInbox,
    land: Land,
    db: psycopg.Connection,
    reason_code: str,
    spoil: Spoil,
    sentence: str,
) -> None:
    spoil(inbox)
    inbox.add("stay", [line("stay", 1)])
    results = {result.feed: result for result in land()}
    assert results.pop("stay").outcome == "landed", "the others go on"
    (result,) = results.values()
    assert (result.outcome, result.reason_code) == ("rejected", reason_code)
    assert sentence in (result.reason or "")
    assert raw_count(db, result.feed) == 0
    assert db.execute("select reason_code, reason from ops.rejected_delivery").fetchall() == [
        (reason_code, result.reason)
    ]


@pytest.mark.parametrize(
    ("reason_code", "stated"),
    [
        ("manifest_invalid", {"delivery_id": None}),
        ("manifest_invalid", {"sha256": MARKER_NUMBER}),
        ("manifest_invalid", {"rows": -1}),
        ("manifest_invalid", {"rows": "many"}),
        ("manifest_invalid", {"delivery_id": f"'; drop table {MARKER_NAME}"}),
        ("manifest_invalid", {"business_date": "2025-06-26"}),
        ("manifest_invalid", {"feed": "vehicle"}),
        ("manifest_invalid", {"mode": "delta"}),
        ("manifest_invalid", {"format": "jsonl"}),
        ("manifest_invalid", {"encoding": "utf-7"}),
        ("manifest_invalid", {"amount_total_yuan": None}),
        ("manifest_invalid", {"amount_total_yuan": "1e400"}),
        ("manifest_invalid", {"file": "other_name.csv"}),
        ("unknown_layout_version", {"layout_version": 2}),
        ("file_missing", {"file": "payment_20250625_full_09.csv"}),
        ("unsafe_path", {"file": "../../../../etc/passwd"}),
        ("unsafe_path", {"file": "/etc/passwd"}),
        ("unsafe_path", {"file": ".."}),
        ("unsafe_path", {"file": "manifest.json"}),
        ("unsafe_path", {"file": "a\x00b.csv"}),
    ],
)
def test_manifest_that_cannot_be_used(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, reason_code: str, stated: dict
) -> None:
    path = inbox.add("payment", payments())
    (path.parent / "other_name.csv").write_bytes(path.read_bytes())
    inbox.add("payment", payments(), states=stated)
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", reason_code)
    assert (result.reason or "").startswith("assistance/payment/20250625")
    assert raw_count(db, "payment") == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": ' * 9000, b"0" * 70_000])
def test_manifest_that_is_none(inbox: SmallInbox, land: Land, content: bytes) -> None:
    inbox.add("payment", payments()).with_name("manifest.json").write_bytes(content)
    assert land()[0].reason_code == "manifest_invalid"


def test_links_are_not_followed(inbox: SmallInbox, land: Land, tmp_path: Path) -> None:
    path = inbox.add("payment", payments())
    outside = tmp_path / "outside.csv"
    path.rename(outside)
    path.symlink_to(outside)
    assert land()[0].reason_code == "unsafe_path"
    path.unlink()
    outside.rename(path)
    manifest = path.with_name("manifest.json")
    manifest.rename(tmp_path / "manifest.json")
    manifest.symlink_to(tmp_path / "manifest.json")
    assert land()[0].reason_code == "unsafe_path"
    os.rename(path.parent, tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (result,) = land()
    assert (result.outcome, result.delivery_id) == ("stray", "assistance/payment/20250625")
    assert "links are not followed" in (result.reason or "")


def test_feed_nobody_described(inbox: SmallInbox, land: Land) -> None:
    path = inbox.add("vehicle", [line("vehicle", 1)])
    path.parent.parent.rename(inbox.root / "shared" / "bicycle")
    (result,) = land()
    assert result.reason_code == "unknown_feed"
    assert "Add ingestion/contracts/<system>__<feed>.yml" in (result.reason or "")


def test_corrected_delivery_is_tried_again(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("payment", payments(), states={"rows": 5})
    assert land()[0].outcome == "rejected"
    inbox.add("payment", payments())
    assert land()[0].outcome == "landed"
    assert raw_count(db, "payment") == 3


def test_same_id_with_other_content(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("payment", payments())
    land()
    inbox.add("payment", payments(4))
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", "same_id_other_content")
    assert "Send the correction under a new delivery_id" in (result.reason or "")
    assert raw_count(db, "payment") == 3
    inbox.add("payment", payments(4), number=2)
    assert (land()[0].landed_count, raw_count(db, "payment")) == (1, 7)


def test_landed_file_is_overwritten_under_its_manifest(inbox: SmallInbox, land: Land) -> None:
    path = inbox.add("payment", payments())
    land()
    path.write_bytes(encode(PAYMENT, payments(4)))
    assert land()[0].reason_code == "checksum"


# Lines rejected -----------------------------------------------------------------------------


def rejected(db: psycopg.Connection) -> list[tuple]:
    return db.execute(
        "select line_number, reason_code, column_name from ops.rejected_row order by delivery_id, line_number"
    ).fetchall()


@pytest.mark.parametrize(
    ("feed", "values", "reason_code", "column"),
    [
        ("payment", {"paid_on": "2025-02-30"}, "unreadable_date", "发放日期"),
        ("payment", {"benefit_month": "202513"}, "unreadable_month", "所属月份"),
        ("payment", {"amount_yuan": "9999999999999"}, "unreadable_amount", "金额"),
        ("payment", {"amount_yuan": ""}, "missing_value", "金额"),
        ("payment", {"payment_no": ""}, "missing_key", "支付流水号"),
        ("payment", {"payment_no": " \u3000"}, "missing_key", "支付流水号"),
        ("payment", {"payment_no": "9" * 200}, "field_too_long", "支付流水号"),
        ("payment", {"payee_name": "长" * 30_000}, "field_too_long", "领款人姓名"),
        ("vehicle", {"owner_name": "长" * 256}, "field_too_long", "车主姓名"),
        ("vehicle", {"vehicle_type": "K" * 129}, "field_too_long", "车辆类型"),
        ("vehicle", {"owner_id_number": "4" * 129}, "field_too_long", "车主身份证号"),
        ("real_estate", {"usage": "住" * 256}, "field_too_long", "用途"),
        ("temporary_aid", {"reason": "因" * 2001}, "field_too_long", "事由"),
        ("aid_household", {"authorization_no": "A" * 3000}, "field_too_long", "授权书编号"),
        ("payment", {"case_no": "K" * 20_000}, "field_too_long", "业务编号"),
        ("payment", {"account_no": "6" * 129}, "field_too_long", "银行账号"),
        ("payment", {"division_code": "4" * 129}, "field_too_long", "行政区划代码"),
        ("aid_household", {"members": [{"姓名": "长" * 256}]}, "field_too_long", "家庭成员"),
        ("aid_household", {"members": [{"姓名": ["长"] * 100}]}, "field_too_long", "家庭成员"),
        ("aid_household", {"members": [{"身份证号": 10**1000}]}, "field_too_long", "家庭成员"),
        ("company", {"officers": [{"证件号": "1", "角色": "角" * 256}]}, "field_too_long", "人员"),
        ("entitlement", {"operation": "删除"}, "unknown_operation", "操作"),
        ("entitlement", {"operation": ""}, "unknown_operation", "操作"),
        ("entitlement", {"ended_on": "soon"}, "unreadable_date", "终止日期"),
        ("marriage_event", {"updated_at": "25:00"}, "unreadable_instant", "更新时间"),
        ("aid_household", {"status": None}, "missing_value", "状态"),
        ("cremation", {"died_on": "2024年2月30日"}, "unreadable_date", "死亡日期"),
        ("cremation", {"deceased_name": "=1+1"}, "formula_cell", "逝者姓名"),
    ],
)
def test_rejected_line(
    inbox: SmallInbox, land: Land, db: psycopg.Connection,
    feed: str, values: dict, reason_code: str, column: str,
) -> None:  # fmt: skip
    inbox.add(feed, [line(feed, 1), line(feed, 2, **values), line(feed, 3)])
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (2, 1)
    number = 2 if CONTRACTS[feed].file.format == "jsonl" else 3
    assert rejected(db) == [(number, reason_code, column)]
    key = [str(values.get(name, line(feed, 2)[name])) for name in CONTRACTS[feed].key]
    named = db.execute("select key_hash, clean.key_hash(variadic %s::text[]) from ops.rejected_row", [key])
    held, expected = named.fetchone() or (None, None)
    assert held == (None if reason_code in ("missing_key", "formula_cell") else expected)


(MEMBER, _) = line("aid_household", 1)["members"]


@pytest.mark.parametrize(
    ("feed", "values"),
    [
        ("vehicle", {"registered_on": "2025-02-30", "assessed_wan_yuan": "viel"}),
        ("population", {"household_type": "?", "changed_on": "gestern"}),
        ("cremation", {"relief_yuan": "unbekannt", "cremated_on": "2025-02-30"}),
        ("stay", {"id_number": "keine", "name": ""}),
        ("vehicle", {"owner_name": "长" * 255, "registered_on": "?" * 1000}),
        ("temporary_aid", {"reason": "因" * 2000}),
        ("aid_household", {"members": [MEMBER | {"姓名": "长" * 255}] * 100}),
    ],
)
def test_unreadable_optional_or_long_value_keeps_its_line(
    inbox: SmallInbox, land: Land, feed: str, values: dict
) -> None:
    inbox.add(feed, [line(feed, 1, **values)])
    assert land()[0].landed_count == 1


def test_field_count_and_nul(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    good = encode(PAYMENT, payments()).decode("gb18030").split("\r\n")[:-1]
    bad = [good[2] + ",mehr", good[2].replace("成功", "\0"), ",".join(good[2].split(",")[:9])]
    content = "\r\n".join([*good[:2], *bad, *good[2:], ""]).encode("gb18030")
    inbox.add("payment", payments(6), content=content)
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (3, 3)
    assert rejected(db) == [
        (3, "field_count", None), (4, "nul_character", None), (5, "field_count", None)
    ]  # fmt: skip
    assert db.execute("select _line_number from raw.payment order by 1").fetchall() == [
        (2,),
        (6,),
        (7,),
    ]
    hashes = db.execute("select key_hash is null from ops.rejected_row order by line_number").fetchall()
    assert hashes == [(True,), (True,), (True,)]
    raw_lines = db.execute("select raw_line from ops.rejected_row order by line_number").fetchall()
    assert [raw for (raw,) in raw_lines] == [text.replace("\0", "\ufffd") for text in bad]


def test_a_quote_never_closed_costs_one_line(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    lines = [line("stay", n) for n in range(1, 400)]
    lines[1]["fee_source"] = '"offen'
    inbox.add("stay", lines)
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (398, 1)
    assert rejected(db) == [(3, "unreadable_line", None)]


def test_faulty_json_lines(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    contract = CONTRACTS["company"]
    one, two = encode(contract, [line("company", 1), line("company", 2)]).decode().splitlines()
    bad = ["{", "[1]", "NaN", one.replace("无", "\\u0000"), one.replace("无", "\\ud800"), one + one,
           one.replace('"类型"', '"名称"'), "[" * 100_000, one.replace("无", "\0"),
           '{"a": 1e-20000}', '{"a": 1.' + "0" * 20_000 + "}"]  # fmt: skip
    inbox.add("company", [line("company", 1)] * 13, content="\n".join([one, *bad, "", two]).encode())
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (2, 11)
    assert [reason for _, reason, _ in rejected(db)] == [
        "invalid_json", "not_an_object", "invalid_json", "invalid_character", "invalid_character",
        "invalid_json", "invalid_json", "invalid_json", "nul_character", "invalid_json", "invalid_json",
    ]  # fmt: skip
    assert db.execute("select _line_number from raw.company order by 1").fetchall() == [(1,), (14,)]
    (raw_line,) = db.execute("select raw_line from ops.rejected_row where line_number = 2").fetchone() or (
        "",
    )
    assert raw_line == "{"


def test_lists_that_are_none_cost_their_line(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    contract = CONTRACTS["company"]
    good = json.loads(encode(contract, [line("company", 1)]).decode())
    bad = [
        good | {"人员": "无"},
        good | {"人员": {"角色": "股东"}},
        good | {"人员": [good, None]},
        good | {"名称": {"a": 1}},
    ]
    content = "\n".join(json.dumps(record, ensure_ascii=False) for record in [good, *bad])
    inbox.add("company", [line("company", 1)] * 5, content=content.encode())
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (1, 4)
    assert [reason for _, reason, _ in rejected(db)] == ["unreadable_list"] * 3 + ["unreadable_value"]


def test_a_day_that_has_not_come(inbox: SmallInbox, land: Land) -> None:
    """One slip of the pen in a date would age every other source."""
    inbox.add("payment", payments(), day=date.today() + timedelta(days=2))
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", "future_date")
    inbox.add("vehicle", [line("vehicle", 1)], day=date.today())
    assert [result.outcome for result in land() if result.feed == "vehicle"] == ["landed"]


def test_two_deliveries_under_one_sequence_number(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    inbox.add("payment", payments())
    land()
    inbox.add("payment", payments(4), states={"delivery_id": "payment_again"})
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", "same_sequence")
    assert "next number" in (result.reason or "")
    assert raw_count(db, "payment") == 3


def test_rejected_amounts_are_in_the_control_total(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    lines = [
        line("payment", 1),
        line("payment", 2, paid_on="?"),
        line("payment", 3, amount_yuan="5000000000000"),
    ]
    inbox.add("payment", [*lines, lines[0]])
    (result,) = land()
    assert (result.landed_count, result.rejected_count, result.repeated_count) == (1, 2, 1)
    assert db.execute("select landed_total_yuan, rejected_total_yuan from ops.delivery").fetchone() == (
        1450,
        5000000000725,
    )
    assert db.execute("select sum(amount_yuan) from ops.rejected_row").fetchone() == (5000000000725,)


def test_delivery_killed_half_way_heals(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.add("payment", payments())
    for step in ("_copy_lines", "landing_table.flag_repeats", "ledger.record_delivery"):
        with monkeypatch.context() as patch:
            patch.setattr(f"ingestion.landing.{step}", _kill)
            with pytest.raises(KeyboardInterrupt):
                land_inbox(db, CONTRACTS, inbox.root)
        assert raw_count(db, "payment") == 0
        db.rollback()
    assert land()[0].landed_count == 3


def _kill(*_: object) -> None:
    raise KeyboardInterrupt


def test_markers_are_in_the_data_only(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    """The planted person is in raw and in the rejected line, and nowhere else (the fixture looks)."""
    inbox.add("payment", [line("payment", 1), line("payment", 2, paid_on="?")])
    land()
    digest = hashlib.sha256(inbox.folder("payment").joinpath("payment_20250625_full_01.csv").read_bytes())
    assert db.execute("select sha256 from ops.delivery").fetchone() == (digest.hexdigest(),)
    assert db.execute("select payee_name, payee_id_number, account_no from raw.payment").fetchone() == (
        MARKER_NAME,
        MARKER_NUMBER,
        MARKER_ACCOUNT,
    )
    (raw_line,) = db.execute("select raw_line from ops.rejected_row").fetchone() or ("",)
    assert MARKER_NAME in raw_line


# Hostile and careless ------------------------------------------------------------------------


def test_a_line_nested_without_end_is_one_rejected_line(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    """At whatever depth: the reader's own limits are not met."""
    lines = [
        '{"人员": ' + "[" * depth + '"\\u4e2d"' + "]" * depth + "}\n"
        for depth in (21, 500, 900, 950, 990, 5000)
    ]
    good = encode(CONTRACTS["company"], [line("company", 1)]).decode()
    inbox.add("company", [{}] * 7, content=(good + "".join(lines)).encode())
    (result,) = land()
    assert (result.outcome, result.landed_count, result.rejected_count) == ("landed", 1, 6)
    assert {reason for _, reason, _ in rejected(db)} == {"invalid_json"}


def test_a_backslash_written_out_is_no_nul(inbox: SmallInbox, land: Land) -> None:
    text = encode(CONTRACTS["company"], [line("company", 1)]).decode()
    inbox.add("company", [{}], content=text.replace('"名称": "', '"名称": "a\\\\u0000b', 1).encode())
    assert land()[0].landed_count == 1


@pytest.mark.parametrize(
    "name", [b"aa\xff", b"420202199001011231", b"x\x1b[2J", b"a\nb", "欧阳𠮷样".encode()]
)
def test_a_folder_may_have_any_name(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, name: bytes
) -> None:
    inbox.add("vehicle", [line("vehicle", 1)])
    for system, feed in ((b"shared", name), (name, b"vehicle")):
        folder = os.path.join(os.fsencode(inbox.root), system, feed, b"20250625")
        os.makedirs(folder)
        with open(os.path.join(folder, b"manifest.json"), "wb") as manifest:
            manifest.write(b"{}")
    results = land()
    assert sorted(result.outcome for result in results) == ["landed", "rejected", "rejected"]
    told = " ".join(f"{one.delivery_id} {one.reason} {one.feed}" for one in results)
    assert "unprintable-" in told
    assert told.isprintable()
    assert db.execute("select count(*) from ops.rejected_delivery").fetchone() == (2,)


def test_the_same_id_for_another_day_is_refused(inbox: SmallInbox, land: Land) -> None:
    lines = [line("stay", 1)]
    inbox.add("stay", lines, mode="delta")
    land()
    inbox.add(
        "stay", lines, mode="delta", day=date(2025, 6, 26), states={"delivery_id": "stay_20250625_delta_01"}
    )
    results = land()
    assert [(one.outcome, one.reason_code) for one in results] == [
        ("skipped", None), ("rejected", "same_id_other_content")
    ]  # fmt: skip


def test_blank_lines_of_a_feed_with_one_column() -> None:
    for end in (b"\n", b"\r\n"):
        assert PlainLines.of(2, b"A1" + end + end + b"A2" + end, ",", 1, end) is None
        assert PlainLines.of(2, b"A1" + end + b"A2" + end, ",", 1, end) is not None


def test_many_repeats_are_found_as_few_are(
    inbox: SmallInbox, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_table, "FEW_REPEATS", 3)
    inbox.add("stay", [line("stay", n % 7) for n in range(20)])
    assert [(one.landed_count, one.repeated_count) for one in land()] == [(7, 13)]
