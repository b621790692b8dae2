"""工作台 and 疑点详情: the piles, one finding, and what is done with it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import urlencode

import psycopg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from serving.desk.desk import (
    AUDITOR,
    XLSX,
    Desk,
    Person,
    Refused,
    field,
    form,
    go,
    has_role,
    page_number,
    yuan,
)
from serving.desk.timeline import timeline
from serving.desk.words import words
from warehouse.bureau.letterhead import letterhead, letterhead_in_use
from warehouse.casework import desk as work
from warehouse.casework import person_requests
from warehouse.casework.explain import explain
from warehouse.casework.facts import fact_titles, told
from warehouse.casework.findings import (
    REOPENED,
    STATES,
    FindingDecision,
    RankedFinding,
    decide,
    decide_each,
    read_decisions,
    reasons,
    write_worklist,
)
from warehouse.casework.letters import letters_by_rule
from warehouse.casework.lines import Contact, contacts_of
from warehouse.database.errors import UsageError
from warehouse.database.settings import BUREAU_TIME
from warehouse.verification import objections

PER_PAGE = 50
MOST_AT_ONCE = 200
MOST_ON_PAPER = 1000
FINDING_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
EVERYBODY = "everybody"


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.get("/findings")
    def findings(request: Request, person: SignedIn) -> Response:
        asked, page = read_query(request.query_params)
        with person.connection() as connection:
            counted = work.counts(connection, asked)
            choices = work.choices(connection)
            rows = work.pile(connection, person.purpose, asked, PER_PAGE, (page - 1) * PER_PAGE)
            objected = objections.counts(connection)
            asked_by_people = person_requests.counts(connection)
            reminders = work.reminders(connection)
        query = query_of(asked)
        return desk.page(
            request, "findings.html", asked=asked, counts=counted, choices=choices, rows=rows,
            objections=objected, person_requests=asked_by_people, reminders=reminders,
            most_on_paper=MOST_ON_PAPER,
            paper=f"/findings/list.xlsx?{urlencode(query)}",
            page_number=page, pages=max(1, -(-counted[asked.pile].findings // PER_PAGE)),
            address=lambda **changed: f"/findings?{urlencode(query | changed)}",
        )  # fmt: skip

    @router.post("/findings/take")
    def take(request: Request, person: SignedIn) -> Response:
        """Each for itself: what another took meanwhile is told, and the rest is taken."""
        chosen = sorted({str(value) for value in form(request).getlist("finding")})
        back = field(request, "back").partition("?")[2]
        if not chosen:
            return go(f"/findings?{back}&told=nothing_chosen" if back else "/findings?told=nothing_chosen")
        if len(chosen) > MOST_AT_ONCE:
            raise Refused(400)
        count = missed = 0
        for one in chosen:
            finding_id, _, seen = one.partition(":")
            try:
                with person.connection() as connection:
                    work.hand(connection, finding_id, "taken", person.name, seen)
                count += 1
            except Refused as refused:
                if refused.status != 409:
                    raise
                missed += 1
        return go("/findings", pile="taken", count=count, missed=missed)

    @router.get("/findings/list.xlsx")
    def export(request: Request, person: SignedIn) -> Response:
        """The pile as a workbook to be filled in; what stands in it is logged as what is shown."""
        return workbook(request, person, MOST_ON_PAPER, is_named=False)

    @router.post("/findings/list.xlsx")
    async def export_named(request: Request, person: SignedIn) -> Response:
        """With whom to call: asked by a form, and of each finding a reading of its own."""
        return await desk.in_turn(partial(workbook, request, person, MOST_AT_ONCE, is_named=True))

    def workbook(request: Request, person: Person, most: int, *, is_named: bool) -> Response:
        asked, _ = read_query(request.query_params)
        with person.connection() as connection:
            rows = work.pile(connection, person.purpose, asked, most)
            listed = reasons(connection)
            contacts = {
                row["finding_id"]: in_a_cell(contacts_of(connection, row["finding_id"], person.purpose))
                for row in rows if is_named
            }  # fmt: skip
        book = BytesIO()
        names = [column.name for column in fields(RankedFinding)]
        found = [RankedFinding(**{name: row[name] for name in names}) for row in rows]
        write_worklist(book, found, listed, letterhead(), contacts)
        name = f"worklist-{datetime.now(BUREAU_TIME):%Y%m%d-%H%M}.xlsx"
        return Response(
            book.getvalue(),
            media_type=XLSX,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @router.get("/findings/import")
    def ask_list(request: Request, person: SignedIn) -> Response:
        return desk.page(request, "import.html", lines=[], wrong="")

    @router.post("/findings/import")
    async def take_list(request: Request, person: SignedIn) -> Response:
        return await desk.in_turn(partial(take_in, request, person))

    def take_in(request: Request, person: Person) -> Response:
        """All lines or none; where one is wrong, each says how it stands."""
        sent = form(request).get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            return desk.page(request, "import.html", 400, lines=[], wrong="import_empty")
        suffix = ".xlsx" if sent.filename.lower().endswith(".xlsx") else ".csv"
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"list{suffix}"
            path.write_bytes(sent.file.read())
            try:
                decisions = read_decisions(path)
            except UsageError as error:
                raise Refused(400, str(error), "/findings/import") from None
        if len(decisions) > MOST_ON_PAPER:
            raise Refused(413, "", "/findings/import")
        try:
            with person.connection() as connection:
                lines = decide_each(connection, decisions, person.name)
        except UsageError as error:  # nothing is published
            raise Refused(400, str(error), "/findings/import") from None
        if not lines or any(wrong for _, wrong in lines):
            return desk.page(
                request, "import.html", 400, lines=lines, wrong="import_failed" if lines else "import_empty"
            )
        return go("/findings", pile="decided", recorded=len(lines))

    @router.get("/findings/{finding_id}")
    def finding(request: Request, person: SignedIn, finding_id: str) -> Response:
        return finding_page(request, person, finding_id)

    def finding_page(
        request: Request, person: Person, finding_id: str, status: int = 200, **filled: Any
    ) -> Response:
        with person.connection() as connection:
            handling = known(connection, finding_id)
            explained = explain(connection, finding_id, person.purpose)
            shown = explained.finding
            precision = work.precision(connection, shown["rule_code"], shown["division_code"])
            known_reasons = reasons(connection, shown["rule_code"])
            until = business_date(connection)
            may_audit = has_role(connection, AUDITOR)
        evidence = shown["evidence"] or {}
        facts = evidence.get("facts", {})
        history = [
            *(event | {"about": event["holder_name"] or ""} for event in handling["events"]),
            *(letter | {"event": "letter", "about": letter["letter_no"]} for letter in handling["letters"]),
            *(kept | {"event": "attached", "about": kept["name"]} for kept in handling["attachments"]),
            *(
                {
                    "event": "withdrawn",
                    "at": kept["withdrawn_at"],
                    "by": kept["withdrawn_by"],
                    "login": kept["withdrawn_login"],
                    "about": f"{kept['name']}：{kept['withdrawn_because']}",
                }
                for kept in handling["attachments"]
                if kept["withdrawn_at"]
            ),
        ]
        events = [{"kind": "event", "due_on": None} | event for event in history] + [
            decision | {"kind": "decision", "at": decision["decided_at"].isoformat()}
            for decision in explained.decisions
        ]
        return desk.page(
            request, "finding.html", status, finding=shown, handling=handling, facts=told(facts, yuan),
            lines=work.by_delivery(evidence.get("sources", [])), feeds=desk.feed_titles, precision=precision,
            time=timeline(shown["first_on"], shown["last_on"], until, facts, fact_titles()),
            history=sorted(events, key=lambda event: event["at"]),
            letter_words=letters_by_rule().get(shown["rule_code"]), contact=contact_of(person.name),
            may_audit=may_audit,
            stands=explained.decisions[-1]["recovered_yuan"] if explained.decisions else None,
            reasons={
                decision: [reason for reason in known_reasons if reason.decision == decision]
                for decision in decidable(handling["pile"], shown["state"])
                if decision in {reason.decision for reason in known_reasons}
            },
            **({"wrong": "", "note": "", "chosen": "", "recovered": ""} | filled),
        )  # fmt: skip

    @router.post("/findings/{finding_id}/hand")
    def hand(request: Request, person: SignedIn, finding_id: str) -> Response:
        due = field(request, "due")
        with looking_anew(finding_id), person.connection() as connection:
            known(connection, finding_id)
            work.hand(
                connection, finding_id, field(request, "event"), person.name, field(request, "seen"),
                field(request, "holder") or None, a_day(due) if due else None,
            )  # fmt: skip
        return go(f"/findings/{finding_id}", told="done_hand")

    @router.post("/findings/{finding_id}/decide")
    def record(request: Request, person: SignedIn, finding_id: str) -> Response:
        chosen, note, recovered = (field(request, name) for name in ("reason", "note", "recovered"))
        decision, _, reason = chosen.partition(":")
        again = partial(
            finding_page, request, person, finding_id, 400, chosen=chosen, note=note, recovered=recovered
        )
        if not reason:
            return again(wrong=words(desk.language(request), "reason_missing"))
        word = FindingDecision(
            finding_id,
            decision,
            reason,
            note or None,
            finding_id[:10],
            field(request, "seen") or "unseen",
            recovered,
        )
        try:
            with looking_anew(finding_id), person.connection() as connection:
                known(connection, finding_id)
                decide(connection, [word], person.name)
        except UsageError as error:
            return again(wrong=str(error))
        except Refused as refused:
            if refused.status != 400 or not refused.told:
                raise
            return again(wrong=refused.told)
        return go(f"/findings/{finding_id}", told="done_decide")

    return router


def decidable(pile: str | None, state: str) -> tuple[str, ...]:
    """What may be decided on a finding: of a confirmed one also what came of it, without opening it anew."""
    if pile != "decided":
        return tuple(STATES)
    return ("confirmed", "cleared", *REOPENED) if state == "confirmed" else tuple(REOPENED)


@contextmanager
def looking_anew(finding_id: str) -> Iterator[None]:
    """Where it cannot be done, the page that says so leads back to the finding."""
    try:
        yield
    except Refused as refused:
        raise Refused(refused.status, refused.told, f"/findings/{finding_id}") from None


def in_a_cell(contacts: list[Contact]) -> str:
    """Those who can be called, of several deliveries each once; whose telephone stays masked cannot."""
    told = (
        f"{one.name}（{one.relation}）{one.phone}" if one.relation else f"{one.name} {one.phone}"
        for one in contacts
        if one.phone and "*" not in one.phone
    )
    return "；".join(dict.fromkeys(told))


def contact_of(name: str) -> str:
    """Whom to call, as far as it is known: the officer, under the telephone of the letterhead."""
    head = letterhead_in_use()
    return f"{name} {head.telephone if head else ''}".strip()


def known(connection: psycopg.Connection, finding_id: str) -> dict[str, Any]:
    """Raises Refused for one that is not of the person's divisions, as for one that is not there."""
    handling = work.handling(connection, finding_id) if FINDING_ID.fullmatch(finding_id) else None
    if handling is None:
        raise Refused(404)
    return handling


