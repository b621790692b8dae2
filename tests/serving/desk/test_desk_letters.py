"""核实通知: asked of a household without a claim, printed on one page, kept in the history, deciding nothing."""

import io
import re
from datetime import datetime, timedelta

import httpx
import psycopg
import pytest
from at_the_desk import ELSEWHERE, MINE, THEIRS, Officers, Visitor
from hand_made_family import SINCE, Family
from pypdf import PdfReader

from serving.report.letter import letter_pdf
from warehouse.bureau import letterhead
from warehouse.casework.letters import letters_by_rule
from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME
from warehouse.seeds import seed

FINDING, PAGE = MINE[0], f"/findings/{MINE[0]}"
NUMBER = re.compile(r"核通〔\d{4}〕\d+号")
SEEN = re.compile(r'name="seen" value="([\d.]+)"')
# What asserts that somebody did wrong.
CLAIMS = re.compile("涉嫌|违规|违法|骗|冒领|隐瞒|虚报|不符|超标|追回|停发|取消|处罚|疑点")


def in_days(days: int) -> str:
    return str(datetime.now(BUREAU_TIME).date() + timedelta(days))


def write(visitor: Visitor, **other: str) -> httpx.Response:
    said = {"due_on": in_days(20), "contact": "张三 0714-0000000"} | other
    return visitor.post(f"{PAGE}/letters", **({"seen": SEEN.findall(visitor.get(PAGE).text)[0]} | said))


def take(visitor: Visitor) -> None:
    visitor.enter()
    visitor.post("/findings/take", finding=f"{FINDING}:0.0")


def words_of(response: httpx.Response) -> str:
    (page,) = PdfReader(io.BytesIO(response.content)).pages
    return re.sub(r"\s|\u200b", "", page.extract_text())


def test_a_letter_is_written_printed_and_kept_and_changes_no_state(
    officer: Visitor, family: Family, connection: psycopg.Connection
) -> None:
    take(officer)
    assert write(officer).headers["location"] == f"{PAGE}?told=done_letter"
    page = officer.get(PAGE).text
    number = NUMBER.findall(page)[0]
    assert "已领取" in page, "nothing but the letter"
    assert page.count(number) >= 2, "to be printed, and in the history"
    printed = officer.post(f"{PAGE}/letters/print", letter=number)
    assert printed.headers["content-disposition"] == 'attachment; filename="letter-{}-{}.pdf"'.format(
        *re.findall(r"\d+", number)
    )
    said = words_of(printed)
    words = letters_by_rule()["D02"]
    for told in (number, "王一：", words.question, words.bring, "张三0714-0000000", "JZ1", "不是处理决定"):
        assert told.replace(" ", "") in said, told
    assert family.numbers[1] not in said
    assert officer.post(f"{PAGE}/letters/print", letter=number).content == printed.content
    assert connection.execute(
        "select operation, operator, purpose, resident_ids, request ->> 'letter_no' from audit.verification_log"
        " where operation like '%letter' order by logged_at"
    ).fetchall() == [
        (operation, officer.login, "review", [1], number)
        for operation in ("write_letter", "finding_letter", "finding_letter")
    ]
    assert connection.execute(
        "select written_by, written_login, contact from ops.finding_letter"
    ).fetchall() == [("张三", officer.login, "张三 0714-0000000")]


def test_who_does_not_work_on_it_writes_none_and_what_cannot_be_is_refused(
    officer: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    take(officer)
    colleague.enter()
    assert write(colleague).status_code == 400
    assert "领取后可以拟发" in colleague.get(PAGE).text
    for wrong in (
        {"due_on": in_days(-2)}, {"due_on": ""}, {"contact": "\u3000"}, {"contact": "420203198001010011"},
    ):  # fmt: skip
        assert write(officer, **wrong).status_code == 400, wrong
    assert write(officer, seen="0.0").status_code == 409, "it was taken since"
    assert connection.execute("select count(*) from ops.finding_letter").fetchone() == (0,)


def test_another_division_neither_writes_nor_prints(
    officer: Visitor, officers: Officers, database: Warehouse
) -> None:
    take(officer)
    write(officer)
    number = NUMBER.findall(officer.get(PAGE).text)[0]
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    assert elsewhere.post(f"{PAGE}/letters/print", letter=number).status_code == 404
    assert elsewhere.post(f"/findings/{THEIRS}/letters/print", letter=number).status_code == 404
    assert elsewhere.post(f"{PAGE}/letters", seen="0.0").status_code == 404
    for guessed in ("核通〔2026〕999号", "\0", "x" * 100):
        assert officer.post(f"{PAGE}/letters/print", letter=guessed).status_code == 404
    with database.session() as admin:
        admin.execute(f"set session authorization {elsewhere.login}".encode())
        assert admin.execute("select api_v1.finding_letter(%s, 'review')", [number]).fetchone() == (None,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("select * from ops.finding_letter")


def test_nobody_writes_to_the_dead_and_to_a_child_by_the_guardian(
    officer: Visitor, family: Family, connection: psycopg.Connection
) -> None:
    family.execute("update marts.resident set died_on = '2025-01-01' where resident_id = 1")
    family.publish("died")
    take(officer)
    refused = write(officer)
    assert refused.status_code == 400
    assert "没有可以致送的" in refused.text
    family.execute("update marts.resident set born_on = current_date - 4000 where resident_id = 3")
    family.add(
        "aid_household_member", aid_household_no="JZ1", member_no=2, resident_id=3, is_covered=True, valid_from=SINCE
    )  # fmt: skip
    family.publish("child")
    assert write(officer).status_code == 303
    number = NUMBER.findall(officer.get(PAGE).text)[0]
    assert "王三的监护人：" in words_of(officer.post(f"{PAGE}/letters/print", letter=number))


def test_letters_ask_and_assert_nothing() -> None:
    rules = {row["rule_code"] for row in seed("rules/anomaly_rule")}
    assert letters_by_rule().keys() < rules
    for rule, words in letters_by_rule().items():
        assert not CLAIMS.search(words.question), rule
        assert not CLAIMS.search(words.bring.replace("停保", "")), rule
        assert len(words.question) <= 60, "one thing"


def test_the_longest_letter_is_one_page_under_the_bureau_s_letterhead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = letterhead.Letterhead("某某市民政局" * 10, "社会救助科" * 12, "0714-0000000")
    monkeypatch.setattr("serving.report.letter.letterhead", lambda: str(head))
    made = letter_pdf(
        {
            "letter_no": "核通〔2026〕999999号", "written_on": "2026-11-30", "due_on": "2026-12-20",
            "name": "欧阳" + "德" * 20 + "\U000323af", "is_minor": True, "case_no": "J" * 40, "contact": "张三" * 50,
            "question_zh": max((words.question for words in letters_by_rule().values()), key=len),
            "bring_zh": max((words.bring for words in letters_by_rule().values()), key=len),
        }
    )  # fmt: skip
    (page,) = PdfReader(io.BytesIO(made)).pages
    assert "某某市民政局" in page.extract_text()
    assert "〔U+323AF〕" in page.extract_text(), "a character no font has is told"


def test_an_officer_s_own_telephone_is_offered(officer: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "serving.desk.work.letterhead_in_use", lambda: letterhead.Letterhead("某局", "", "0714-1")
    )
    take(officer)
    assert 'value="张三 0714-1"' in officer.get(PAGE).text
