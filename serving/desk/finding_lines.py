"""来源行对照: the lines behind a finding side by side, as received and as read, and whom of the household to call."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, Person, Refused
from serving.desk.work import FINDING_ID
from warehouse.casework.lines import finding_lines


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/findings/{finding_id}/lines")
    def masked(request: Request, person: SignedIn, finding_id: str) -> Response:
        return shown(request, person, finding_id, is_named=False)

    @router.post("/findings/{finding_id}/lines")
    def named(request: Request, person: SignedIn, finding_id: str) -> Response:
        """Names, numbers and telephones in full: asked by a form, so that no address shows them again."""
        return shown(request, person, finding_id, is_named=True)

    def shown(request: Request, person: Person, finding_id: str, *, is_named: bool) -> Response:
        if not FINDING_ID.fullmatch(finding_id):
            raise Refused(404)
        with person.connection() as connection:
            found = finding_lines(connection, finding_id, person.purpose, desk.contracts, is_named=is_named)
        if found is None:
            raise Refused(404)
        return desk.page(request, "lines.html", finding_id=finding_id, found=found, is_named=is_named)

    return router
