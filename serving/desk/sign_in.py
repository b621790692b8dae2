"""Signing in and out, the password, the purpose, the language."""

import logging
import secrets
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from psycopg import sql

from serving.desk.accounts import NOBODY, PASSWORD_LENGTH, derived
from serving.desk.desk import LANGUAGE_COOKIE, Desk, Person, Refused, field, go, local, same
from serving.desk.oidc import LONGEST_SECONDS, RETURN, NotSignedIn, SignInService
from serving.desk.words import LANGUAGES
from warehouse.staff.logins import verifier
from warehouse.verification.purposes import purpose_titles

log = logging.getLogger(__name__)

# Whom the database is asked to let in where nobody may enter: no login can have this name.
NO_LOGIN = "no login"


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    service = SignInService(desk.chosen) if desk.chosen.desk_oidc_issuer else None
    oidc_cookie = f"{desk.cookie}-oidc"
    Visitor = Annotated[Person, Depends(desk.newcomer)]

    @router.get("/")
    def first(person: Visitor) -> Response:
        return go(person.home)

    @router.get("/sign-in")
    def ask(request: Request) -> Response:
        return sign_in_page(request)

    def sign_in_page(request: Request, status: int = 200, failed: str = "") -> Response:
        """A visitor who is not signed in has a token all the same: the form is sent back by this browser alone."""
        token = desk.token(request)
        fresh = "" if token else secrets.token_urlsafe(32)
        if fresh:
            request.cookies[desk.cookie] = fresh
        response = desk.page(
            request, "sign_in.html", status, failed=failed, purposes_to_choose=purpose_titles(),
            has_local=desk.chosen.desk_local_accounts, has_oidc=service is not None,
        )  # fmt: skip
        if fresh:
            desk.set_cookie(response, fresh)
        return response

    @router.post("/sign-in")
    async def enter(request: Request) -> Response:
        if not desk.chosen.desk_local_accounts:
            raise Refused(404)
        return await desk.in_turn(partial(let_in, request), desk.entering)

    def let_in(request: Request) -> Response:
        purpose = field(request, "purpose")
        if purpose not in purpose_titles():
            raise Refused(400)
        login = field(request, "login")
        account = desk.accounts.claim(login)
        known = account or NOBODY
        password = derived(field(request, "password"), known.salt, known.argon2)
        is_let_in = desk.people.admits(login if account else NO_LOGIN, password)
        if not (is_let_in and account and desk.accounts.succeed(account, field(request, "code"))):
            return sign_in_page(request, 403, "sign_in_failed")
        response = go("/")
        desk.set_cookie(response, desk.accounts.open(login, password, purpose))
        return response

    @router.post("/sign-in/oidc")
    async def ask_elsewhere(request: Request) -> Response:
        """By a form of ours, so that no foreign link begins it, nor chooses the purpose."""
        if service is None:
            raise Refused(404)
        purpose = field(request, "purpose")
        if purpose not in purpose_titles():
            raise Refused(400)
        return await desk.in_turn(partial(send_there, request, service, purpose), desk.away)

    def send_there(request: Request, service: SignInService, purpose: str) -> Response:
        secret = service.begin(purpose)
        try:
            address = service.address(secret)
        except NotSignedIn as error:
            log.error("The sign-in service cannot be used: %s.", error)
            raise Refused(503) from None
        # A page that goes on by itself: forms of ours may lead nowhere else, by a redirect neither.
        response = desk.page(request, "go_on.html", address=address, word="go_there")
        # The browser comes back from another site: a strict cookie would stay behind.
        response.set_cookie(
            oidc_cookie, secret, path="/", max_age=LONGEST_SECONDS, httponly=True, samesite="lax",
            secure=desk.chosen.desk_secure_cookies,
        )  # fmt: skip
        return response

    @router.get(RETURN)
    async def come_back(request: Request) -> Response:
        if service is None:
            raise Refused(404)
        return await desk.in_turn(partial(let_in_by, service, request), desk.away)

    def let_in_by(service: SignInService, request: Request) -> Response:
        secret = request.cookies.get(oidc_cookie, "")
        opened = None
        try:
            subject = service.subject(secret, request.query_params)
            opened = desk.accounts.open_by(service.issuer, subject, service.begun(secret)[0])
        except NotSignedIn as error:
            log.warning("Nobody was signed in: %s.", error)
        if opened is None:
            response = sign_in_page(request, 403, "oidc_failed")
        else:
            login, token = opened
            desk.people.forget(login)
            # A page that goes on by itself, not a redirect: the strict cookie travels on the desk's own way only.
            response = desk.page(request, "go_on.html", address="/", word="go_on")
            desk.set_cookie(response, token)
        response.delete_cookie(oidc_cookie, path="/", secure=desk.chosen.desk_secure_cookies, httponly=True)
        return response

    @router.post("/sign-out")
    def leave(request: Request, person: Visitor) -> Response:
        desk.accounts.close(person.token)
        if not person.is_local:
            desk.accounts.lock(person.login)
            desk.people.forget(person.login)
        response = go("/sign-in", told="signed_out")
        response.delete_cookie(desk.cookie, path="/", secure=desk.chosen.desk_secure_cookies, httponly=True)
        return response

    @router.get("/password")
    def ask_password(request: Request, person: Visitor) -> Response:
        if not person.is_local:
            raise Refused(404)
        return desk.page(request, "password.html", wrong="", must_change=person.must_change)

    @router.post("/password")
    async def change(request: Request, person: Visitor) -> Response:
        return await desk.in_turn(partial(exchange, request, person))

    def exchange(request: Request, person: Person) -> Response:
        """The database keeps the new one; sessions that hold the former end, this one goes on under a new token."""
        if not person.is_local:
            raise Refused(404)
        salt, parameters = desk.accounts.salt(person.login)
        new = field(request, "new")
        if not same(derived(field(request, "now"), salt, parameters), person.password):
            wrong = "password_wrong"
        elif len(new) < PASSWORD_LENGTH or new in (field(request, "now"), person.login):
            wrong = "password_short"
        elif new != field(request, "again"):
            wrong = "password_differs"
        else:
            password = derived(new, salt, parameters)
            with person.connection() as connection:
                connection.execute(new_password(connection.pgconn, person.login, password))
            desk.accounts.changed(person.login)
            desk.people.forget(person.login)
            response = go(person.home, told="password_changed")
            desk.set_cookie(response, desk.accounts.open(person.login, password, person.purpose))
            return response
        return desk.page(request, "password.html", 400, wrong=wrong, must_change=person.must_change)

    @router.post("/purpose")
    def choose_purpose(request: Request, person: Visitor) -> Response:
        purpose = field(request, "purpose")
        if purpose not in purpose_titles():
            raise Refused(400)
        desk.accounts.set_purpose(person.token, purpose)
        return go(local(field(request, "back")))

    @router.get("/language")
    def choose_language(to: str, back: str = "/") -> Response:
        response = go(local(back))
        if to in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, to, path="/", max_age=31_536_000, httponly=True, samesite="strict",
                secure=desk.chosen.desk_secure_cookies,
            )  # fmt: skip
        return response

    return router


def new_password(pgconn: object, login: str, password: str) -> sql.Composed:
    """The statement that gives a login its password; in it stands what verifies the password, not the password."""
    return sql.SQL("alter role {} password {}").format(
        sql.Identifier(login), sql.Literal(verifier(pgconn, login, password))
    )
