"""一览: the desk of a division in numbers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.charts import line, stacked
from serving.desk.desk import Desk, Person, Refused
from serving.desk.work import business_date
from warehouse.casework import desk as work
from warehouse.casework.overview import overview

STATES = ("open", "confirmed", "cleared", "dismissed")
LONGEST_DIVISION = 12
SHADES = 4


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/overview")
    def shown(request: Request, person: SignedIn, division: str = "") -> Response:
        if division and not (
            division.isascii() and division.isdecimal() and len(division) <= LONGEST_DIVISION
        ):
            raise Refused(400)
        with person.connection() as connection:
            business_date(connection)
            counted = overview(connection, division or None)
            choices = work.choices(connection)
        rules, months = counted["rules"], counted["months"]
        longest = max((sum(rule[state] for state in STATES) for rule in rules), default=0)
        most = max((max(month["found"], month["decided"]) for month in months), default=0)
        most_open = max((place["open"] for place in counted["divisions"]), default=0)
        return desk.page(
            request, "overview.html", counted=counted, division=division, choices=choices, states=STATES,
            bars={
                rule["rule_code"]: stacked({state: rule[state] for state in STATES}, longest, 220)
                for rule in rules
            },
            ages=[
                (age, stacked({"open": age["open"]}, max(age["open"] for age in counted["ages"]), 300))
                for age in counted["ages"]
            ],
            lines={name: line([month[name] for month in months], most, 560, 120) for name in ("found", "decided")},
            most=most,
            shades={
                place["division_code"]: -(-place["open"] * SHADES // most_open) if most_open else 0
                for place in counted["divisions"]
            },
        )  # fmt: skip

    return router
