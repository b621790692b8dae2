"""核实通知: a letter about a finding is written by who works on it, and printed."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import Desk, Person, Refused, field, go
from serving.desk.work import a_day, known, looking_anew
from warehouse.casework.letters import letter, letters_by_rule, write

LONGEST_NUMBER = 40


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.post("/findings/{finding_id}/letters")
    def written(request: Request, person: SignedIn, finding_id: str) -> Response:
        due = field(request, "due_on")
        with looking_anew(finding_id), person.connection() as connection:
            words = letters_by_rule().get(known(connection, finding_id)["rule_code"])
            if words is None:
                raise Refused(404)
            write(
                connection, finding_id, person.purpose, words, a_day(due) if due else None,
                field(request, "contact"), person.name, field(request, "seen"),
            )  # fmt: skip
        return go(f"/findings/{finding_id}", told="done_letter")

    @router.post("/findings/{finding_id}/letters/print")
    async def printed(request: Request, person: SignedIn, finding_id: str) -> Response:
        """By a form: no address shows a name again."""
        return await desk.in_turn(partial(on_paper, request, person, finding_id))

    def on_paper(request: Request, person: Person, finding_id: str) -> Response:
        from serving.report.letter import file_name, letter_pdf  # the typesetter is big

        number = field(request, "letter")
        told: dict[str, Any] | None = None
        with person.connection() as connection:
            known(connection, finding_id)
            if len(number) <= LONGEST_NUMBER and "\0" not in number:
                told = letter(connection, number, person.purpose)
        if told is None or told["finding_id"] != finding_id:
            raise Refused(404)
        return Response(
            letter_pdf(told),
            media_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{file_name(number)}"'},
        )

    return router
