"""证据包 for auditors, and what is held of a person for whoever it is."""

import hashlib
import io
import json
import re
import zipfile

import psycopg
import pytest
from at_the_desk import ELSEWHERE, MINE, Officers, Visitor
from hand_made_family import SINCE, Family
from landed_lines import FINDING, PHONE
from pypdf import PdfReader

PACK = f"/findings/{FINDING}/evidence.zip"


def held(visitor: Visitor, number: str) -> str:
    got = visitor.post("/held", number=number)
    assert got.headers["content-type"] == "application/pdf", got.status_code
    return re.sub(
        r"\s|\u200b", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(got.content)).pages)
    )


def auditing_too(told: Family, officer: Visitor, officers: Officers) -> Visitor:
    """The officer, who enters, and one of another division, who is returned, are auditors besides."""
    elsewhere = officers.add("王五", ELSEWHERE)
    for login in (officer.login, elsewhere.login):
        told.execute(f"grant auditor to {login}")
    told.connection.commit()
    officer.enter()
    return elsewhere


def test_a_pack_holds_all_of_a_finding_masked_and_its_digests(
    told: Family, officer: Visitor, officers: Officers
) -> None:
    elsewhere = auditing_too(told, officer, officers)
    officer.post("/findings/take", finding=f"{FINDING}:0.0")
    assert PACK in officer.get(f"/findings/{FINDING}").text
    with zipfile.ZipFile(io.BytesIO(officer.get(PACK).content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop("manifest.json"))
    assert manifest["sha256"] == {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()}
    assert (manifest["login"], manifest["purpose"]) == (officer.login, "review")
    assert [line["feed"] for line in json.loads(parts["lines.json"])["lines"]] == ["aid_household", "vehicle"]
    assert json.loads(parts["history.json"])["events"][0]["event"] == "taken"
    whole = b"".join(parts.values()).decode()
    for hidden in ("王一", told.numbers[1], PHONE):
        assert hidden not in whole
    assert elsewhere.enter().get(PACK).status_code == 404


def test_a_sample_is_drawn_by_chance_and_drawn_again(
    told: Family, officer: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    elsewhere = auditing_too(told, officer, officers)
    for finding in MINE[:4]:
        officer.post(f"/findings/{finding}/decide", seen="0.0", reason="dismissed:LAWFUL")

    def drawn(visitor: Visitor, word: str, most: int = 2, state: str = "dismissed") -> list[str]:
        page = visitor.get(f"/audit/sample?state={state}&most={most}&word={word}")
        assert page.status_code == 200
        assert "王一" not in page.text
        return re.findall(r"/findings/(\w+)/evidence.zip", page.text)

    samples = {word: drawn(officer, word) for word in ("a", "b", "c", "d", "e")}
    assert all(len(set(sample)) == 2 and set(sample) <= set(MINE[:4]) for sample in samples.values())
    assert len({tuple(sample) for sample in samples.values()}) > 1
    assert {word: drawn(officer, word) for word in samples} == samples
    assert sorted(drawn(officer, "a", 100)) == MINE[:4]
    assert drawn(officer, "a", state="confirmed") == []
    assert drawn(elsewhere.enter(), "a") == []
    for word in ("", "420203198001010011", "<script>"):
        assert officer.get(f"/audit/sample?state=dismissed&most=2&word={word}").status_code == 400
    for asked in ("state=new&most=2", "state=dismissed&most=x"):
        assert officer.get(f"/audit/sample?{asked}&word=a").status_code == 400
    for state in ("null", "'new'"):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="decided findings"):
            connection.execute(f"select api_v1.sample_findings('review', {state}, 'a', 9)".encode())
        connection.rollback()
    read = (
        "select resident_ids from audit.verification_log where operation = 'sample_findings' and caller = %s"
    )
    assert ([1],) in connection.execute(read, [officer.login]).fetchall()


def test_a_pack_is_for_auditors(told: Family, officer: Visitor) -> None:
    officer.enter()
    assert officer.get(PACK).status_code == 404
    assert officer.get("/audit/sample?state=dismissed&most=2&word=a").status_code == 404
    assert PACK not in officer.get(f"/findings/{FINDING}").text


def test_a_person_is_told_sources_benefits_and_who_read(
    told: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    told.add(
        "entitlement", entitlement_no="GLJT-1", benefit_code="GLJT", resident_id=1, division_code="420203",
        started_on=SINCE, is_active=True, delivery_id="e", line_number=1,
    )  # fmt: skip
    told.publish("drawing")
    officer.enter()
    officer.get(f"/findings/{FINDING}")
    page = held(officer, told.numbers[1].lower())
    for shown in ("王一", "机动车", "救助家庭", "GLJT-1", "疑点列表", officer.login, "第四十五条"):
        assert shown in page, shown
    assert told.numbers[1] not in page
    assert "D02" not in page, "no leads"
    assert connection.execute(
        "select resident_ids, purpose from audit.verification_log where operation = 'held_of_person'"
    ).fetchall() == [([1], "review")]


def test_nobody_of_another_division_is_told_of(told: Family, officer: Visitor, officers: Officers) -> None:
    officer.enter()
    for number in (told.numbers[4], "420203195501010010", "", "\0", "9" * 41, "<script>"):
        got = officer.post("/held", number=number)
        assert got.status_code == 404, number
        assert "没有这个号码的人" in got.text
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    assert elsewhere.post("/held", number=told.numbers[1]).status_code == 404
