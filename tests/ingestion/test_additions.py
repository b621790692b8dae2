"""Columns a contract does not name: refused, or kept beside the line where the contract says so."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from invariants import check_invariants
from small_inbox import CONTRACTS, DAY, MARKERS, SmallInbox, encode, line

from ingestion.contract import Contract
from ingestion.landing import DeliveryResult, land_inbox

KEEPING = {feed: replace(contract, keeps_additions=True) for feed, contract in CONTRACTS.items()}


def widened(contract: Contract, rows: int) -> bytes:
    """A CSV with one more column at the end, named 备注, and one at the front, named 来源."""
    text = encode(contract, [line(contract.feed, n) for n in range(rows)]).decode(contract.file.encoding)
    header, *body = text.splitlines()
    lines = [f"来源,{header},备注", *(f"系统{n},{one},第{n}行" for n, one in enumerate(body))]
    return "".join(one + "\r\n" for one in lines).encode(contract.file.encoding)


def workbook_rows(contract: Contract) -> Sequence[Sequence[Any]]:
    values = line(contract.feed, 1)
    header = [column.header for column in contract.columns]
    return [[*header, "备注"], [*(values[column.name] for column in contract.columns), "第0行"]]


def deliver(inbox: SmallInbox, feed: str) -> None:
    contract = CONTRACTS[feed]
    if contract.file.format == "xlsx":
        inbox.add(feed, [line(feed, 1)], rows=workbook_rows(contract))
    elif contract.file.format == "jsonl":
        text = encode(contract, [line(feed, 1)]).decode()
        inbox.add(feed, [line(feed, 1)], content=text.replace("{", '{"备注": "第0行", ', 1).encode())
    else:
        inbox.add(feed, [line(feed, 0), line(feed, 1)], content=widened(contract, 2))


def land(db: psycopg.Connection, inbox: SmallInbox) -> DeliveryResult:
    (result,) = land_inbox(db, KEEPING, inbox.root)
    check_invariants(db)
    return result


@pytest.mark.parametrize("feed", ["vehicle", "cremation", "company"])
def test_an_additional_column_is_kept_and_told(inbox: SmallInbox, db: psycopg.Connection, feed: str) -> None:
    deliver(inbox, feed)
    result = land(db, inbox)
    assert (result.outcome, result.rejected_count) == ("landed", 0)
    assert re.search(r"\([12] unknown names?\)", result.notice or "")
    assert "备注" not in (result.notice or ""), "a cell of the file"
    assert f"{CONTRACTS[feed].path.name}" in (result.notice or "")
    assert not any(marker in (result.notice or "") for marker in MARKERS)
    kept = db.execute(f"select _additions from raw.{feed} order by _line_number").fetchall()
    assert [json.loads(additions)["备注"] for (additions,) in kept] == [f"第{n}行" for n in range(len(kept))]
    assert db.execute("select notice from ops.delivery").fetchone() == (result.notice,)


def test_every_other_column_finds_its_place(inbox: SmallInbox, db: psycopg.Connection) -> None:
    """Also behind a column that was put in front."""
    deliver(inbox, "vehicle")
    land(db, inbox)
    wanted = line("vehicle", 1)
    names = ", ".join(wanted)
    row = db.execute(f"select {names} from raw.vehicle where plate_no = %s", [wanted["plate_no"]]).fetchone()
    assert row == tuple(wanted.values())


def test_a_line_with_too_few_fields_is_rejected_there_too(inbox: SmallInbox, db: psycopg.Connection) -> None:
    content = widened(CONTRACTS["vehicle"], 2).decode("gb18030").replace(",第1行", "")
    inbox.add("vehicle", [line("vehicle", n) for n in range(2)], content=content.encode("gb18030"))
    result = land(db, inbox)
    assert (result.landed_count, result.rejected_count) == (1, 1)


def test_what_the_contract_names_decides_what_repeats(inbox: SmallInbox, db: psycopg.Connection) -> None:
    inbox.add("vehicle", [line("vehicle", n) for n in range(2)])
    land(db, inbox)
    inbox.add(
        "vehicle",
        [line("vehicle", n) for n in range(2)],
        day=DAY.replace(day=26),
        content=widened(CONTRACTS["vehicle"], 2),
    )
    results = land_inbox(db, KEEPING, inbox.root)
    assert [(one.outcome, one.repeated_count) for one in results] == [("skipped", 0), ("landed", 2)]
    kept = db.execute("select count(_additions), count(*) from raw.vehicle").fetchone()
    assert kept == (2, 4)


def test_a_missing_column_still_refuses_the_delivery(inbox: SmallInbox, db: psycopg.Connection) -> None:
    content = widened(CONTRACTS["vehicle"], 2).decode("gb18030").replace("使用性质", "用途")
    inbox.add("vehicle", [line("vehicle", n) for n in range(2)], content=content.encode("gb18030"))
    result = land(db, inbox)
    assert (result.outcome, result.reason_code) == ("rejected", "missing_column")


def test_the_order_of_json_lines_does_not_matter(inbox: SmallInbox, db: psycopg.Connection) -> None:
    """An optional key may be missing in the line that has an additional one."""
    full, short = (json.loads(encode(CONTRACTS["company"], [line("company", n)])) for n in (1, 2))
    del short["类型"]
    content = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (full, short | {"备注": "甲"}))
    inbox.add("company", [line("company", n) for n in (1, 2)], content=content.encode())
    assert land(db, inbox).landed_count == 2


def test_hundreds_of_additional_columns_are_another_layout(inbox: SmallInbox, db: psycopg.Connection) -> None:
    text = encode(CONTRACTS["vehicle"], [line("vehicle", 1)]).decode("gb18030")
    header, body = text.splitlines()
    many = ",".join(f"列{n}" for n in range(5000))
    inbox.add("vehicle", [line("vehicle", 1)], content=f"{header},{many}\n{body},{many}\n".encode("gb18030"))
    result = land(db, inbox)
    assert (result.outcome, result.reason_code) == ("rejected", "unknown_column")


def test_a_column_named_like_a_person_twice_is_not_repeated(
    inbox: SmallInbox, db: psycopg.Connection
) -> None:
    header, body = encode(CONTRACTS["vehicle"], [line("vehicle", 1)]).decode("gb18030").splitlines()
    content = f"{header},{MARKERS[0]},{MARKERS[0]}\n{body},,\n".encode("gb18030")
    inbox.add("vehicle", [line("vehicle", 1)], content=content)
    result = land(db, inbox)
    assert result.outcome == "rejected"
    assert not any(marker in (result.reason or "") for marker in MARKERS)


def test_a_workbook_is_read_to_its_last_column(inbox: SmallInbox, db: psycopg.Connection) -> None:
    values = line("cremation", 1)
    columns = CONTRACTS["cremation"].columns
    added = [f"附加{n}" for n in range(30)]
    rows = [
        [*(column.header for column in columns), *added],
        [*(values[column.name] for column in columns), *added],
    ]
    inbox.add("cremation", [values], rows=rows)
    assert land(db, inbox).landed_count == 1
    kept = db.execute("select _additions from raw.cremation").fetchone()
    assert kept is not None
    assert json.loads(kept[0]) == {name: name for name in added}
