"""核对申请 and 核对报告: a question asked by hand, the reports there are, and one of them on the screen and as PDF."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, Response
from markupsafe import Markup

from serving import report as paper
from serving.desk.desk import Desk, Person, Refused, field, form, go, page_number, page_of
from serving.desk.objections import CONSENT_REFUSED, Filled, filled_objection, objection_form
from serving.desk.words import words
from serving.desk.work import a_day, one_of
from serving.faults import in_words
from warehouse.seeds import code_titles
from warehouse.verification import objections, reports

PER_PAGE = 50
MOST_MEMBERS = 20
LINES_AT_FIRST = 3
# Nothing else is a number of a report: one of a person, typed by mistake, is in no address of ours and in no log.
REPORT_NO = re.compile(r"HD[A-Z0-9-]{1,38}", re.ASCII)
MEMBER_FIELDS = ("name", "id_number", "relation")
# What is asked beside the members; what is left empty is not asked.
FIELDS = ("authorization_no", "purpose", "aid_type", "division_code", "urban_rural")
RELATIONS = ("本人", "配偶", "子女", "父母", "兄弟姐妹", "其他")
MINE = "mine"
CSS = Path(paper.__file__).with_name("report.css")


@dataclass(frozen=True)
class Question:
    """As it was filled in. members: lines as they stand on the page, empty ones too."""

    request_id: str
    asked: Mapping[str, str]
    members: list[dict[str, str]]

    def request(self) -> dict[str, Any]:
        """As the contract has it: without lines and fields left empty, but for those that it wants."""
        wanted = {name: value for name, value in self.asked.items() if value or name in FIELDS[:3]}
        return {"request_id": self.request_id, "members": [line for _, line in self.said()]} | wanted

    def said(self) -> list[tuple[int, dict[str, str]]]:
        """The lines on which something of somebody stands, each with its place on the page."""
        return [(place, line) for place, line in enumerate(self.members) if any(line.values())]


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/static/report.css")
    def sheet() -> Response:
        """That of every report, beside the program that makes them."""
        return FileResponse(CSS, media_type="text/css")

    @router.get("/reports")
    def listed(request: Request, person: SignedIn) -> Response:
        asked, page = read_query(request.query_params)
        with person.connection() as connection:
            found = reports.reports(connection, person.purpose, asked, PER_PAGE, (page - 1) * PER_PAGE)
        rows, has_more = page_of(found, PER_PAGE)
        query = query_of(asked)
        return desk.page(
            request, "reports.html", asked=asked, rows=rows, has_more=has_more,
            page_number=page, aid_types=aid_types(), filed=paper.filed_number, titles=paper.TITLES,
            address=lambda **changed: f"/reports?{urlencode(query | changed)}",
        )  # fmt: skip

    @router.get("/reports/ask")
    def empty(request: Request, person: SignedIn) -> Response:
        lines = [dict.fromkeys(MEMBER_FIELDS, "") for _ in range(LINES_AT_FIRST)]
        asked = dict.fromkeys(FIELDS, "") | {"purpose": person.purpose}
        return ask_page(request, Question(new_request_id(), asked, lines))

    @router.post("/reports/ask")
    def ask(request: Request, person: SignedIn) -> Response:
        """Asks, or gives the page a line more or less. Pressed twice it is one request, as its number says."""
        question = read_question(request)
        step, _, place = field(request, "do").partition(":")
        if step != "ask":
            return ask_page(request, changed(question, step, place))
        with person.connection() as connection:
            answer = reports.ask(connection, question.request())
        refused = reports.refusal(answer)
        if refused is None:
            return go(f"/reports/{answer['report_no']}")
        if refused["code"] == "request_id_reused":
            question = Question(new_request_id(), question.asked, question.members)
        general, beside = faults_of(refused, question, desk.language(request))
        return ask_page(request, question, refused["http_status"], general, beside)

    def ask_page(
        request: Request, question: Question, status: int = 200, general: str = "",
        beside: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """beside: by the id of a field, what is wrong with it."""
        return desk.page(
            request, "ask.html", status, question=question, general=general, beside=beside or {},
            aid_types=aid_types(), relations=RELATIONS, most=MOST_MEMBERS,
        )  # fmt: skip

    @router.get("/reports/{report_no}")
    def shown(request: Request, person: SignedIn, report_no: str) -> Response:
        return report_page(request, person, report_no)

    def report_page(
        request: Request, person: Person, report_no: str, status: int = 200, filled: Filled | None = None
    ) -> Response:
        answer, about, choices = read(desk, request, person, report_no)
        return desk.page(
            request, "report.html", status, report=Markup(paper.render_html(answer)), report_no=report_no,
            filed=paper.filed_number, title=paper.TITLES[answer["operation"]],
            check_address=paper.check_address(answer), objections=about,
            **objection_form(answer, choices, filled or Filled(new_request_id())),
        )  # fmt: skip

    @router.post("/reports/{report_no}/objections")
    def objected(request: Request, person: SignedIn, report_no: str) -> Response:
        filled = filled_objection(request)
        try:
            with person.connection() as connection:
                number = objections.record(
                    connection, a_report_no(report_no), filled.request_id, filled.objection(), person.name
                )
        except Refused as refused:
            if not refused.told:
                raise
            return report_page(request, person, report_no, refused.status, filled.but(refused.told))
        return go(f"/objections/{number}", told="done_objection")

    @router.get("/reports/{report_no}/report.pdf")
    async def printed(request: Request, person: SignedIn, report_no: str) -> Response:
        return await desk.in_turn(partial(pdf, request, person, report_no))

    def pdf(request: Request, person: Person, report_no: str) -> Response:
        answer, _, _ = read(desk, request, person, report_no)
        return Response(
            paper.render_pdf(answer), media_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{paper.file_name(answer)}"'},
        )  # fmt: skip

    return router


def read(
    desk: Desk, request: Request, person: Person, report_no: str
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, dict[str, str]]]:
    """A report, the objections about it, and what may be objected to. Raises Refused."""
    number = a_report_no(report_no)
    with person.connection() as connection:
        answer = reports.report(connection, number, person.purpose)
        about = objections.objections_to(connection, number)
        choices = objections.choices(connection)
    refused = reports.refusal(answer)
    if refused is None:
        return answer, about, choices
    if refused["code"] == "no_live_authorization":
        raise Refused(403, words(desk.language(request), CONSENT_REFUSED[refused["detail"]["reason"]]))
    raise Refused(refused["http_status"])


def read_question(request: Request) -> Question:
    sent = [[str(value).strip() for value in form(request).getlist(name)] for name in MEMBER_FIELDS]
    lines = [dict(zip(MEMBER_FIELDS, line, strict=True)) for line in zip(*sent, strict=False)]
    return Question(
        field(request, "request_id"),
        {name: field(request, name) for name in FIELDS},
        lines[:MOST_MEMBERS] or [dict.fromkeys(MEMBER_FIELDS, "")],
    )


def changed(question: Question, step: str, place: str) -> Question:
    """With a line more or less. Raises Refused for any other step."""
    lines = list(question.members)
    if step == "add" and len(lines) < MOST_MEMBERS:
        lines.append(dict.fromkeys(MEMBER_FIELDS, ""))
    elif step == "drop" and place in map(str, range(len(lines))) and len(lines) > 1:
        del lines[int(place)]
    else:
        raise Refused(400)
    return Question(question.request_id, question.asked, lines)


def faults_of(refused: dict[str, Any], question: Question, language: str) -> tuple[str, dict[str, str]]:
    """What is said above the form, and beside which field what: of a member by the line it stands on."""
    detail = refused["detail"] or {}
    places = [place for place, _ in question.said()]
    beside: dict[str, str] = {}
    if refused["code"] == "no_live_authorization":
        beside["authorization_no"] = words(language, CONSENT_REFUSED[detail["reason"]])
        for number in detail.get("members") or ():
            beside[f"id_number{places[number - 1]}"] = words(language, "consent_not_of_member")
    for fault in in_words(detail.get("errors") or []):
        _, top, *below = (*fault["pointer"].split("/"), "")
        told = fault["reason_zh" if language == "zh" else "reason_en"]
        if top == "members" and len(below) > 2:
            beside.setdefault(f"{below[1]}{places[int(below[0])]}", told)
        else:
            beside.setdefault(top, told)
    general = "ask_reused" if refused["code"] == "request_id_reused" else "ask_refused"
    return words(language, general) if beside or general == "ask_reused" else refused["title_zh"], beside


def read_query(query: Mapping[str, str]) -> tuple[reports.Asked, int]:
    """What an address asks for, and which page of it. Raises Refused for what cannot be read."""
    given = {name: value.strip() for name, value in query.items() if value.strip()}
    asked = reports.Asked(
        number=a_report_no(given["number"].upper()) if "number" in given else None,
        aid_type=one_of(given["aid_type"], tuple(aid_types())) if "aid_type" in given else None,
        since=a_day(given["since"]) if "since" in given else None,
        is_own=given.get("whose") == MINE,
    )
    return asked, page_number(given.get("page", "1"))


def query_of(asked: reports.Asked) -> dict[str, str]:
    said = {
        "number": asked.number, "aid_type": asked.aid_type, "since": asked.since,
        "whose": MINE if asked.is_own else None,
    }  # fmt: skip
    return {name: str(value) for name, value in said.items() if value is not None}


def aid_types() -> dict[str, str]:
    return code_titles("verification/verification_code", "aid_type")


def a_report_no(value: str) -> str:
    """Raises Refused for what can be no number of a report."""
    if not REPORT_NO.fullmatch(value):
        raise Refused(404)
    return value


def new_request_id() -> str:
    """Of a form: however often it is sent, it is one request."""
    return f"desk-{uuid4()}"
