"""请假代办: who stands in for whom, said by the officer or by the head of the section."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, Person, Refused, field, go
from serving.desk.work import a_day
from warehouse.casework import desk as work

PAGE = "/substitutes"


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get(PAGE)
    def shown(request: Request, person: SignedIn) -> Response:
        with person.connection() as connection:
            known = work.substitutes(connection)
        return desk.page(request, "substitutes.html", officers=known["officers"])

    @router.post(PAGE)
    def arrange(request: Request, person: SignedIn) -> Response:
        first, last = field(request, "from_on"), field(request, "until_on")
        try:
            with person.connection() as connection:
                work.set_substitute(
                    connection, field(request, "login"), field(request, "substitute") or None,
                    a_day(first) if first else None, a_day(last) if last else None, person.name,
                )  # fmt: skip
        except Refused as refused:
            raise Refused(refused.status, refused.told, PAGE) from None
        return go(PAGE, told="done_substitute")

    return router
