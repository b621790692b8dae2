"""核对申请, 核对报告 and 异议复核: asked, read and objected to by those whose consent it is, and by nobody else."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html import unescape
from typing import Any

import httpx
import psycopg
import pypdf
import pytest
from at_the_desk import ELSEWHERE, HERE, SCRIPT, Officers, Visitor
from hand_made_family import CONSENT, TODAY, Family

from serving.desk import reports
from serving.desk.objections import OBJECTION_NO
from serving.desk.staff import leave, move
from serving.report import filed_number
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings

REQUEST_ID = re.compile(r'name="request_id" value="([^"]+)"')
FIGURE = re.compile(r"\d[\d,]*\.\d\d")
FAULT = re.compile(r'<span class="fault" id="fault_(\w+)">([^<]+)</span>')


def question(family: Family, officer: Visitor, *resident_ids: int, **other: object) -> dict[str, Any]:
    """The form as filled in for these; a line left empty stands between the first and the others."""
    names = [family.NAMES[resident_id] for resident_id in resident_ids]
    numbers = [family.numbers[resident_id] for resident_id in resident_ids]
    relations = ["本人", "配偶", "子女"][: len(resident_ids)]
    return {
        "do": "ask", "request_id": REQUEST_ID.findall(officer.get("/reports/ask").text)[0],
        "authorization_no": CONSENT, "purpose": "application", "aid_type": "DB",
        "name": [names[0], "", *names[1:]], "id_number": [numbers[0], "", *numbers[1:]],
        "relation": [relations[0], "", *relations[1:]],
    } | other  # fmt: skip


def ask(family: Family, officer: Visitor, **other: object) -> str:
    """The address of a report on the family."""
    answered = officer.post("/reports/ask", **question(family, officer, 1, 2, 3, **other))
    assert answered.status_code == 303, FAULT.findall(answered.text)
    return answered.headers["location"]


def object_to(officer: Visitor, report: str, **other: object) -> httpx.Response:
    form = REQUEST_ID.findall(officer.get(report).text)[0]
    said = {
        "request_id": form, "item": "income", "member": "1", "statement": "工资已停发", "received": str(TODAY)
    }  # fmt: skip
    return officer.post(f"{report}/objections", **(said | other))


def close(text: str) -> str:
    return re.sub(r"[\s\u200b\xa0]+", "", unescape(re.sub(r"<[^>]+>", "", text)))


def test_what_is_asked_by_hand_is_answered_by_a_report_that_paper_repeats(
    family: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    report = ask(family, officer)
    page = officer.get(report).text
    assert officer.get(report).text.split('<article class="report"')[1].split("</article>")[0] in page, (
        "word for word"
    )
    assert "张三" in page, "who asked is the login's own name"
    screen = close(page)
    paper = officer.get(f"{report}/report.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    text = close("".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(paper.content)).pages))
    digest = re.search(r"校验值SHA-256([0-9a-f]{64})", screen)
    assert digest
    article = close(page.split('<article class="report"')[1].split("</article>")[0])
    figures = [sorted(set(FIGURE.findall(shown))) for shown in (article, text)]
    assert figures[0] == figures[1]
    assert {"1,000.00", "800.00", "60,000.00"} <= set(figures[0])
    for told in ("王一", "规则D02", CONSENT, digest[1], report.rpartition("/")[2]):
        assert told in article
        assert told in text
    for name, number in ((family.NAMES[key], family.numbers[key]) for key in (1, 2, 3)):
        assert name not in page.partition("</title>")[0]
        assert number not in page
    logged = connection.execute(
        "select operation, outcome, purpose, operator, caller, client, resident_ids from audit.verification_log"
        " where operation <> 'desk_findings' order by logged_at"
    ).fetchall()
    asked = ("张三", officer.login, None, [1, 3])
    assert logged[0] == ("verify", "answered", "application", *asked)
    read = ("desk_report", "repeated", "review", officer.login, *asked[1:])
    assert logged[1:] == [read] * 3, "each reading is in the log"


def test_a_form_sent_twice_is_one_request(
    family: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    form = question(family, officer, 1, 2, 3)
    with ThreadPoolExecutor(2) as presses:
        both = list(presses.map(lambda _: officer.post("/reports/ask", **form), range(2)))
    assert len({press.headers["location"] for press in both}) == 1
    changed = officer.post("/reports/ask", **(form | {"aid_type": "BY"}))
    assert changed.status_code == 400, "no such benefit in this town"
    changed = officer.post("/reports/ask", **(form | {"purpose": "change"}))
    assert changed.status_code == 409
    assert "再提交一次" in changed.text
    again = form | {"purpose": "change", "request_id": REQUEST_ID.findall(changed.text)[0]}
    assert officer.post("/reports/ask", **again).headers["location"] != both[0].headers["location"]
    counted = "select count(*) from audit.verification_log where outcome = 'answered'"
    assert connection.execute(counted.encode()).fetchone() == (2,)


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"authorization_no": "SQ-0"}, {"authorization_no": "没有这份授权书"}),
        ({"authorization_no": ""}, {"authorization_no": "不能为空白"}),
        ({"aid_type": ""}, {"aid_type": "不能为空白"}),
        ({"purpose": "curiosity"}, {"purpose": "不在代码表内"}),
        ({"division_code": "42"}, {"division_code": "不符合接口规定的格式"}),
        ({"relation": ["本人", "", ""]}, {"relation2": "不能为空白"}),
        ({"name": ["王一", "", "", "王三"]}, {"name2": "不能为空白"}),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_filled_in_stays(
    family: Family, officer: Visitor, filled: dict[str, Any], told: dict[str, str]
) -> None:
    officer.enter()
    members = (1, 2, 3) if len(filled.get("name", ())) == 4 else (1, 2)
    refused = officer.post("/reports/ask", **(question(family, officer, *members) | filled))
    assert refused.status_code in (400, 403)
    found = dict(FAULT.findall(refused.text))
    assert set(found) == set(told)
    assert all(words in found[place] for place, words in told.items())
    assert family.numbers[1] in refused.text, "nothing is to be typed again"
    assert family.numbers[1] not in str(refused.url)


def test_consent_is_judged_by_member_and_by_division(
    family: Family, officer: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    officer.enter()
    refused = officer.post("/reports/ask", **question(family, officer, 1, 9))
    assert dict(FAULT.findall(refused.text)).keys() == {"authorization_no", "id_number2"}
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    refused = elsewhere.post("/reports/ask", **question(family, elsewhere, 1, 2))
    assert refused.status_code == 403
    assert "不属您的行政区划" in refused.text
    connection.execute(
        "insert into ops.authorization_revocation (authorization_no, revoked_by, reason) values (%s, 'x', 'y')",
        [CONSENT],
    )
    connection.commit()
    refused = officer.post("/reports/ask", **question(family, officer, 1, 2))
    assert "已撤回" in refused.text


def test_lines_come_and_go_by_button(family: Family, officer: Visitor) -> None:
    officer.enter()
    form = question(family, officer, 1, 2)
    more = officer.post("/reports/ask", **(form | {"do": "add"})).text
    assert more.count('name="id_number"') == 4
    fewer = officer.post("/reports/ask", **(form | {"do": "drop:1"})).text
    assert fewer.count('name="id_number"') == 2
    assert all(family.numbers[resident_id] in fewer for resident_id in (1, 2))
    assert REQUEST_ID.findall(fewer) == [form["request_id"]]
    for step in ("drop:9", "drop:x", "burn", ""):
        assert officer.post("/reports/ask", **(form | {"do": step})).status_code == 400


def test_the_list_has_what_my_divisions_asked_masked_and_by_page(
    family: Family, officer: Visitor, colleague: Visitor, officers: Officers, connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    officer.enter()
    colleague.enter()
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    report = ask(family, officer)
    number = report.rpartition("/")[2]
    by_system = family.verify("R-system")["report_no"]
    listed = colleague.get("/reports").text
    assert report in listed
    assert "王*" in listed
    assert "王一" not in listed
    assert family.numbers[1] not in listed
    assert by_system not in listed, "what nobody asked here"
    assert by_system in colleague.get(f"/reports?number={by_system}").text, "but by its whole number"
    assert colleague.get(f"/reports/{by_system}").status_code == 200
    assert report in colleague.get(f"/reports?number={number[:19]}&aid_type=DB&since={TODAY}").text
    for query in ("whose=mine", f"since={TODAY + timedelta(1)}", "number=HD20010101", "page=2"):
        assert report not in colleague.get(f"/reports?{query}").text, query
    for query in ("since=x", "aid_type=XX", "page=0"):
        assert colleague.get(f"/reports?{query}").status_code == 400, query
    assert colleague.get(f"/reports?number={family.numbers[1]}").status_code == 404, "no number of a person"
    monkeypatch.setattr(reports, "PER_PAGE", 1)
    second = ask(family, officer)
    first_page, next_page = (colleague.get(f"/reports?page={page}").text for page in (1, 2))
    assert second in first_page
    assert report in next_page
    assert report not in first_page
    assert "page=2" in first_page
    assert "page=3" not in next_page, "exactly full, and the last"
    for given in (number, by_system):
        assert "没有这样的核对报告" in elsewhere.get(f"/reports?number={given}").text
    read = connection.execute(
        "select distinct resident_ids from audit.verification_log where operation = 'desk_reports'"
        " and operator = %s and request ->> 'number' is null",
        [colleague.login],
    ).fetchall()
    assert ([1, 3],) in read


def test_what_somebody_asked_who_left_stays_in_the_list(
    family: Family, colleague: Visitor, officers: Officers, database: Warehouse
) -> None:
    gone = officers.add("赵六", HERE).enter()
    report = ask(family, gone)
    gone.desk.people.forget(gone.login)
    leave(database, gone.login)
    officers.added.remove(gone.login)
    colleague.enter()
    assert report in colleague.get("/reports").text
    assert report not in colleague.get("/reports?whose=mine").text
    assert report not in officers.add("王五", ELSEWHERE).enter().get("/reports").text


def test_another_division_sees_no_report_and_no_objection(
    family: Family, officer: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    officer.enter()
    report = ask(family, officer)
    case = object_to(officer, report).headers["location"].partition("?")[0]
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    for address in (
        report,
        f"{report}/report.pdf",
        case,
        f"{case}x",
        "/reports/HD20010101-0",
        "/reports/%00",
    ):
        assert elsewhere.get(address).status_code == 404, address
    blind = {"request_id": "x", "item": "income", "statement": "不对", "received": str(TODAY)}
    assert elsewhere.post(f"{report}/objections", **blind).status_code == 404
    assert elsewhere.post(f"{case}/decide", reason="upheld:records_agree").status_code == 404
    assert elsewhere.post(f"{case}/verify", turn="0").status_code == 404
    assert case not in elsewhere.get("/objections").text
    assert "异议复核 <b>0</b>" in elsewhere.get("/findings").text
    assert "异议复核 <b>1</b>" in officer.get("/findings").text
    connection.execute("insert into ops.authorization_revocation values (%s, 'x', 'y')", [CONSENT])
    connection.commit()
    withdrawn = officer.get(report)
    assert withdrawn.status_code == 403
    assert "授权已撤回" in withdrawn.text
    listed = officer.get("/reports").text
    assert f'href="{report}"' not in listed, "listed, without a way to it"
    assert filed_number(report.rpartition("/")[2]) in listed
    assert "王*" not in listed, "and without its people"
    read = connection.execute(
        "select resident_ids from audit.verification_log where operation = 'desk_reports'"
        " order by logged_at desc limit 1"
    ).fetchone()
    assert read == ([],)


def test_a_consent_stays_with_the_divisions_it_was_entered_in(
    family: Family, officer: Visitor, colleague: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    officer.enter()
    colleague.enter()
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    signed = [family.numbers[1]]
    connection.execute(f"set session authorization {officer.login}".encode())
    connection.execute(
        "select api_v1.enter_authorization('KEPT-1', %s, null, %s, %s, '张三')",
        [signed, TODAY, TODAY + timedelta(30)],
    )
    connection.execute("reset session authorization")
    connection.commit()
    asked = question(family, officer, 1) | {"authorization_no": "KEPT-1"}
    report = officer.post("/reports/ask", **asked).headers["location"]
    # The person's own division sees it too: that is a third one now.
    family.execute("update marts.resident set division_code = '420205' where resident_id = 1")
    family.publish()
    move(officers.database, officer.login, ["officer"], [ELSEWHERE])
    officer.enter()
    for visitor, status in ((officer, 404), (elsewhere, 404), (colleague, 200)):
        assert visitor.get(report).status_code == status
    number = filed_number(report.rpartition("/")[2])
    assert number not in officer.get("/reports").text
    assert number not in elsewhere.get("/reports").text
    asked = question(family, officer, 1) | {"authorization_no": "KEPT-1"}
    assert "没有这份授权书" in officer.post("/reports/ask", **asked).text


def test_a_consent_of_one_s_own_entry_is_shown_and_counted_or_refused(
    family: Family, officer: Visitor, colleague: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    """As the bureau lays down: by the parameter consent_by_another."""
    officer.enter()
    colleague.enter()
    signed = [family.numbers[1]]
    connection.execute(f"set session authorization {officer.login}".encode())
    connection.execute(
        "select api_v1.enter_authorization('SELF-1', %s, null, %s, %s, '张三')",
        [signed, TODAY, TODAY + timedelta(30)],
    )
    connection.execute("reset session authorization")
    connection.commit()
    asked = question(family, officer, 1) | {"authorization_no": "SELF-1"}
    report = officer.post("/reports/ask", **asked).headers["location"]
    ask(family, officer)
    marked = "授权由询问者自己登记"
    assert officer.get("/reports").text.count(marked) == 1, "the other consent was delivered"
    connection.execute(f"grant auditor to {colleague.login}".encode())
    connection.commit()
    counted = re.escape(f'{officer.login}</span></th><td class="number">1<')
    assert re.search(f"近 90 天.*{counted}", colleague.get("/audit").text, re.DOTALL)
    colleague.post("/reports/ask", **(question(family, colleague, 1) | {"authorization_no": "SELF-1"}))
    assert colleague.get("/reports").text.count(marked) == 1, "whoever else asks is a second pair of eyes"

    family.execute("update rules.verification_parameter set value = 1 where parameter = 'consent_by_another'")
    family.publish()
    refused = officer.post("/reports/ask", **(question(family, officer, 1) | {"authorization_no": "SELF-1"}))
    assert refused.status_code == 403
    assert "您自己登记的" in dict(FAULT.findall(refused.text))["authorization_no"]
    ask(family, officer)
    theirs = colleague.post(
        "/reports/ask", **(question(family, colleague, 1) | {"authorization_no": "SELF-1"})
    )
    assert theirs.status_code == 303
    assert officer.get(report).status_code == 200, "what was given stays"


def test_an_objection_is_verified_again_and_decided_by_another(
    family: Family, officer: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    colleague.enter()
    report = ask(family, officer)
    recorded = object_to(officer, report)
    case = recorded.headers["location"].partition("?")[0]
    number = case.rpartition("/")[2]
    assert OBJECTION_NO.fullmatch(number)
    page = officer.get(case).text
    assert "工资已停发" in page
    assert "须由另一人办结" in page
    assert f"{report}" in page
    assert "先重新核对" in colleague.get(case).text
    decide = {"reason": "verified_again:record_changed", "note": "见新报告"}
    assert "请先由另一人重新核对" in colleague.post(f"{case}/decide", **decide).text
    assert colleague.post(f"{case}/verify", turn="0").status_code == 303
    assert "请先由另一人重新核对" in colleague.post(f"{case}/decide", **decide).text, (
        "what it asked itself is no second eye"
    )
    assert officer.post(f"{case}/verify", turn="1").status_code == 303
    assert officer.post(f"{case}/verify", turn="1").status_code == 303, "pressed twice"
    new = re.findall(r'/reports/(HD[\w-]+)"', officer.get(case).text)
    assert len(new) == 3, "the first, and two more"
    assert number in officer.get(f"/reports/{new[2]}").text, "it leads back to the objection"
    refused = officer.post(f"{case}/decide", **decide)
    assert refused.status_code == 400
    assert "须由另一人办结" in refused.text
    assert colleague.post(f"{case}/decide", **decide).status_code == 303
    assert colleague.post(f"{case}/decide", **decide).status_code == 409
    closed = officer.get(case).text
    assert all(said in closed for said in ("李四", colleague.login, "来源记载已有变化", "见新报告"))
    assert number not in officer.get("/objections").text
    assert number in officer.get("/objections?state=closed").text
    asked = (
        "select purpose, operator from audit.verification_log where report_no = %s and outcome = 'answered'"
    )
    assert connection.execute(asked.encode(), [new[2]]).fetchone() == ("objection", "张三")
    read = "select resident_ids from audit.verification_log where operation = 'desk_objection' limit 1"
    assert connection.execute(read.encode()).fetchone() == ([1, 3],)


def test_an_objection_is_refused_in_words_and_what_was_said_stays(family: Family, officer: Visitor) -> None:
    officer.enter()
    report = ask(family, officer)
    for other, told in (
        ({"item": ""}, "请选择对哪一项有异议"),
        ({"statement": "  "}, "请写明当事人所述"),
        ({"statement": f"号码是{family.numbers[1]}"}, "其中有身份号码"),
        ({"received": ""}, "收到之日不早于报告之日"),
        ({"received": str(TODAY + timedelta(1))}, "收到之日不早于报告之日"),
        ({"member": "4"}, "没有这一成员"),
    ):
        refused = object_to(officer, report, **other)
        assert refused.status_code == 400
        assert told in refused.text
    assert "工资已停发" in refused.text
    assert object_to(officer, report, member="x").status_code == 400
    form = REQUEST_ID.findall(officer.get(report).text)[0]
    first, same, other = (
        object_to(officer, report, request_id=form, statement=said) for said in ("甲", "甲", "乙")
    )
    assert first.headers["location"] == same.headers["location"], "pressed twice"
    assert "已登记过另一内容" in other.text


def test_four_eyes_hold_in_sql_and_history_is_only_added_to(
    family: Family, officer: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    case = object_to(officer, ask(family, officer)).headers["location"].partition("?")[0]
    number = case.rpartition("/")[2]
    decide = f"select api_v1.decide_objection('{number}', 'upheld', 'records_agree', null, '别人')"
    insert = f"""
        insert into ops.objection_decision (objection_no, report_login, outcome, reason_code, decided_by, decided_login)
        values ('{number}', %s, 'upheld', 'records_agree', '别人', 'somebody')
    """
    for statement, error in (
        (decide, psycopg.errors.InvalidParameterValue),
        (insert.replace("%s", "'x'"), psycopg.errors.InsufficientPrivilege),
        (
            f"update ops.objection set statement = 'x' where objection_no = '{number}'",
            psycopg.errors.InsufficientPrivilege,
        ),
        ("select * from ops.objection", psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f"set session authorization {officer.login}".encode())
        with pytest.raises(error):
            connection.execute(statement.encode())
        connection.rollback()
        connection.execute("reset session authorization")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):  # nor does the owner of the table forge who asked
        connection.execute(insert.encode(), ["somebody else"])
    connection.rollback()
    for change in ("update ops.objection set due_on = due_on + 1", "delete from ops.objection"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(change.encode())
        connection.rollback()
    colleague.enter()
    assert colleague.post(f"{case}/decide", reason="upheld:records_agree").status_code == 303


def test_of_a_systems_report_who_asked_is_known_by_name(family: Family, officer: Visitor) -> None:
    officer.enter()
    report = f"/reports/{family.verify('R-system', operator='张 三')['report_no']}"
    case = object_to(officer, report).headers["location"].partition("?")[0]
    same = family.verify("R-same", operator="张三")["report_no"]
    own = object_to(officer, f"/reports/{same}").headers["location"].partition("?")[0]
    assert officer.post(f"{case}/decide", reason="upheld:records_agree").status_code == 303
    refused = officer.post(f"{own}/decide", reason="upheld:records_agree")
    assert "须由另一人办理" in refused.text


def test_what_is_asked_in_sql_is_in_the_logins_own_name_and_by_its_own_consents(
    family: Family, officer: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    given = family.verify("R-system")["report_no"]
    told = {}
    for division, login in ((HERE, officer.login), (ELSEWHERE, officers.add("王五", ELSEWHERE).login)):
        connection.execute(f"set session authorization {login}".encode())
        told[division] = (
            family.call("ask_verification", family.request("R-sql", operator="别人")),
            family.call("desk_report", given, "review"),
        )
        connection.execute("reset session authorization")
        connection.commit()
    answer, report = told[HERE]
    assert answer["asked"]["operator"] == "张三"
    assert report["report_no"] == given
    assert [refused["problem"]["code"] for refused in told[ELSEWHERE]] == [
        "no_live_authorization", "report_unknown",
    ]  # fmt: skip
    assert family.log("outcome, caller") == [
        ("answered", connection.info.user), ("answered", officer.login), ("repeated", officer.login),
        *[("refused", officers.added[-1])] * 2,
    ]  # fmt: skip


def test_a_case_past_its_day_is_marked(
    family: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    case = object_to(officer, ask(family, officer)).headers["location"].partition("?")[0]
    assert "逾期" not in officer.get("/objections").text
    connection.execute("alter table ops.objection disable trigger all")
    connection.execute("update ops.objection set received_on = received_on - 40, due_on = due_on - 40")
    connection.commit()
    assert "逾期 1</em>" in officer.get("/findings").text
    for page in ("/objections", case):
        assert '<em class="overdue">' in officer.get(page).text


def test_a_report_on_marriages_alone_is_read_too(family: Family, officer: Visitor) -> None:
    officer.enter()
    number = family.call("marriage_status", family.request("R-marriage"))["report_no"]
    assert officer.get(f"/reports?number={number}").text.count('<td class="number">—</td>') == 3, (
        "no leads told"
    )
    assert "婚姻状况核对报告" in officer.get(f"/reports/{number}").text


def test_the_page_that_checks_a_report_is_linked(
    family: Family, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer.enter()
    report = ask(family, officer)
    assert "核验页" not in officer.get(report).text
    monkeypatch.setenv("MINZHENG_REPORT_CHECK_URL", "https://check.example/v1/report-checks")
    settings.cache_clear()
    shown = officer.get(report).text
    monkeypatch.undo()
    settings.cache_clear()
    number = report.rpartition("/")[2]
    assert re.search(f'href="https://check.example/v1/report-checks/{number}/[0-9a-f]{{64}}"', shown)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in shown


def test_it_is_due_after_so_many_working_days(family: Family, connection: psycopg.Connection) -> None:
    family.add("public_holiday", day=date(2024, 10, 1), is_working_day=False)
    family.add("public_holiday", day=date(2024, 10, 12), is_working_day=True)
    generation = family.publish("second").generation
    after = "select verification.working_day_after(%s, %s, %s)"
    for day, count, due in (
        (date(2024, 9, 30), 1, date(2024, 10, 2)),
        (date(2024, 10, 11), 1, date(2024, 10, 12)),
        (date(2024, 9, 30), 15, date(2024, 10, 21)),
        (date(2030, 1, 4), 1, date(2030, 1, 7)),
    ):
        assert connection.execute(after.encode(), [day, count, generation]).fetchone() == (due,)


def test_a_script_in_a_name_is_shown_as_text(family: Family, officer: Visitor) -> None:
    officer.enter()
    form = question(family, officer, 1, 2)
    form["name"][2] = SCRIPT
    form["relation"][2] = SCRIPT
    again = officer.post("/reports/ask", **(form | {"do": "add"})).text
    report = officer.post("/reports/ask", **form).headers["location"]
    case = object_to(officer, report, statement=SCRIPT, member="2").headers["location"]
    for page in (again, officer.get(report).text, officer.get(case).text):
        assert "&lt;script&gt;" in page
        assert SCRIPT not in page
    assert officer.get(f"{report}/report.pdf").status_code == 200
    form["name"][2] = "王\x00二"
    assert officer.post("/reports/ask", **form).status_code == 400
