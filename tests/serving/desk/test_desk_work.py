"""The piles and one finding: what an officer does with them, and two at once."""

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
import openpyxl
import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, MINE, SCRIPT, THEIRS, Officers, Visitor, add_finding
from hand_made_family import Family

from serving.desk.accounts import form_token
from serving.desk.people import EACH

COUNTS = re.compile(r"/findings\?pile=(\w+)[^>]*>[^<]*<b>(\d+)</b>")
SEEN = re.compile(r'name="seen" value="([\d.]+)"')


def counts(officer: Visitor, whose: str = "") -> dict[str, int]:
    return {
        pile: int(number) for pile, number in COUNTS.findall(officer.get(f"/findings?whose={whose}").text)
    }


def seen(officer: Visitor, finding_id: str) -> str:
    return SEEN.findall(officer.get(f"/findings/{finding_id}").text)[0]


def test_a_finding_goes_through_the_piles(
    officer: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    colleague.enter()
    assert counts(officer) == {"new": 5, "taken": 0, "waiting": 0, "returned": 0, "decided": 0}
    officer.post("/findings/take", finding=[f"{finding}:0.0" for finding in MINE[:2]])
    assert counts(officer) == {"new": 3, "taken": 2, "waiting": 0, "returned": 0, "decided": 0}
    assert counts(colleague)["taken"] == 0
    assert counts(colleague, "everybody")["taken"] == 2
    at = f"/findings/{MINE[0]}"
    assert colleague.post(f"{at}/hand", event="released", seen=seen(colleague, MINE[0])).status_code == 400
    assert (
        officer.post(f"{at}/hand", event="waiting", due="2001-01-01", seen=seen(officer, MINE[0])).status_code
        == 400
    )
    assert (
        officer.post(f"{at}/hand", event="waiting", due="2101-01-01", seen=seen(officer, MINE[0])).status_code
        == 303
    )
    assert counts(officer)["waiting"] == 1
    page = officer.get(at).text
    assert "2101-01-01" in page
    assert "李四" in page, "to be handed over to"
    stranger = {"event": "handed_over", "holder": "postgres", "seen": seen(officer, MINE[0])}
    assert officer.post(f"{at}/hand", **stranger).status_code == 400
    officer.post(f"{at}/hand", **(stranger | {"holder": colleague.login}))
    assert (counts(officer)["taken"], counts(colleague)["taken"]) == (1, 1)
    colleague.post(f"{at}/hand", event="released", seen=seen(colleague, MINE[0]))
    assert counts(colleague)["new"] == 4
    told = connection.execute(
        "select event, assigned_by, assigned_login, due_on - pub.today() from ops.finding_assignment"
        " where finding_id = %s order by assignment_id",
        [MINE[0]],
    ).fetchall()
    assert [(event, by, login) for event, by, login, _ in told] == [
        ("taken", "张三", officer.login), ("waiting", "张三", officer.login), ("handed_over", "张三", officer.login),
        ("released", "李四", colleague.login),
    ]  # fmt: skip
    assert (told[0][3], told[2][3]) == (15, 15)


def test_a_decision_is_recorded_by_whom_and_why(officer: Visitor, connection: psycopg.Connection) -> None:
    officer.enter()
    at = f"/findings/{MINE[1]}/decide"
    assert officer.post(at, seen="0.0").status_code == 400
    number = officer.post(at, seen="0.0", reason="dismissed:LAWFUL", note="420203198001010011")
    assert number.status_code == 400
    assert "身份号码" in number.text
    assert officer.post(at, seen="0.0", reason="dismissed:STOPPED").status_code == 400
    assert officer.post(at, seen="0.0", reason="dismissed:LAWFUL", note="依规").status_code == 303
    made = (
        "select finding_id, decision, reason_code, decided_by, decided_login, note from ops.finding_decision"
    )
    assert connection.execute(made).fetchall() == [
        (MINE[1], "dismissed", "LAWFUL", "张三", officer.login, "依规")
    ]
    page = officer.get(f"/findings/{MINE[1]}").text
    assert "政策允许" in page
    assert "依规" in page
    assert counts(officer)["decided"] == 1
    assert officer.post(at, seen=SEEN.findall(page)[0], reason="reopened:NEW_FACTS").status_code == 303
    assert counts(officer) == {"new": 5, "taken": 0, "waiting": 0, "returned": 0, "decided": 0}


def test_what_a_finding_brought_back_is_said_with_its_decision(
    officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    at = f"/findings/{MINE[1]}/decide"
    for wrong in ("-5", "1.234", "很多", "1e5", "9" * 13):
        answer = officer.post(at, seen="0.0", reason="confirmed:STOPPED", recovered=wrong)
        assert answer.status_code == 400, wrong
    assert officer.post(at, seen="0.0", reason="dismissed:LAWFUL", recovered="5").status_code == 400
    assert officer.post(at, seen="0.0", reason="confirmed:STOPPED").status_code == 303
    page = officer.get(f"/findings/{MINE[1]}").text
    assert "数据已更正" in page, "of a confirmed one what came of it is said without opening it anew"
    assert "政策允许" not in page
    stands = SEEN.findall(page)[0]
    assert officer.post(at, seen=stands, reason="cleared:CORRECTED", recovered="1，250.5").status_code == 303
    assert "已追回或停付 1,250.50 元" in officer.get(f"/findings/{MINE[1]}").text
    amounts = "select decision, recovered_yuan from ops.finding_decision order by decision_id"
    assert connection.execute(amounts).fetchall() == [("confirmed", None), ("cleared", Decimal("1250.50"))]


def test_a_form_that_is_refused_says_why_in_one_language_and_keeps_what_was_filled_in(
    officer: Visitor,
) -> None:
    officer.enter()
    at = f"/findings/{MINE[1]}/decide"
    for filled, why in (
        ({"note": "依规", "recovered": "很多"}, "须是数"), ({"note": "420203198001010011"}, "身份号码"),
    ):  # fmt: skip
        page = officer.post(at, seen="0.0", reason="confirmed:STOPPED", **filled).text
        (told,) = re.findall(r'<p class="wrong" role="alert">(.*)</p>', page)
        assert why in told
        assert "recorded" not in told
        assert 'value="confirmed:STOPPED" checked' in page
        assert all(value in page for value in filled.values())
    officer.get("/language?to=en&back=/findings")
    page = officer.post(at, seen="0.0", reason="confirmed:STOPPED", recovered="many").text
    assert re.findall(r'role="alert">(.*)</p>', page) == [
        "What was recovered is a number not below nothing, with two decimals at most. Nothing was recorded."
    ]


def test_what_was_brought_back_stands_until_it_is_taken_back(
    officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()

    def decided(reason: str, recovered: str = "") -> Decimal | None:
        stands = seen(officer, MINE[1])
        answer = officer.post(
            f"/findings/{MINE[1]}/decide", seen=stands, reason=reason, recovered=recovered, note=stands
        )
        assert answer.status_code == 303
        (latest,) = connection.execute(
            "select recovered_yuan from ops.finding_decision order by decision_id desc limit 1"
        ).fetchone() or (None,)
        return latest

    assert decided("confirmed:STOPPED", "800") == 800
    assert "已登记 800.00 元" in officer.get(f"/findings/{MINE[1]}").text
    assert decided("confirmed:STOPPED") == 800, "none given: it stands on"
    assert decided("confirmed:STOPPED", "1000") == 1000, "in all, not in addition"
    assert decided("confirmed:STOPPED", "0") is None
    assert decided("confirmed:STOPPED") is None
    assert decided("confirmed:STOPPED", "1000") == 1000
    assert decided("reopened:NEW_FACTS") is None
    assert decided("confirmed:STOPPED") is None


def test_what_was_settled_returns_with_other_evidence_and_is_nobody_s(
    officer: Visitor, family: Family
) -> None:
    officer.enter()
    officer.post("/findings/take", finding=f"{MINE[1]}:0.0")
    officer.post(f"/findings/{MINE[1]}/decide", seen=seen(officer, MINE[1]), reason="dismissed:LAWFUL")
    family.execute("update rules.finding set evidence_digest = 'second' where finding_id = %s", [MINE[1]])
    family.publish("another")
    assert counts(officer) == {"new": 4, "taken": 0, "waiting": 0, "returned": 1, "decided": 0}
    officer.post("/findings/take", finding=f"{MINE[1]}:{seen(officer, MINE[1])}")
    assert counts(officer)["taken"] == 1


def test_of_two_who_act_at_once_one_is_told(
    officer: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    colleague.enter()
    at = f"/findings/{MINE[0]}"
    deed = {"seen": "0.0", "reason": "dismissed:LAWFUL"}
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.post(f"{at}/decide", **deed), (officer, colleague)))
    assert sorted(response.status_code for response in found) == [303, 409]
    (told,) = [response.text for response in found if response.status_code == 409]
    assert "他人" in told
    assert f'href="{at}"' in told
    assert connection.execute("select count(*) from ops.finding_decision").fetchone() == (1,)
    # In one go: what another has taken meanwhile is told, and the rest is taken.
    officer.post("/findings/take", finding=f"{MINE[1]}:0.0")
    went = colleague.post("/findings/take", finding=[f"{MINE[1]}:0.0", f"{MINE[2]}:0.0"])
    assert went.headers["location"] == "/findings?pile=taken&count=1&missed=1"
    assert "1 条已由他人办理" in colleague.get(went.headers["location"]).text


def test_each_reading_is_logged_with_its_purpose_and_its_reader(
    officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    officer.post("/purpose", purpose="objection", back="/findings")
    officer.get("/findings")
    officer.get(f"/findings/{MINE[0]}")
    log = connection.execute(
        "select operation, purpose, caller, operator, resident_ids from audit.verification_log order by logged_at"
    ).fetchall()
    assert [row[:2] for row in log] == [
        ("desk_findings", "objection"), ("findings", "objection"), ("finding_decisions", "objection"),
    ]  # fmt: skip
    assert {row[2:4] for row in log} == {(officer.login, officer.login)}
    assert log[0][4] == [1]


def test_a_script_in_what_a_sender_wrote_is_text(officer: Visitor, family: Family) -> None:
    family.add("division", division_code=HERE, name_zh=SCRIPT)
    family.publish("named")
    officer.enter()
    for page in (officer.get("/findings").text, officer.get(f"/findings/{MINE[0]}").text):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>" not in page
    officer.post(f"/findings/{MINE[0]}/decide", seen="0.0", reason="dismissed:LAWFUL", note=SCRIPT)
    assert "<script>" not in officer.get(f"/findings/{MINE[0]}").text


def test_no_name_or_number_is_shown_bare_or_stands_in_an_address(officer: Visitor, family: Family) -> None:
    officer.enter()
    for address in ("/findings", f"/findings/{MINE[0]}"):
        page = officer.get(address)
        for resident_id in family.NAMES:
            assert family.numbers[resident_id] not in page.text
            assert family.NAMES[resident_id] not in page.text
        assert "王*" in page.text
    assert "王" not in re.findall("<title>.*</title>", page.text)[0]


def test_filters_narrow_the_piles_and_what_cannot_be_read_is_refused(officer: Visitor) -> None:
    officer.enter()
    for query, number in (
        ("", 5), ("rule=D02", 5), ("rule=A01", 0), ("division=420203", 5), ("division=4202", 5), ("severity=red", 1),
        ("least=2000", 3), ("since=2024-01-02", 5), ("certainty=known", 5), ("certainty=inferred", 0),
        ("rule=&least=", 5),
    ):  # fmt: skip
        page = officer.get(f"/findings?{query}")
        assert page.status_code == 200
        assert dict(COUNTS.findall(page.text))["new"] == str(number), query
    for query in (
        "pile=x",
        "severity=blue",
        "least=x",
        "least=NaN",
        "since=x",
        "certainty=x",
        "page=0",
        "page=x",
    ):
        assert officer.get(f"/findings?{query}").status_code == 400
    assert officer.get("/findings/..%2F..%2Fx").status_code == 404


def test_a_list_goes_out_and_comes_back(officers: Officers, connection: psycopg.Connection) -> None:
    officer = officers.add("张三", HERE).enter()
    book = openpyxl.load_workbook(io.BytesIO(officer.get("/findings/list.xlsx?severity=yellow").content))
    sheet = book["疑点清单"]
    titles = [cell.value for cell in sheet[1]]
    ids = [row[titles.index("编号")] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sorted(ids) == MINE[1:]
    assert "车辆" not in ids

    def fill(line: int, decision: str, reason: str) -> None:
        sheet.cell(line, titles.index("处理") + 1, decision)
        sheet.cell(line, titles.index("原因代码") + 1, reason)

    def send() -> httpx.Response:
        stream = io.BytesIO()
        book.save(stream)
        sent = {"file": ("list.xlsx", stream.getvalue())}
        return officer.client.post("/findings/import", data={"form": form_token(officer.token)}, files=sent)

    fill(2, "已排除", "政策允许")
    fill(3, "已排除", "属实，已停发或变更")
    refused = send()
    assert refused.status_code == 400
    assert "2 行中有 1 行不能登记" in refused.text
    assert connection.execute("select count(*) from ops.finding_decision").fetchone() == (0,)
    fill(3, "属实", "属实，已停发或变更")
    assert send().status_code == 303
    connection.rollback()
    assert connection.execute("select count(*) from ops.finding_decision").fetchone() == (2,)
    again = send()
    assert again.status_code == 400, "the list is from before"
    assert again.text.count("他人刚刚办理了这条疑点") == 2
    for line in range(1001):
        sheet.append([*(None for _ in titles)])
        sheet.cell(sheet.max_row, titles.index("编号") + 1, f"finding{line}")
        fill(sheet.max_row, "已排除", "政策允许")
    assert send().status_code == 413, "more than any list of ours has"
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    other = openpyxl.load_workbook(io.BytesIO(elsewhere.get("/findings/list.xlsx?whose=everybody").content))
    assert [row[1] for row in other["疑点清单"].iter_rows(min_row=2, values_only=True)] == [THEIRS]


def test_a_long_list_is_shown_in_pages(officer: Visitor, family: Family) -> None:
    for number in range(120):
        add_finding(family, f"long{number}", HERE, severity="yellow")
    family.publish("long")
    officer.enter()
    pages = [officer.get(f"/findings?page={number}").text for number in (1, 2, 3)]
    assert [page.count('name="finding"') for page in pages] == [50, 50, 25]
    assert "第 2 页，共 3 页，125 条" in pages[1]
    assert "导出清单" in pages[0]
    shown = [found for page in pages for found in re.findall(r'value="(\w+):0.0"', page)]
    assert len(set(shown)) == 125


def test_a_person_has_few_connections_and_none_when_idle(
    officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    people = officer.desk.people
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: officer.get("/findings").status_code, range(8)))
    assert found == [200] * 8
    open_ones = "select count(*) from pg_stat_activity where usename = %s"
    row = connection.execute(open_ones, [officer.login]).fetchone()
    assert row
    assert 1 <= row[0] <= EACH
    people.tidy(0)
    deadline = time.monotonic() + 10
    while connection.execute(open_ones, [officer.login]).fetchone() != (0,):
        assert time.monotonic() < deadline
        connection.rollback()
        time.sleep(0.05)
    assert officer.get("/findings").status_code == 200


def test_the_words_change_with_the_language(officer: Visitor) -> None:
    officer.enter()
    assert 'lang="zh-CN"' in officer.get("/findings").text
    went = officer.get("/language?to=en&back=/findings")
    assert went.headers["location"] == "/findings"
    page = officer.get("/findings").text
    assert 'lang="en"' in page
    assert "Work list" in page
    for back in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert officer.get(f"/language?to=zh&back={back}").headers["location"] == "/"


@pytest.mark.parametrize(
    "address", ["/findings", "/findings/mine1", "/findings/list.xlsx", "/findings/import", "/password"]
)
def test_no_page_is_open_to_a_stranger(officer: Visitor, address: str) -> None:
    assert officer.get(address).headers["location"] == "/sign-in"


def test_a_finding_elsewhere_is_like_none_and_a_note_has_an_end(officers: Officers, officer: Visitor) -> None:
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    assert elsewhere.post("/findings/take", finding=f"{THEIRS}:0.0").status_code == 303
    officer.enter()
    answers = {
        officer.post("/findings/take", finding=f"{finding}:{state}").text.replace(finding, "")
        for finding in (THEIRS, "nothing")
        for state in ("0.0", "1.0")
    }
    assert len(answers) == 1, "handled or not, theirs or nobody's"
    long = officer.post(
        f"/findings/{MINE[1]}/decide", reason="dismissed:LAWFUL", note="长" * 2001,
        seen=seen(officer, MINE[1]),
    )  # fmt: skip
    assert long.status_code == 400
    assert "所写过长" in long.text