def business_date(connection: psycopg.Connection) -> date:
    row = connection.execute("select business_date from api_v1.current_release").fetchone()
    if row is None:
        raise Refused(404)
    day: date = row[0]
    return day


def read_query(query: Mapping[str, str]) -> tuple[work.Asked, int]:
    """What an address asks for, and which page of it. Raises Refused for what cannot be read."""
    given = {name: value.strip() for name, value in query.items() if value.strip()}
    asked = work.Asked(
        pile=one_of(given.get("pile", work.PILES[0]), work.PILES),
        rule=given.get("rule"),
        division=given.get("division"),
        severity=one_of(given["severity"], ("red", "yellow")) if "severity" in given else None,
        least=an_amount(given["least"]) if "least" in given else None,
        since=a_day(given["since"]) if "since" in given else None,
        certainty=one_of(given["certainty"], work.CERTAINTIES) if "certainty" in given else None,
        is_own=given.get("whose") != EVERYBODY,
    )
    return asked, page_number(given.get("page", "1"))


def query_of(asked: work.Asked) -> dict[str, str]:
    """The address that asks it, by the names of its fields."""
    said = {
        "pile": asked.pile, "rule": asked.rule, "division": asked.division, "severity": asked.severity,
        "least": asked.least, "since": asked.since, "certainty": asked.certainty,
        "whose": None if asked.is_own else EVERYBODY,
    }  # fmt: skip
    return {name: str(value) for name, value in said.items() if value is not None}


def one_of(value: str, known_values: tuple[str, ...]) -> str:
    if value not in known_values:
        raise Refused(400)
    return value


def an_amount(value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise Refused(400) from None
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise Refused(400)
    return amount


def a_day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Refused(400) from None
