"""本人请求: what a person asks of the own data is a case with a day, answered by another and told on paper."""

import io
import re
from datetime import datetime, timedelta

import httpx
import psycopg
import pypdf
import pytest
from at_the_desk import ELSEWHERE, Officers, Visitor
from hand_made_family import Family

from serving.desk import person_requests
from warehouse.database.settings import BUREAU_TIME

FORM_ID = re.compile(r'name="form_id" value="([^"]+)"')
STATEMENT = "收入已变，请更正"


def today() -> str:
    return str(datetime.now(BUREAU_TIME).date())


def record(officer: Visitor, number: str, **other: str) -> httpx.Response:
    said = {
        "form_id": FORM_ID.findall(officer.get("/person-requests/new").text)[0], "number": number,
        "kind": "correction", "statement": STATEMENT, "received": today(),
    }  # fmt: skip
    return officer.post("/person-requests/new", **(said | other))


def paper(officer: Visitor, number: str) -> str:
    read = pypdf.PdfReader(io.BytesIO(officer.post("/held", number=number).content))
    return re.sub(r"[\s\u200b]+", "", "".join(page.extract_text() for page in read.pages))


def test_a_request_is_answered_by_another_and_printed_for_the_person(
    told: Family, officer: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    colleague.enter()
    address = record(officer, told.numbers[1]).headers["location"].partition("?")[0]
    number = address.rpartition("/")[2]
    assert number in officer.get("/person-requests").text
    assert "本人请求 <b>1</b>" in officer.get("/findings").text
    page = officer.get(address).text
    assert STATEMENT in page
    assert "须由另一人答复" in page
    assert told.numbers[1] not in page
    assert "尚未答复" in paper(officer, told.numbers[1])
    answer = {"outcome": "granted", "answer": "已请人社局更正，下次交付生效"}
    own = officer.post(f"{address}/decide", **answer)
    assert own.status_code == 400
    assert "须由另一人答复" in own.text
    for wrong in ({"outcome": "perhaps"}, {"answer": " "}, {"answer": f"号码 {told.numbers[1]}"}):
        assert colleague.post(f"{address}/decide", **(answer | wrong)).status_code == 400
    assert colleague.post(f"{address}/decide", **answer).status_code == 303
    assert colleague.post(f"{address}/decide", **answer).status_code == 409
    assert number not in officer.get("/person-requests").text
    assert number in officer.get("/person-requests?state=closed").text
    printed = paper(officer, told.numbers[1])
    for shown in (number, STATEMENT, "同意", answer["answer"], "第四十六条"):
        assert shown in printed, shown
    read = "select distinct operation, resident_ids from audit.verification_log where operation like '%person_request'"
    assert sorted(connection.execute(read.encode()).fetchall()) == [
        ("desk_person_request", [1]), ("record_person_request", [1]),
    ]  # fmt: skip
    connection.execute(
        "insert into ops.person_request (request_no, form_id, resident_id, kind, statement, received_on, due_on,"
        " recorded_by, recorded_login) values ('x', 'x', 1, 'correction', 'x', now(), now(), 'x', 'x')"
    )
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "insert into ops.person_request_decision (request_no, recorded_login, outcome, answer, decided_by,"
            " decided_login) values ('x', session_user, 'refused', 'x', 'x', 'x')"
        )


