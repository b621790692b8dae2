"""What every page of the desk has at hand: who is signed in, the person's own connection, and how a page is shown."""

import asyncio
import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import urlencode

import psycopg
from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData

from ingestion.contract import Contract, load_contracts
from serving.desk.accounts import Accounts, Session, form_token
from serving.desk.people import People
from serving.desk.words import LANGUAGES, spoken, words
from warehouse.database.settings import BUREAU_TIME, Settings
from warehouse.verification.purposes import purpose_titles

Row = TypeVar("Row")
STATIC = files("serving.desk") / "static"
# What takes memory and time for whoever asks (a password derived, a workbook read): so many at once, so many wait.
AT_ONCE, MOST_WAITING = 2, 50
# Who asks the sign-in service waits for another's answer, and takes nothing meanwhile.
AWAY_AT_ONCE = 10
# Without a session nobody sends more than the few words of a sign-in; a form is there within so long.
LARGEST_OF_STRANGERS = 8 << 10
FORM_SECONDS = 300
LANGUAGE_COOKIE = "desk_language"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_PAGE = 10_000
AUDITOR = "auditor"
# Word and address of what stands in the navigation, in its order.
NAVIGATION = (
    ("worklist", "/findings"), ("reports", "/reports"), ("households", "/households"), ("identity_review", "/identity"),
    ("deliveries", "/deliveries"), ("overview", "/overview"), ("audit", "/audit"),
)  # fmt: skip
# Pages that are reached from another one: below whose address they stand in the navigation.
BELOW = {
    "/person-requests": "/findings", "/objections": "/findings", "/substitutes": "/findings", "/held": "/households",
}  # fmt: skip
# What an account of an auditor alone has: nothing else is there for it.
FOR_AUDITORS = (("audit", "/audit"),)


