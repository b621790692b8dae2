"""本人信息查阅: what is held of a person, printed for whoever asks for it at the counter."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, Person, field
from warehouse.casework.held import held_of_person

LONGEST_NUMBER = 40


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/held")
    def ask(request: Request, person: SignedIn) -> Response:
        return desk.page(request, "held.html", is_unknown=False)

    @router.post("/held")
    async def printed(request: Request, person: SignedIn) -> Response:
        """By a form: no address holds a number."""
        return await desk.in_turn(partial(on_paper, request, person))

    def on_paper(request: Request, person: Person) -> Response:
        from serving.report.held import held_pdf  # the typesetter is big

        number = field(request, "number")
        held = None
        if len(number) <= LONGEST_NUMBER and number.isprintable():
            with person.connection() as connection:
                held = held_of_person(connection, number, person.purpose)
        if held is None:
            return desk.page(request, "held.html", 404, is_unknown=True)
        return Response(
            held_pdf(held, person.name),
            media_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="held-{held["asked_on"]}.pdf"'},
        )

    return router