def test_what_cannot_be_recorded_is_said_and_what_was_filled_in_stays(told: Family, officer: Visitor) -> None:
    officer.enter()
    late = str(datetime.now(BUREAU_TIME).date() + timedelta(1))
    for other, why in (
        ({"kind": ""}, "请选择请求的事项"), ({"statement": " "}, "请写明本人所述"), ({"received": ""}, "收到之日"),
        ({"received": late}, "收到之日"), ({"number": told.numbers[4]}, "没有这个号码的人"),
        ({"statement": f"我是{told.numbers[1]}"}, "其中有身份号码"),
    ):  # fmt: skip
        refused = record(officer, **({"number": told.numbers[1]} | other))
        assert refused.status_code == 400
        assert why in refused.text
        assert other.get("statement", STATEMENT) in refused.text
    logged = "select resident_ids, request ->> 'id_number' from audit.verification_log where operation = %s"
    assert told.connection.execute(logged.encode(), ["record_person_request"]).fetchall() == [
        ([], told.numbers[4])
    ], "whether there is such a person is not asked in silence, and not of a form that is refused"
    form_id = FORM_ID.findall(officer.get("/person-requests/new").text)[0]
    first, same, another = (
        record(officer, told.numbers[1], form_id=form_id, statement=said) for said in ("甲", "甲", "乙")
    )
    assert first.headers["location"] == same.headers["location"], "pressed twice"
    assert "已登记过另一内容" in another.text
    for number in (told.numbers[2], told.numbers[4]):  # nor by a form that was used
        assert "已登记过另一内容" in record(officer, number, form_id=form_id, statement="甲").text


def test_another_division_sees_none_and_a_full_page_is_the_last(
    told: Family, officer: Visitor, officers: Officers, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer.enter()
    monkeypatch.setattr(person_requests, "PER_PAGE", 2)
    numbers = [
        record(officer, told.numbers[1], kind=kind).headers["location"].partition("?")[0]
        for kind in ("correction", "restriction")
    ]
    assert "page=2" not in officer.get("/person-requests").text
    record(officer, told.numbers[1], kind="deletion")
    assert "page=2" in officer.get("/person-requests").text
    assert "page=3" not in officer.get("/person-requests?page=2").text
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    assert record(elsewhere, told.numbers[1]).status_code == 400
    for address in (*numbers, "/person-requests/GR20250101-00000000", "/person-requests/x"):
        assert elsewhere.get(address).status_code == 404
    assert elsewhere.post(f"{numbers[0]}/decide", outcome="refused", answer="不").status_code in (400, 404)
    assert "本人请求 <b>0</b>" in elsewhere.get("/findings").text


def merge(told: Family, former: int, resident: int) -> None:
    """As linkage notes it when a resident keeps no line, and as the next publication serves it."""
    told.execute("delete from ops.person_link where resident_id = %s", [former])
    for known in (former, resident):
        told.execute(
            "insert into ops.resident_identity (resident_id, id_number, first_delivery_id, first_line_number)"
            " overriding system value values (%s, %s, 'd', 1) on conflict do nothing",
            [known, told.numbers[known]],
        )
    told.execute(
        "insert into ops.identity_event"
        " (kind, delivery_id, line_number, role, before_resident_id, after_resident_id, method)"
        " values ('merged', 'd', %s, 'person', %s, %s, 'reviewed')",
        [former, former, resident],
    )
    told.execute("delete from pub.resident where resident_id = %s", [former])
    told.connection.commit()


def test_a_case_follows_whoever_was_merged_since(
    told: Family, officer: Visitor, colleague: Visitor, officers: Officers
) -> None:
    officer.enter()
    colleague.enter()
    address = record(officer, told.numbers[1]).headers["location"].partition("?")[0]
    number = address.rpartition("/")[2]
    merge(told, 1, 3)
    for visitor in (officer, colleague):
        assert number in visitor.get("/person-requests").text
        assert Family.NAMES[3] in visitor.get(address).text
    assert "须由另一人答复" in officer.get(address).text
    assert number in paper(colleague, told.numbers[3])
    merge(told, 1, 4)  # nobody knows any more who is meant
    assert number in officer.get("/person-requests").text
    assert STATEMENT in officer.get(address).text
    assert Family.NAMES[3] not in officer.get(address).text
    assert number in colleague.get("/person-requests").text, (
        "who has the divisions it was recorded in answers it"
    )
    assert Family.NAMES[3] not in colleague.get(address).text
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    assert number not in elsewhere.get("/person-requests").text
    assert elsewhere.get(address).status_code == 404
    assert elsewhere.post(f"{address}/decide", outcome="refused", answer="不").status_code in (400, 404)
    assert colleague.post(f"{address}/decide", outcome="refused", answer="无法确定为何人").status_code == 303
    assert "无法确定为何人" in officer.get(address).text
