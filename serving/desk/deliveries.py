"""交付与整改: what each source sent when, the checks of a delivery, what a sender has to correct."""

import re
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from ingestion.contract import load_contracts
from ingestion.return_list import REASONS_ZH, write_return_lists
from serving.desk.charts import line
from serving.desk.desk import XLSX, Desk, Person, Refused, go, has_role, want_role
from warehouse.bureau.letterhead import letterhead
from warehouse.casework.deliveries import STATES, calendar, delivery, scorecard

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
DELIVERY_ID = re.compile(r"[A-Za-z0-9_.-]{1,120}", re.ASCII)
# Whose duty it is to send lists of lines back.
LANDING = "loader"


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/deliveries")
    def shown(request: Request, person: SignedIn, month: str = "") -> Response:
        asked = a_month(month) if month else None
        with person.connection() as connection:
            first, sources = calendar(connection, load_contracts(), asked)
            scores = scorecard(connection)
            is_landing = has_role(connection, LANDING)
        reasons = [(source, day) for source in sources for day in source.days if day.reasons]
        return desk.page(
            request, "deliveries.html", month=f"{first:%Y-%m}", sources=sources, states=STATES, reasons=reasons,
            scores=scores, systems=desk.system_titles, is_landing=is_landing, former=f"{first - timedelta(1):%Y-%m}",
            next=f"{first + timedelta(31):%Y-%m}",
        )  # fmt: skip

    @router.get("/deliveries/return-list/{feed}")
    def return_list(person: SignedIn, feed: str) -> Response:
        """The workbook for the sender of one feed, by the login's own right to the rejected lines."""
        contracts = load_contracts()
        if feed not in contracts:
            raise Refused(404)
        with person.connection() as connection, TemporaryDirectory() as folder:
            want_role(connection, LANDING)
            written = write_return_lists(connection, contracts, Path(folder), feed=feed, heading=letterhead())
            if not written:
                return go("/deliveries", told="nothing_to_correct")
            (path,) = written
            content, name = path.read_bytes(), path.name
        return Response(
            content, media_type=XLSX,
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
        )  # fmt: skip

    @router.get("/deliveries/{delivery_id}")
    def one(request: Request, person: SignedIn, delivery_id: str) -> Response:
        with person.connection() as connection:
            found = delivery(connection, delivery_id) if DELIVERY_ID.fullmatch(delivery_id) else None
            is_landing = has_role(connection, LANDING)
        if found is None:
            raise Refused(404)
        # A share of a thousandth draws as much as none: the highest of a check fills the height.
        trends = [[float(point["share"]) for point in check["trend"]] for check in found["checks"]]
        return desk.page(
            request, "delivery.html", delivery=found, feeds=desk.feed_titles, reasons=REASONS_ZH,
            is_landing=is_landing,
            checks=[
                (check, line([round(share / max(trend) * 100) if max(trend) else 0 for share in trend], 100, 100, 16))
                for check, trend in zip(found["checks"], trends, strict=True)
            ],
        )  # fmt: skip

    return router


def a_month(value: str) -> date:
    found = MONTH.fullmatch(value)
    if found is None:
        raise Refused(400)
    return date(int(found[1]), int(found[2]), 1)
