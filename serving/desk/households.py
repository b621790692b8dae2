"""家庭与个人: a household's book, legal family and aid household side by side, as known on a day."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.charts import months_of
from serving.desk.desk import Desk, Person, Refused, counted, field, go, yuan
from serving.desk.work import a_day
from warehouse.casework import household_titles
from warehouse.casework.households import Household, household
from warehouse.seeds import code_titles

LONGEST_NUMBER = 60
# As typed at a counter: of 18 characters, or of 15 with a day in it.
IDENTITY_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{8}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}")
KINDS = ("registered", "legal", "aid")
MOST_MONTHS = 36


@dataclass(frozen=True)
class Row:
    """Somebody, and the place held in each household, by its index; person: none where nobody was found to be it."""

    person: dict[str, Any] | None
    places: dict[int, dict[str, Any]]


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/households")
    def ask(request: Request, person: SignedIn) -> Response:
        return desk.page(request, "households.html", is_identity=False)

    @router.post("/households")
    def find(request: Request, person: SignedIn) -> Response:
        """What is typed may be a person's number by mistake: it stands in no address."""
        number = field(request, "number")
        if IDENTITY_NUMBER.fullmatch("".join(unicodedata.normalize("NFKC", number).split())):
            return desk.page(request, "households.html", 400, is_identity=True)
        return go(f"/households/{a_number(number)}")

    @router.get("/households/{household_no}")
    def masked(
        request: Request, person: SignedIn, household_no: str, generation: str = "", day: str = ""
    ) -> Response:
        return shown(request, person, household_no, generation, day, is_named=False)

    @router.post("/households/{household_no}")
    def named(request: Request, person: SignedIn, household_no: str) -> Response:
        """Names and numbers in full: asked by a form, so that no address shows them again."""
        asked = field(request, "generation"), field(request, "day")
        return shown(request, person, household_no, *asked, is_named=True)

    def shown(
        request: Request, person: Person, household_no: str, generation: str, day: str, *, is_named: bool
    ) -> Response:
        known_generation = a_generation(generation) if generation else None
        asked_on = a_day(day) if day else None
        with person.connection() as connection:
            found = household(
                connection,
                a_number(household_no),
                person.purpose,
                known_generation,
                asked_on,
                is_named=is_named,
            )
        if found is None:
            raise Refused(404)
        people = {who["resident_id"]: who for who in found.people}
        until = date.fromisoformat(found.asked_on)
        return desk.page(
            request, "household.html", household=found, people=people, rows=rows_of(found), is_named=is_named,
            benefits=[(benefit, months_of(benefit["months"], until, MOST_MONTHS)) for benefit in found.benefits],
            feeds=desk.feed_titles, titles=household_titles, benefit_titles=code_titles("codes/code_value", "benefit"),
            sexes=code_titles("codes/code_value", "sex"), yuan=yuan, counted=counted,
        )  # fmt: skip

    return router


def rows_of(found: Household) -> list[Row]:
    """One row a person, the oldest first, then one for each member whom nobody was found to be."""
    rows = {who["resident_id"]: Row(who, {}) for who in found.people}
    unresolved = []
    for index, one in enumerate(found.households):
        for member in one["members"]:
            if member["resident_id"] in rows:
                rows[member["resident_id"]].places[index] = member
            else:
                unresolved.append(Row(None, {index: member}))
    return [*rows.values(), *unresolved]


def a_number(value: str) -> str:
    """Raises Refused for what can be no number of a household."""
    if len(value) > LONGEST_NUMBER or not value.isprintable() or "/" in value:
        raise Refused(404)
    return value


def a_generation(value: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise Refused(400)
    return int(value)
