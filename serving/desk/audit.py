"""审计: who read whom and why, and whether the log is whole; read-only, for auditors."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import (
    AUDITOR,
    Desk,
    Person,
    Refused,
    field,
    go,
    has_role,
    page_number,
    page_of,
    want_role,
)
from serving.desk.work import FINDING_ID, a_day, one_of
from warehouse.database.errors import UsageError
from warehouse.database.settings import BUREAU_TIME
from warehouse.verification.audit import (
    OPERATIONS_ZH,
    READINGS_ZH,
    check_log,
    latest,
    names_by_login,
    read_anchors,
    readings,
    resident_of,
    sample,
    self_entered,
)
from warehouse.verification.purposes import NOT_STATED, purpose_titles

PER_PAGE = 100
SELF_ENTERED_DAYS = 90
SAMPLED = ("confirmed", "cleared", "dismissed")


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.auditing)]

    @router.get("/audit")
    def shown(
        request: Request, person: SignedIn, operator: str = "", operation: str = "", purpose: str = "",
        since: str = "", page: str = "1",
    ) -> Response:  # fmt: skip
        number = page_number(page)
        day = a_day(since) if since else None
        with person.connection() as connection:
            may_audit = has_role(connection, AUDITOR)
            found = (
                latest(
                    connection, operator.strip() or None, operation or None, purpose or None, day,
                    PER_PAGE, (number - 1) * PER_PAGE,
                ) if may_audit else []
            )  # fmt: skip
            own_entries = self_entered(connection, SELF_ENTERED_DAYS) if may_audit else []
            names = names_by_login(connection) if may_audit else {}
        rows, has_more = page_of(found, PER_PAGE)
        asked = {"operator": operator, "operation": operation, "purpose": purpose, "since": since}
        return desk.page(
            request, "audit.html", may_audit=may_audit, rows=rows, asked=asked, page_number=number,
            has_more=has_more, own_entries=own_entries, days=SELF_ENTERED_DAYS, names=names, sampled=SAMPLED,
            today=datetime.now(BUREAU_TIME).date(), **titles(),
        )  # fmt: skip

    @router.get("/audit/evidence")
    def evidence(person: SignedIn, finding: str = "") -> Response:
        """To the pack of the finding whose number was typed."""
        if not FINDING_ID.fullmatch(finding):
            raise Refused(404)
        return go(f"/findings/{finding}/evidence.zip")

    @router.get("/audit/sample")
    def drawn(
        request: Request, person: SignedIn, state: str = "", word: str = "", most: str = ""
    ) -> Response:
        """Decided findings by chance, each with its pack."""
        chosen, number = one_of(state, SAMPLED), page_number(most)
        with person.connection() as connection:
            want_role(connection, AUDITOR)
            rows = sample(connection, person.purpose, chosen, word.strip(), number)
        return desk.page(request, "audit_sample.html", rows=rows, state=chosen, word=word.strip())

    @router.post("/audit/check")
    def check(request: Request, person: SignedIn) -> Response:
        """Every row against its hash and the anchors, as `minzheng audit verify` does."""
        anchors = read_anchors(desk.chosen.anchors_file)
        with person.connection() as connection:
            want_role(connection, AUDITOR)
            count, faults = check_log(connection, anchors)
        return desk.page(request, "audit_check.html", count=count, faults=faults, anchors=anchors)

    @router.post("/audit/person")
    def of_a_person(request: Request, person: SignedIn) -> Response:
        """By a form, so that no address holds a number."""
        with person.connection() as connection:
            want_role(connection, AUDITOR)
            try:
                found = readings(connection, resident_of(connection, field(request, "number")))
            except UsageError:
                found = []
            names = names_by_login(connection)
        return desk.page(request, "audit_person.html", rows=found, names=names, **titles())

    return router


def titles() -> dict[str, Any]:
    return {
        "operations": OPERATIONS_ZH, "outcomes": READINGS_ZH, "purpose_titles": purpose_titles() | NOT_STATED
    }  # fmt: skip