def templates() -> Environment:
    """The templates of the pages, and how they write amounts and days."""
    environment = Environment(
        loader=PackageLoader("serving.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "yuan": yuan,
        "day": day,
        "moment": moment,
        "score": score,
        "counted": counted,
        "spoken": spoken,
    }
    return environment


class Refused(Exception):
    """A page that says so instead: its status, and what is told beside the title of the status.

    back: the address at which things can be looked at anew.
    """

    def __init__(self, status: int, told: str = "", back: str = "") -> None:
        self.status = status
        self.told = told
        self.back = back


class SignInFirst(Exception):
    """Nobody is signed in, or the password is still the first one: where to go."""

    def __init__(self, address: str) -> None:
        self.address = address


@dataclass(frozen=True)
class Person:
    """Who is signed in. login: of the database, by which every page reads. is_local: with a password of the desk.
    audits_only: an auditor's account, no officer's."""

    login: str
    name: str
    password: str
    purpose: str
    token: str
    must_change: bool
    is_local: bool
    audits_only: bool
    people: People

    @property
    def navigation(self) -> tuple[tuple[str, str], ...]:
        return FOR_AUDITORS if self.audits_only else NAVIGATION

    @property
    def home(self) -> str:
        return self.navigation[0][1]

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """A transaction of this person's. What the database refuses in words of ours becomes a page that says it."""
        try:
            with self.people.connection(self.login, self.password) as connection:
                yield connection
        except psycopg.errors.ObjectNotInPrerequisiteState:
            raise Refused(409) from None
        except psycopg.errors.InvalidParameterValue as refused:
            raise Refused(400, str(refused.diag.message_primary)) from None
        except psycopg.DataError:  # characters that the database has none of
            raise Refused(400) from None


class Desk:
    def __init__(self, chosen: Settings, accounts: Accounts, people: People) -> None:
        self.chosen = chosen
        self.accounts = accounts
        self.people = people
        # Whoever stands at the door takes no turn of those who are in.
        self.costly, self.entering, self.away = map(CapacityLimiter, (AT_ONCE, AT_ONCE, AWAY_AT_ONCE))
        self.cookie = "__Host-desk" if chosen.desk_secure_cookies else "desk"
        self.environment = templates()

    @cached_property
    def contracts(self) -> Mapping[str, Contract]:
        """By feed, as when the desk was started: reading all of them takes longer than a page may."""
        return load_contracts()

    @property
    def feed_titles(self) -> dict[str, str]:
        return {feed: contract.title for feed, contract in self.contracts.items()}

    @property
    def system_titles(self) -> dict[str, str]:
        """What the feeds of a system are called: nothing else says in words what a system is."""
        systems: dict[str, list[str]] = {}
        for contract in self.contracts.values():
            systems.setdefault(contract.system, []).append(contract.title)
        return {system: "、".join(titles) for system, titles in systems.items()}

    # who

    def token(self, request: Request) -> str:
        return request.cookies.get(self.cookie, "")

    def visitor(self, request: Request, may_have_first_password: bool = False) -> Person:
        """Who is signed in. Raises SignInFirst."""
        token = self.token(request)
        session = self.accounts.find(token) if token else None
        if session is None or not self._is_a_way_in(session):
            raise SignInFirst("/sign-in?told=session_ended" if token else "/sign-in")
        if session.must_change and not may_have_first_password:
            raise SignInFirst("/password")
        person = Person(
            session.login, session.name, session.password, session.purpose, token, session.must_change,
            session.is_local, session.duty == AUDITOR, self.people,
        )  # fmt: skip
        request.state.person = person
        return person

    def _is_a_way_in(self, session: Session) -> bool:
        """Whether people still sign in as this one did: what is switched off ends."""
        return self.chosen.desk_local_accounts if session.is_local else bool(self.chosen.desk_oidc_issuer)

    def person(self, request: Request) -> Person:
        """The dependency of every page but those of signing in and of auditors. Raises Refused for who audits only."""
        person = self.visitor(request)
        if person.audits_only:
            raise Refused(404)
        return person

    def auditing(self, request: Request) -> Person:
        """The dependency of the pages that an auditor's account has too."""
        return self.visitor(request)

    def newcomer(self, request: Request) -> Person:
        """The dependency of pages that may be used with the first password."""
        return self.visitor(request, may_have_first_password=True)

    async def in_turn(self, work: Callable[[], Response], limiter: CapacityLimiter | None = None) -> Response:
        """What is costly, in a thread of its own kind: those who wait hold up no other page. Raises Refused.

        limiter: of whose kind; that of the costly pages where none is given.
        """
        limiter = limiter or self.costly
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise Refused(503)
        return await to_thread.run_sync(work, limiter=limiter)

    # forms

    async def read_form(self, request: Request) -> None:
        """Every form carries what only a page of ours could write into it. Raises Refused."""
        if request.method in ("GET", "HEAD"):
            return
        length = request.headers.get("content-length", "")
        if "transfer-encoding" in request.headers or not (length.isascii() and length.isdigit()):
            raise Refused(413)
        token = self.token(request)
        if int(length) > LARGEST_OF_STRANGERS and not await to_thread.run_sync(self.accounts.find, token):
            raise Refused(413)
        if int(length) > self.chosen.desk_max_body_bytes:
            raise Refused(413)
        try:
            async with asyncio.timeout(FORM_SECONDS):
                form = await request.form(max_fields=2000, max_part_size=self.chosen.desk_max_body_bytes)
        except TimeoutError:
            raise Refused(408) from None
        if not token or not same(form_token(token), str(form.get("form", ""))):
            raise Refused(403)
        request.state.form = form

    # pages

    def language(self, request: Request) -> str:
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in LANGUAGES else next(iter(LANGUAGES))

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page of a template, in the visitor's language."""
        language = self.language(request)
        token = self.token(request)
        person = getattr(request.state, "person", None)
        shown = self.environment.get_template(template).render(
            t=partial(words, language),
            language=language,
            languages=LANGUAGES,
            person=person,
            purposes=purpose_titles() if person else {},
            form=form_token(token) if token else "",
            here=here(request),
            navigation=person.navigation if person else (),
            home=person.home if person else "/",
            section=section_of(request.url.path),
            told=told(request),
            **values,
        )
        return HTMLResponse(shown, status)

    def set_cookie(self, response: Response, token: str) -> None:
        response.set_cookie(
            self.cookie,
            token,
            path="/",
            secure=self.chosen.desk_secure_cookies,
            httponly=True,
            samesite="strict",
        )


def form(request: Request) -> FormData:
    """The form that was sent, once it was found to be ours."""
    sent: FormData = request.state.form
    return sent


def field(request: Request, name: str) -> str:
    value = form(request).get(name, "")
    return value.strip() if isinstance(value, str) else ""


def go(address: str, **query: object) -> Response:
    """Elsewhere, to be looked at: after every form that was accepted."""
    return RedirectResponse(f"{address}?{urlencode(query)}" if query else address, 303)


def local(address: str) -> str:
    """An address of the desk itself; its first page for any other."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_ours and address.isprintable() else "/"


def here(request: Request) -> str:
    """The address of what is shown, to come back to; no word of what was done there."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in TOLD]
    return request.url.path + (f"?{urlencode(query)}" if query else "")


# What an address may have the page tell, and how many it was.
TOLD = ("told", "count", "missed", "recorded")
TELLING = {
    "session_ended", "signed_out", "password_changed", "purpose_set", "done_hand", "done_decide", "done_letter",
    "done_substitute", "done_attachment", "done_withdraw_attachment", "nothing_chosen", "reason_missing",
    "nothing_to_correct", "done_objection", "done_verify_again", "done_decide_objection", "done_person_request",
    "done_person_request_decided",
}  # fmt: skip


def section_of(address: str) -> str:
    """The address by which a page finds its place in the navigation."""
    return next((above for below, above in BELOW.items() if address.startswith(below)), address)


def told(request: Request) -> list[tuple[str, tuple[str, ...]]]:
    """Key and values of the sentences above a page."""
    asked: Mapping[str, str] = request.query_params
    found: list[tuple[str, tuple[str, ...]]] = []
    if asked.get("told") in TELLING:
        found.append((asked["told"], ()))
    for name, key in (("count", "done_take"), ("missed", "faster"), ("recorded", "done_import")):
        if asked.get(name, "").isdecimal() and len(asked[name]) < 5 and asked[name] != "0":
            found.append((key, (asked[name],)))
    return found


def has_role(connection: psycopg.Connection, role: str) -> bool:
    row = connection.execute("select pg_has_role(session_user, %s, 'member')", [role]).fetchone()
    return bool(row and row[0])


def want_role(connection: psycopg.Connection, role: str) -> None:
    """Raises Refused: for others the page is not there."""
    if not has_role(connection, role):
        raise Refused(404)


def page_number(value: str) -> int:
    """Raises Refused for what is no page of a list."""
    if not value.isascii() or not value.isdecimal() or len(value) > 9 or not 1 <= int(value) <= LARGEST_PAGE:
        raise Refused(400)
    return int(value)


def page_of(rows: list[Row], most: int) -> tuple[list[Row], bool]:
    """The rows of a page of so many, and whether another follows: there is a row beyond it then."""
    return rows[:most], len(rows) > most


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def yuan(amount: Decimal | float | None) -> str:
    """With thousands set apart; a dash where it is not known."""
    return "—" if amount is None else f"{amount:,.2f}"


def counted(number: int | None) -> str:
    """A dash where it is not known."""
    return "—" if number is None else str(number)


def score(value: Decimal) -> str:
    """How sure an inference is; none is certain."""
    return f"{min(value, Decimal('0.999')):.3f}"


def day(value: date | str | None) -> str:
    return str(value) if value else "—"


def moment(value: datetime | str) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(BUREAU_TIME):%Y-%m-%d %H:%M}"
