"""The desk as an application: what holds of every page (headers, cookies, forms, errors), and signing in."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import psycopg
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from serving.database import engine_of
from serving.desk import (
    audit,
    deliveries,
    evidence,
    finding_attachments,
    finding_letters,
    finding_lines,
    held,
    households,
    identity,
    objections,
    overview,
    person_requests,
    reports,
    sign_in,
    substitutes,
    work,
)
from serving.desk.accounts import Accounts
from serving.desk.desk import STATIC, Desk, Refused, SignInFirst, go
from serving.desk.people import IDLE_SECONDS, People, TooManyAtWork
from serving.tracing import trace
from serving.watch import Measured, Watch
from warehouse.database.chosen import known_warehouse
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError
from warehouse.database.settings import Settings, settings

log = logging.getLogger(__name__)

PAGES = (
    sign_in, work, substitutes, finding_lines, finding_letters, finding_attachments, evidence, reports, objections,
    households, held, person_requests, identity, deliveries, overview, audit,
)  # fmt: skip
OWN_CONNECTIONS = 5
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(chosen: Settings | None = None, find: Callable[[], Warehouse] | None = None) -> FastAPI:
    """The application, for uvicorn as a factory. find: asked anew for each connection; its login is the desk's own."""
    chosen = chosen or settings()
    find = find or partial(known_warehouse, chosen)
    engine = engine_of("desk", find, OWN_CONNECTIONS)
    people = People(find, chosen.desk_connections)
    accounts = Accounts(engine, chosen.desk_idle_minutes, chosen.desk_session_minutes)
    desk = Desk(chosen, accounts, people)
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, lifespan=_tidied(people, engine),
        dependencies=[Depends(desk.read_form)],
    )  # fmt: skip
    app.state.desk = desk
    for pages in PAGES:
        app.include_router(pages.routes(desk))
    app.mount("/static", StaticFiles(directory=str(STATIC)), name="static")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=chosen.desk_hosts, www_redirect=False)

    @app.middleware("http")
    async def guarded(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            response = await go_on(request)
        except Exception as error:  # the server's own words may hold personal values
            log.error("A page failed (%s).", type(error).__name__)
            response = _error(desk, request, 500)
        # The stylesheet and the script hold nothing of anybody, and every page wants them.
        is_static = request.url.path.startswith("/static/")
        response.headers.update(HEADERS | ({"Cache-Control": "no-cache"} if is_static else {}))
        return response

    _tell_errors(app, desk)
    app.state.watch = _watch(people, engine)
    app.add_middleware(Measured, watch=app.state.watch)
    trace(app)
    return app


def _watch(people: People, engine: Engine) -> Watch:
    def ready() -> dict[str, bool]:
        with engine.connect() as connection:
            connection.execute(text("select from desk.session limit 1"))
        return {"database": True}

    return Watch("desk", ready, lambda: {"connections": people.open.total() < people.most})


def _error(desk: Desk, request: Request, status: int, told: str = "", back: str = "") -> Response:
    known = (
        status if status in (400, 403, 404, 405, 408, 409, 413, 500, 503) else 400 if status < 500 else 500
    )
    return desk.page(request, "error.html", known, number=known, said=told, back=back)


def _tell_errors(app: FastAPI, desk: Desk) -> None:
    """Pages in words, without detail: what a database or a library says may hold personal values."""

    @app.exception_handler(SignInFirst)
    async def sign_in_first(request: Request, error: SignInFirst) -> Response:
        if "hx-request" in request.headers:  # a part of a page was asked for: the whole goes elsewhere
            return Response(headers={"HX-Redirect": error.address})
        return go(error.address)

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return _error(desk, request, error.status, error.told, error.back)

    @app.exception_handler(HTTPException)
    async def not_here(request: Request, error: HTTPException) -> Response:
        return _error(desk, request, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, _: RequestValidationError) -> Response:
        return _error(desk, request, 400)

    @app.exception_handler(TooManyAtWork)
    @app.exception_handler(SQLAlchemyError)
    @app.exception_handler(psycopg.OperationalError)
    @app.exception_handler(MinzhengError)
    async def not_now(request: Request, error: Exception) -> Response:
        log.error("The database did not answer (%s).", type(error).__name__)
        return _error(desk, request, 503)


def _tidied(people: People, engine: Engine) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async def tidy() -> None:
            while True:
                await asyncio.sleep(IDLE_SECONDS / 4)
                await asyncio.to_thread(people.tidy)

        task = asyncio.create_task(tidy())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        people.tidy(0)
        engine.dispose()

    return lifespan
