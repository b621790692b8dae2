"""身份比对: mentions that could be somebody, for those who link."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from linkage.comparison import candidates, other_lines
from linkage.review import DECISIONS, KINDS, Decision, DecisionError, cases, decide
from serving.desk.deliveries import LANDING
from serving.desk.desk import Desk, Person, Refused, field, go, has_role, want_role
from warehouse.casework.explain import explain_mention
from warehouse.database.errors import UsageError
from warehouse.seeds import code_titles
from warehouse.verification.purposes import note_lookup

MOST_CASES = 200
MOST_LINES = 8
LARGEST_ID = 2**63 - 1


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/identity")
    def waiting(request: Request, person: SignedIn) -> Response:
        with person.connection() as connection:
            may_link = has_role(connection, LANDING)
            found = cases(connection, MOST_CASES) if may_link else []
            if may_link:
                asked = {"limit": str(MOST_CASES)}
                note_lookup(connection, "review", person.purpose, asked, [case.resident_id for case in found])
        return desk.page(
            request, "identity.html", may_link=may_link, cases=found, kinds=KINDS, decisions=DECISIONS
        )

    @router.get("/identity/{mention}")
    def one(request: Request, person: SignedIn, mention: str) -> Response:
        return mention_page(request, person, mention, is_named=False)

    def mention_page(request: Request, person: Person, mention: str, *, is_named: bool) -> Response:
        """In full where masked names look alike: asked by a form, and a reading of its own."""
        with person.connection() as connection:
            want_role(connection, LANDING)
            try:
                explained = explain_mention(connection, mention, person.purpose)
                found = candidates(connection, mention, is_named)
            except (DecisionError, UsageError):
                raise Refused(404) from None
            people = [one.resident_id for one in found]
            lines = {
                resident_id: other_lines(connection, mention, resident_id, MOST_LINES, is_named)
                for resident_id in people
            }
            if is_named:
                note_lookup(connection, "mention_named", person.purpose, {"mention": mention}, people)
        return desk.page(
            request, "mention.html", mention=mention, explained=explained, candidates=found, lines=lines,
            is_named=is_named, kinds=KINDS, decisions=DECISIONS, feeds=desk.feed_titles,
            sexes=code_titles("codes/code_value", "sex"),
        )  # fmt: skip

    @router.post("/identity/{mention}")
    def record(request: Request, person: SignedIn, mention: str) -> Response:
        if field(request, "named"):
            return mention_page(request, person, mention, is_named=True)
        resident = field(request, "resident")
        if not resident.isascii() or not resident.isdecimal() or int(resident) > LARGEST_ID:
            raise Refused(400)
        word = Decision(mention, int(resident), field(request, "decision"), field(request, "note") or None)
        with person.connection() as connection:
            want_role(connection, LANDING)
            try:
                decide(connection, [word], person.name)
            except DecisionError as error:
                raise Refused(400, str(error)) from None
        return go(f"/identity/{mention}", told="done_decide")

    return router
