"""本人请求: correction, restriction and deletion asked by a person, as cases that somebody else answers."""

import re
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, Person, Refused, field, go, page_number, page_of
from serving.desk.held import LONGEST_NUMBER
from serving.desk.work import a_day, one_of
from warehouse.casework import person_requests as cases

PER_PAGE = 50
REQUEST_NO = re.compile(r"GR[0-9]{8}-[0-9A-F]{8}", re.ASCII)
CLOSED = "closed"


@dataclass(frozen=True)
class Filled:
    """The form as it was filled in. wrong: what is wrong with it, in words."""

    form_id: str
    number: str = ""
    kind: str = ""
    statement: str = ""
    received: str = ""
    wrong: str = ""


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/person-requests")
    def listed(request: Request, person: SignedIn, state: str = "", page: str = "1") -> Response:
        is_open = one_of(state, ("", CLOSED)) == ""
        number = page_number(page)
        with person.connection() as connection:
            opened, overdue = cases.counts(connection)
            found = cases.person_requests(connection, is_open, PER_PAGE, (number - 1) * PER_PAGE)
        rows, has_more = page_of(found, PER_PAGE)
        return desk.page(
            request, "person_requests.html", is_open=is_open, opened=opened, overdue=overdue, rows=rows,
            has_more=has_more, page_number=number, state=state,
        )  # fmt: skip

    @router.get("/person-requests/new")
    def empty(request: Request, person: SignedIn) -> Response:
        return form_page(request, Filled(f"desk-{uuid4()}"))

    def form_page(
        request: Request, filled: Filled, status: int = 200, *, is_unknown: bool = False
    ) -> Response:
        return desk.page(
            request,
            "person_request_new.html",
            status,
            filled=filled,
            is_unknown=is_unknown,
            kinds=cases.KINDS_ZH,
        )

    @router.post("/person-requests/new")
    def recorded(request: Request, person: SignedIn) -> Response:
        """By a form: no address holds a number."""
        names = ("form_id", "number", "kind", "statement", "received")
        filled = Filled(**{name: field(request, name) for name in names})
        asked = cases.PersonRequest(
            filled.number[:LONGEST_NUMBER], filled.kind, filled.statement,
            a_day(filled.received) if filled.received else None,
        )  # fmt: skip
        try:
            with person.connection() as connection:
                number = cases.record(connection, filled.form_id, asked, person.purpose, person.name)
        except Refused as refused:
            if not refused.told:
                raise
            return form_page(request, replace(filled, wrong=refused.told), refused.status)
        if number is None:
            return form_page(request, filled, 400, is_unknown=True)
        return go(f"/person-requests/{number}", told="done_person_request")

    @router.get("/person-requests/{request_no}")
    def one(request: Request, person: SignedIn, request_no: str) -> Response:
        return case_page(request, person, request_no)

    def case_page(
        request: Request,
        person: Person,
        request_no: str,
        status: int = 200,
        wrong: str = "",
        answer: str = "",
    ) -> Response:
        if not REQUEST_NO.fullmatch(request_no):
            raise Refused(404)
        with person.connection() as connection:
            case = cases.person_request(connection, request_no, person.purpose)
        if case is None:
            raise Refused(404)
        return desk.page(
            request,
            "person_request.html",
            status,
            case=case,
            outcomes=cases.OUTCOMES_ZH,
            wrong=wrong,
            answer=answer,
        )

    @router.post("/person-requests/{request_no}/decide")
    def decided(request: Request, person: SignedIn, request_no: str) -> Response:
        answer = field(request, "answer")
        try:
            with person.connection() as connection:
                cases.decide(connection, request_no, field(request, "outcome"), answer, person.name)
        except Refused as refused:
            if not refused.told:
                raise Refused(refused.status, back=f"/person-requests/{request_no}") from None
            return case_page(request, person, request_no, refused.status, refused.told, answer)
        return go(f"/person-requests/{request_no}", told="done_person_request_decided")

    return router
