"""异议复核: the open ones and what is due, one case, and what is done with it."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, Person, Refused, field, go, page_number, page_of
from serving.desk.words import words
from serving.desk.work import a_day, one_of
from serving.report import filed_number
from warehouse.verification import objections, reports

PER_PAGE = 50
OBJECTION_NO = re.compile(r"FH[0-9]{8}-[0-9A-F]{8}", re.ASCII)
CLOSED = "closed"
# Why a consent does not do, by the reason of the refusal ``no_live_authorization``.
CONSENT_REFUSED = {
    "unknown": "consent_unknown", "revoked": "consent_revoked", "outside_period": "consent_outside_period",
    "person_not_covered": "consent_person_not_covered", "self_entered": "consent_self_entered",
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """The form of an objection as it was filled in. wrong: what is wrong with it, in words."""

    request_id: str
    item: str = ""
    member: str = ""
    statement: str = ""
    received: str = ""
    wrong: str = ""

    def objection(self) -> objections.Objection:
        """Raises Refused for what no page of ours sends."""
        if self.member and not (self.member.isascii() and self.member.isdecimal() and len(self.member) < 3):
            raise Refused(400)
        return objections.Objection(
            self.item,
            int(self.member) if self.member else None,
            self.statement,
            a_day(self.received) if self.received else None,
        )

    def but(self, wrong: str) -> "Filled":
        return replace(self, wrong=wrong)


def filled_objection(request: Request) -> Filled:
    names = ("request_id", "item", "member", "statement", "received")
    return Filled(**{name: field(request, name) for name in names})


def objection_form(
    answer: dict[str, Any], choices: dict[str, dict[str, str]], filled: Filled
) -> dict[str, Any]:
    """What the form on the page of a report shows."""
    names = (answer.get("asked") or {}).get("names") or []
    members = [
        (member["member_no"], names[member["member_no"] - 1] if member["member_no"] <= len(names) else "")
        for member in answer["members"]
    ]
    return {"filled": filled, "members": members, "items": choices[objections.ITEMS]}


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/objections")
    def listed(request: Request, person: SignedIn, state: str = "", page: str = "1") -> Response:
        is_open = one_of(state, ("", CLOSED)) == ""
        number = page_number(page)
        with person.connection() as connection:
            opened, overdue = objections.counts(connection)
            found = objections.objections(connection, is_open, PER_PAGE, (number - 1) * PER_PAGE)
        rows, has_more = page_of(found, PER_PAGE)
        return desk.page(
            request, "objections.html", is_open=is_open, opened=opened, overdue=overdue, rows=rows,
            has_more=has_more, page_number=number, filed=filed_number, state=state,
        )  # fmt: skip

    @router.get("/objections/{objection_no}")
    def one(request: Request, person: SignedIn, objection_no: str) -> Response:
        return case_page(request, person, objection_no)

    def case_page(
        request: Request, person: Person, objection_no: str, status: int = 200, **filled: str
    ) -> Response:
        if not OBJECTION_NO.fullmatch(objection_no):
            raise Refused(404)
        with person.connection() as connection:
            case = objections.objection(connection, objection_no, person.purpose)
            choices = objections.choices(connection)
        if case is None:
            raise Refused(404)
        return desk.page(
            request, "objection.html", status, case=case, filed=filed_number,
            reasons={outcome: choices[outcome] for outcome in objections.OUTCOMES},
            **({"wrong": "", "wrong_again": "", "note": ""} | filled),
        )  # fmt: skip

    @router.post("/objections/{objection_no}/verify")
    def again(request: Request, person: SignedIn, objection_no: str) -> Response:
        """The same question today. The form carries no number of anybody: the database has the question."""
        number = field(request, "authorization_no") or None
        # One request for as long as the case has so many reports, however often the button is pressed.
        request_id = f"{objection_no}-{field(request, 'turn')}"
        try:
            with person.connection() as connection:
                answer = objections.verify_again(connection, objection_no, request_id, number, person.name)
        except Refused as refused:
            if not refused.told:
                raise
            return case_page(request, person, objection_no, refused.status, wrong_again=refused.told)
        refusal = reports.refusal(answer)
        if refusal is None:
            return go(f"/objections/{objection_no}", told="done_verify_again")
        reason = (refusal["detail"] or {}).get("reason")
        told = words(desk.language(request), CONSENT_REFUSED[reason]) if reason else refusal["title_zh"]
        return case_page(request, person, objection_no, refusal["http_status"], wrong_again=told)

    @router.post("/objections/{objection_no}/decide")
    def decided(request: Request, person: SignedIn, objection_no: str) -> Response:
        outcome, _, reason = field(request, "reason").partition(":")
        note = field(request, "note")
        try:
            with person.connection() as connection:
                objections.decide(connection, objection_no, outcome, reason, note or None, person.name)
        except Refused as refused:
            if not refused.told:
                raise Refused(refused.status, back=f"/objections/{objection_no}") from None
            return case_page(request, person, objection_no, refused.status, wrong=refused.told, note=note)
        return go(f"/objections/{objection_no}", told="done_decide_objection")

    return router
