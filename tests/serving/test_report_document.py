"""The report on the screen and on paper: all that the answer says, in words, and nothing of what it does not."""

import io
import json
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import psycopg
import pypdf
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hand_made_family import CONSENT, Family

from cli import main as cli
from serving.app import create_app
from serving.contract import Verification
from serving.database import Database
from serving.report import digest, render_html, render_pdf
from serving.report.contents import INCOMPLETE_ZH, shown
from serving.report.digest import canonical
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, Settings, settings

ANSWERS = PROJECT_ROOT / "tests" / "warehouse" / "golden" / "answers.jsonl"
NUMBER = "HD20250630-3F2A9C41-8B7D0E55F2A1"
ENVELOPE = {
    "status": "answered", "operation": "verify", "report_no": NUMBER, "request_id": "R1", "generation": 1,
    "asked_on": "2025-06-30", "valid_until": "2025-08-29",
}  # fmt: skip


@cache
def _answers() -> tuple[dict[str, Any], ...]:
    """Of a town over three generations, as a function of api_v1 answers."""
    found = [json.loads(line)["answer"] for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    return tuple(
        {
            **ENVELOPE,
            "asked": {
                "authorization_no": "SQ-1", "purpose": "review", "aid_type": "DB", "operator": "核对员甲",
                "names": [f"王{place}某" for place, _ in enumerate(answer["members"], start=1)],
            },
            **answer,
        }
        for answer in found
    )  # fmt: skip


def _largest() -> dict[str, Any]:
    return max(_answers(), key=lambda answer: len(json.dumps(answer)))


def _pages(report: dict[str, Any]) -> list[pypdf.PageObject]:
    return list(pypdf.PdfReader(io.BytesIO(render_pdf(report))).pages)


def _close(text: str) -> str:
    """Where a line breaks on paper says nothing."""
    return re.sub(r"[\s\u200b\xa0]+", "", text)


def _on_paper(report: dict[str, Any]) -> str:
    return _close("".join(page.extract_text() for page in _pages(report)))


def _on_screen(report: dict[str, Any]) -> str:
    return _close(unescape(re.sub(r"<[^>]+>", "", render_html(report))))


def _without(text: str, *parts: str) -> str:
    for part in parts:
        assert part in text
        text = text.replace(part, "")
    return text


def _told(answer: dict[str, Any]) -> list[str]:
    """What must be read of an answer, in its own order: every member, amount, item, source and total."""
    told = [answer["report_no"][:19], CONSENT, "核对员甲", "定期复核", digest(answer), answer["report_no"]]
    for member, name in zip(answer["members"], answer["asked"]["names"], strict=True):
        told += [name, member["relation"], member["masked_id_number"] or "未载明", member["identity_zh"]]
        for item in member["income_items"] or ():
            told.append(
                "".join(f"{Decimal(str(item[field])):,.2f}" for field in ("amount_yuan", "counted_yuan"))
                if None not in (item["amount_yuan"], item["counted_yuan"]) else "未载明"
            )  # fmt: skip
            told.append(f"{item['source']['delivery_id']}第{item['source']['line_number']}行")
        for item in member["property_items"] or ():
            told += [item["item_no"] or "未载明", item["acquired_on"] or "未载明"]
            told.append(
                "未载明" if item["value_yuan"] is None else f"{Decimal(str(item['value_yuan'])):,.2f}"
            )
        told += [benefit["case_no"] or "未载明" for benefit in member["benefits"] or ()]
        told += [member["stay"]["stay_no"]] if member["stay"] else []
    household = answer["household"]
    for field in ("income_yuan", "income_per_capita_yuan"):
        told += [f"{Decimal(str(household[field])):,.2f}"] if household[field] is not None else []
    told += [INCOMPLETE_ZH[reason] for reason in household["incomplete_because"]]
    for source in answer["sources"]:
        told.append(f"{source['title_zh']}{source['status_zh']}{source['as_of'] or '从未收到'}")
    for flag in answer["flags"]:
        told.append(f"{flag['rule_code']}{flag['title_zh']}")
    return [_close(part) for part in told]


@pytest.mark.parametrize("show", [_on_paper, _on_screen])
def test_all_that_an_answer_says_is_read(show: Callable[[dict], str]) -> None:
    """Over answers that know much, little and nothing of people: half of them open some sources only."""
    for answer in (_largest(), *_answers()[::4]):
        text = show(answer)
        assert [part for part in _told(answer) if part not in text] == []


def test_paper_says_the_same_as_the_screen() -> None:
    report = _largest()
    ends = r"第\d+页共\d+页|居民家庭经济状况核对报告编号HD20250630-3F2A9C41"
    paper = re.sub(ends, "", _on_paper(report))
    screen = _on_screen(report)
    for head in re.findall(r"<thead>(.*?)</thead>", render_html(report)):  # repeated where a table goes on
        titles = re.sub(r"<[^>]+>", "", head)
        paper, screen = paper.replace(titles, ""), screen.replace(titles, "")
    assert paper == screen


def test_nothing_known_reads_otherwise_than_nothing() -> None:
    report = json.loads(json.dumps(_largest()))
    first, second, third = report["members"][:3]
    first |= {"identity": "ambiguous", "income_items": None, "property_items": None, "benefits": None}
    second |= {"identity": "found", "income_items": [], "property_items": [], "benefits": []}
    third |= {"identity": "found", "income_items": None, "property_items": None, "benefits": None}
    report["household"] |= {
        "vehicle_count": None,
        "dwelling_count": 0,
        "income_yuan": 0,
        "incomplete_because": [],
    }
    for text in (_on_paper(report), _on_screen(report)):
        assert text.count(f"1{report['asked']['names'][0]}身份未确认，未作核对") >= 3
        assert text.count(f"2{report['asked']['names'][1]}未查得") >= 3
        assert text.count(f"3{report['asked']['names'][2]}未授权") >= 3
        for words in ("机动车未授权", "住房0套", "家庭月均收入（元）0.00"):
            assert words in text
    report["household"]["incomplete_because"] = ["income_source_closed_or_stale"]
    assert "2王2某未查得（有来源未授权、不可用或过期，不表示没有）" in _on_paper(report)


def test_a_long_list_goes_over_pages_that_are_counted_under_repeated_heads() -> None:
    report = json.loads(json.dumps(_largest()))
    item = next(items[0] for member in report["members"] if (items := member["income_items"]))
    report["members"][0]["income_items"] = [item | {"amount_yuan": 1000 + place} for place in range(150)]
    pages = [_close(page.extract_text()) for page in _pages(report)]
    assert len(pages) > 6
    for number, text in enumerate(pages, start=1):
        assert f"第{number}页共{len(pages)}页" in text
        assert (text.startswith("居民家庭经济状况核对报告编号HD20250630-3F2A9C41")) == (number > 1)
    assert sum("成员收入种类月份金额计入来源" in text for text in pages) > 4
    assert all(f"{1000 + place:,}.00" in "".join(pages) for place in range(150))


def test_every_glyph_of_the_pdf_is_in_it() -> None:
    """Fonts are embedded, and no text comes out as .notdef (glyph 0)."""
    report = json.loads(json.dumps(_largest()))
    report["asked"]["names"][:2] = ["𬱖䶮㛃龘", "𠮷\U000e0100"]
    reader = pypdf.PdfReader(io.BytesIO(render_pdf(report)))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            described = descendant.get_object()["/FontDescriptor"]
            assert re.match(r"/[A-Z]{6}\+Noto(Serif|Sans)SC", described["/FontName"])
            assert described["/FontFile3"].get_object().get_data()
        shown_glyphs = [
            bytes(text.original_bytes)
            for operands, operator in pypdf.generic.ContentStream(page.get_contents(), reader).operations
            if operator in (b"Tj", b"TJ")
            for text in (operands[0] if operator == b"TJ" else operands)
            if isinstance(text, pypdf.generic.TextStringObject | pypdf.generic.ByteStringObject)
        ]
        assert shown_glyphs
        assert all(text[at : at + 2] != b"\0\0" for text in shown_glyphs for at in range(0, len(text), 2))
    text = _close("".join(page.extract_text() for page in reader.pages))
    assert "𬱖䶮㛃龘" in text
    # no font has it: its number stands there, and the report says why
    assert "〔U+20BB7〕〔U+E0100〕" in text
    assert "字库未收录的字以〔U+…〕写出" in text
    assert "字库未收录" not in _on_paper(_largest())
    assert "𠮷" in _on_screen(report), "a screen may have it"


def test_what_stands_in_a_name_is_text_and_nothing_else() -> None:
    report = json.loads(json.dumps(_largest()))
    name = "<script>alert(1)</script>#set page(fill: red)\\ $x$ 张\u202e三\n\x07"
    report["asked"]["names"][0] = name
    page = render_html(report)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;#set page(fill: red)" in page
    assert not re.search(r"""\s(on\w+|style|href|src)=""", page)
    for text in (_on_paper(report), _on_screen(report)):
        assert _close(shown(name)) in text
        assert "张〔U+202E〕三〔U+000A〕〔U+0007〕" in text


def test_the_same_report_is_the_same_file_and_tells_nothing_outside() -> None:
    report = _largest()
    made = render_pdf(report)
    assert made == render_pdf(json.loads(json.dumps(report)))
    document = pypdf.PdfReader(io.BytesIO(made))
    assert document.metadata
    assert document.metadata.title == "居民家庭经济状况核对报告 HD20250630-3F2A9C41"
    about = f"{document.metadata}{document.xmp_metadata.stream.get_data().decode() if document.xmp_metadata else ''}"
    for part in (
        *report["asked"]["names"],
        report["members"][0]["masked_id_number"],
        report["asked"]["operator"],
    ):
        assert part not in about


def test_the_narrower_answers_have_reports_of_their_own() -> None:
    whole = _largest()
    kept = ("member_no", "relation", "identity", "identity_zh", "identity_reason", "masked_id_number")
    for operation, field, title in (
        ("marriage_status", "marriage", "婚姻状况核对报告"), ("eldercare_stay", "stay", "养老机构入住核对报告"),
    ):  # fmt: skip
        report = {key: value for key, value in whole.items() if key not in ("household", "flags")} | {
            "operation": operation,
            "members": [{key: member[key] for key in (*kept, field)} for member in whole["members"]],
        }
        text = _on_paper(report)
        assert title in text
        assert "只反映第三部分所列来源" in text
        assert "收入种类" not in text


def test_a_report_of_before_says_what_it_does_not_hold() -> None:
    report = {key: value for key, value in _largest().items() if key != "asked"}
    assert "授权书编号未载明" in _on_paper(report)


# The doors


def test_the_digest_is_that_of_the_database(family: Family, connection: psycopg.Connection) -> None:
    """Of answers, and of what JSON can be: the rule is one, whoever applies it."""
    odd = {
        "b": [1, 0.5, 12345678.9, None, True, [], {}],
        "a": {"é": '"\\\n\x1f\u2028', "Z": "龘𬱖"},
        "": 100.0,
    }
    assert canonical(odd).startswith('{"":100,"a":{"Z":"龘𬱖","é":"')
    for value in (odd, _largest()):
        row = connection.execute("select verification.canonical(%s::jsonb)", [json.dumps(value)]).fetchone()
        assert row == (canonical(value),)


def test_a_report_says_what_was_asked(client: TestClient, family: Family) -> None:
    answer = client.post("/v1/verifications", json=family.request()).json()
    Verification.model_validate(answer)
    assert answer["asked"] == {
        "authorization_no": CONSENT, "purpose": "application", "aid_type": "DB", "operator": "核对员甲",
        "names": ["王一", "王二", "王三"],
    }  # fmt: skip


def test_the_report_as_pdf(client: TestClient, other_client: TestClient, family: Family) -> None:
    answer = client.post("/v1/verifications", json=family.request()).json()
    place = f"/v1/reports/{answer['report_no']}?purpose=review"
    response = client.get(place, headers={"Accept": "application/pdf, application/json;q=0.5"})
    assert response.content == render_pdf(answer)
    assert (response.headers["content-type"], response.headers["cache-control"]) == (
        "application/pdf",
        "no-store",
    )
    assert response.headers["content-disposition"] == f'inline; filename="{answer["report_no"][:19]}.pdf"'
    assert family.log("operation, outcome, client, purpose")[1:] == [
        ("get_report", "repeated", "approval", "review")
    ]
    refused = other_client.get(place, headers={"Accept": "application/pdf"})
    assert (refused.status_code, refused.json()["code"]) == (404, "report_unknown")


def test_number_and_digest_are_checked_without_a_word_of_anybody(
    app: FastAPI, client: TestClient, family: Family
) -> None:
    answer = client.post("/v1/verifications", json=family.request()).json()
    number, sha256 = answer["report_no"], digest(answer)
    anybody = TestClient(app)
    logged = len(family.log("1"))
    for asked, matches in (
        (f"{number}/{sha256}", True), (f"{number}/{sha256.upper()}", True), (f"{number}/{'0' * 64}", False),
        (f"{NUMBER}/{sha256}", False),
    ):  # fmt: skip
        response = anybody.get(f"/v1/report-checks/{asked}")
        assert (response.status_code, response.json()) == (200, {"matches": matches})
        page = anybody.get(f"/v1/report-checks/{asked}", headers={"Accept": "text/html,*/*"})
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert ("核验：相符" in page.text, "核验：不相符" in page.text) == (matches, not matches)
        assert not any(name in page.text for name in family.NAMES.values())
    assert anybody.get(f"/v1/report-checks/{number}/x").status_code == 400
    assert len(family.log("1")) == logged


def test_checks_are_few_a_minute(database: Warehouse, family: Family, chosen: Settings) -> None:
    place = Database(lambda: database)
    anybody = TestClient(create_app(chosen.model_copy(update={"api_checks_per_minute": 1}), place))
    responses = [anybody.get(f"/v1/report-checks/{NUMBER}/{'0' * 64}") for _ in range(3)]
    assert responses[0].json() == {"matches": False}
    assert (responses[2].status_code, responses[2].json()["code"]) == (429, "rate_limited")
    assert int(responses[2].headers["retry-after"]) > 0
    place.engine.dispose()


def test_the_code_on_paper_opens_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    report = _largest()
    assert "<svg" not in render_html(report)
    monkeypatch.setenv("MINZHENG_REPORT_CHECK_URL", "https://check.example/v1/report-checks/")
    settings.cache_clear()
    asked = []
    monkeypatch.setattr("serving.report.segno.make_qr", lambda address, **_: asked.append(address) or _Code())
    assert "<svg>code</svg>" in render_html(report)
    assert asked == [f"https://check.example/v1/report-checks/{NUMBER}/{digest(report)}"]
    settings.cache_clear()


class _Code:
    def save(self, into: io.BytesIO, **_: Any) -> None:
        into.write(b"<svg>code</svg>")


def test_the_command_writes_the_report(
    client: TestClient, family: Family, database: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    answer = client.post("/v1/verifications", json=family.request()).json()
    own = family.verify("R2")
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    settings.cache_clear()
    out = tmp_path / "report.pdf"

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["minzheng", "report", *words, "--out", str(out)])
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    assert run(answer["report_no"], "--purpose", "review") == 2
    assert "report_unknown" in capfd.readouterr().err
    assert run(answer["report_no"], "--purpose", "review", "--client", "approval", "--by", "复核员乙") == 0
    assert out.read_bytes() == render_pdf(answer)
    assert out.stat().st_mode & 0o077 == 0
    assert run(own["report_no"], "--purpose", "review") == 0
    assert out.read_bytes() == render_pdf(own)
    assert family.log("operation, outcome, client, operator")[-2:] == [
        ("get_report", "repeated", "approval", "复核员乙"),
        ("get_report", "repeated", None, family.connection.info.user),
    ]
    settings.cache_clear()
