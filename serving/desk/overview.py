"""一览: the desk of a division in numbers, on the desk and in a file of its own, and the tables of statistics."""

from datetime import date
from functools import partial
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from markupsafe import Markup

from serving.desk.charts import line, stacked
from serving.desk.desk import STATIC, XLSX, Desk, Person, Refused, templates
from serving.desk.words import words
from serving.desk.work import business_date
from warehouse.bureau.letterhead import letterhead
from warehouse.casework import desk as work
from warehouse.casework.overview import overview
from warehouse.casework.statistics import FORMS, months, write_form

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
            tables = {form: known for form in FORMS if (known := months(connection, form))}
        return desk.page(
            request,
            "overview.html",
            division=division,
            choices=choices,
            leads=True,
            forms=tables,
            **drawn(counted),
        )

    @router.get("/statistics/{form}.xlsx")
    def table(person: SignedIn, form: str, month: str = "") -> Response:
        if form not in FORMS:
            raise Refused(404)
        try:
            wanted = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise Refused(400) from None
        book = BytesIO()
        with person.connection() as connection:
            if wanted not in months(connection, form):
                raise Refused(404)
            write_form(connection, form, wanted, book, letterhead())
        headers = {"Content-Disposition": f"attachment; filename={form}-{month}.xlsx"}
        return Response(book.getvalue(), media_type=XLSX, headers=headers)

    return router


def drawn(counted: dict[str, Any]) -> dict[str, Any]:
    """The overview with the lengths and places of what is drawn."""
    rules, found_by_month = counted["rules"], counted["months"]
    longest = max((sum(rule[state] for state in STATES) for rule in rules), default=0)
    most = max((max(month["found"], month["decided"]) for month in found_by_month), default=0)
    most_open = max((place["open"] for place in counted["divisions"]), default=0)
    oldest = max(age["open"] for age in counted["ages"])
    return {
        "counted": counted,
        "states": STATES,
        "bars": {
            rule["rule_code"]: stacked({state: rule[state] for state in STATES}, longest, 220)
            for rule in rules
        },
        "ages": [(age, stacked({"open": age["open"]}, oldest, 300)) for age in counted["ages"]],
        "lines": {
            name: line([month[name] for month in found_by_month], most, 560, 120)
            for name in ("found", "decided")
        },
        "most": most,
        "shades": {
            place["division_code"]: -(-place["open"] * SHADES // most_open) if most_open else 0
            for place in counted["divisions"]
        },
    }


def on_file(counted: dict[str, Any]) -> str:
    """The overview in Chinese as a page that needs no desk: no link leads anywhere, the sheet stands in it."""
    return (
        templates()
        .get_template("overview_static.html")
        .render(
            t=partial(words, "zh"),
            style=Markup((STATIC / "desk.css").read_text(encoding="utf-8")),  # our own sheet
            leads=False,
            **drawn(counted),
        )
    )
