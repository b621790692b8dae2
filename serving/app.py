"""The facade: bearer token or client certificate, limits, problem+json; one call of ``api_v1`` per question."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from serving import contract, examples, faults
from serving.access import Authenticator, RateLimit, Tokens
from serving.callbacks import Callbacks
from serving.database import Database
from serving.deprecation import DEPRECATED, VERSION, Deprecated, mark, tell
from serving.description import answer, batch_done, describe, refusals, request_body
from serving.documentation import Documentation
from serving.problems import Refused, invalid, json_response, own_problem, passed_on
from serving.report import check_page, file_name, render_pdf
from serving.tracing import trace
from serving.watch import Measured, Watch
from warehouse.database.errors import MinzhengError
from warehouse.database.settings import Settings, settings

log = logging.getLogger(__name__)

REFUSED_QUESTIONS = ("purpose_unknown", "no_live_authorization", "request_id_reused", "not_published")

# For so long one answer to who asks after the health holds for all.
HEALTH_SECONDS = 2.0

PDF = "application/pdf"
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

ReportNo = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{1,40}$",
        description="报告的取阅编号",
        examples=["HD20250701-3F2A9C41-8B7D0E55F2A1"],
    ),
]
bearer = HTTPBearer(auto_error=False, description="访问令牌；或由反向代理核验的客户端证书")


def retry_after(batch: dict[str, Any]) -> dict[str, str]:
    """When to look again at a batch under way: sooner the less of it waits, within a minute."""
    waiting = batch["total"] - batch["answered"] - batch["refused"]
    return {"Retry-After": str(min(60, 1 + waiting // 50))} if waiting else {}


def accepted(request: Request) -> set[str]:
    """The media types that the client names; how much it would like each is not asked."""
    named = ",".join(request.headers.getlist("accept"))
    return {part.partition(";")[0].strip().lower() for part in named.split(",")}


class BatchWorkers:
    """A few threads that work off the batches of all clients, who take turns (``api_v1.advance_batches``).

    What is done stands in the database: after a restart batches go on when somebody asks for one, or is to be
    called back.
    """

    def __init__(self, call: Callable[..., Any], most: int) -> None:
        self.call = call
        self.most = most
        self.lock = threading.Lock()
        self.active = 0
        self.is_news = False

    def wake(self) -> None:
        """Something may wait."""
        with self.lock:
            self.is_news = True
            if self.active == self.most:
                return
            threading.Thread(target=self._work, daemon=True).start()
            self.active += 1

    def _work(self) -> None:
        try:
            while self._is_news():
                while self.call("advance_batches"):
                    pass
        except Exception as error:  # whatever it was, this thread has ended and must not count
            log.warning("Batches stopped (%s); they go on when one is asked for.", type(error).__name__)
            with self.lock:
                self.active -= 1

    def _is_news(self) -> bool:
        """Whether to look (again); if not, this thread has ended."""
        with self.lock:
            found, self.is_news = self.is_news, False
            self.active -= 0 if found else 1
            return found


def calling_back(callbacks: Callbacks) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Callbacks are sent while the application runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(callbacks.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return lifespan


def create_app(
    chosen: Settings | None = None,
    database: Database | None = None,
    deprecated: Sequence[Deprecated] = DEPRECATED,
) -> FastAPI:
    """The application, for uvicorn as a factory. Without a database of its own it uses the one in the settings."""
    chosen = chosen or settings()
    database = database or Database.from_settings(chosen)
    tokens = Tokens(chosen.api_tokens, database.tokens)
    authenticator = Authenticator(tokens, chosen.api_certificates, chosen.api_certificate_header)
    rate = RateLimit("question", chosen.api_requests_per_minute, database.draw)
    batches = BatchWorkers(database.call, chosen.api_batch_workers)
    callbacks = Callbacks(chosen, database, batches.wake)
    # Of a client so many questions are under way at once; its others wait without holding up anybody.
    limiters: dict[str, CapacityLimiter] = {}
    # Whoever checks a report or asks after the health shows no credential: all of the first together hold one
    # connection, and have one bucket, because an address behind a proxy names nobody; so do all of the second, who
    # share what one of them was told.
    open_limiter, health_limiter = CapacityLimiter(1), CapacityLimiter(1)
    checks = RateLimit("check", chosen.api_checks_per_minute, database.draw)
    well_until = 0.0

    async def in_turn(ask: Callable[[], Any], client: str) -> Any:
        limiter = limiters.setdefault(client, CapacityLimiter(chosen.api_connections_per_client))
        return await to_thread.run_sync(ask, limiter=limiter)

    async def call_database(function: str, *values: str | None, client: str) -> Any:
        return await in_turn(partial(database.call, function, *values, client=client), client)

    app = FastAPI(
        title="民政核对接口 minzheng verification",
        version=VERSION,
        description="家庭经济状况核对：没有有效授权和用途不予答复，每次请求与答复留痕。疑点是线索，不是结论。",
        docs_url=None,
        redoc_url=None,
        lifespan=calling_back(callbacks),
    )

    def count(bucket: RateLimit, whose: str) -> None:
        wait = bucket.wait_seconds(whose)
        if wait:
            raise Refused("rate_limited", {"Retry-After": str(int(wait) + 1)})

    def enter(request: Request, _: Annotated[Any, Depends(bearer)]) -> str:
        caller = authenticator.caller(request)
        if caller.refused:
            raise Refused("unauthorized", {"WWW-Authenticate": "Bearer"}, reason=caller.refused)
        twice = faults.given_twice(name for name, _ in request.query_params.multi_items())
        if twice:
            raise invalid(*twice)
        count(rate, caller.client)
        return caller.client

    Client = Annotated[str, Depends(enter)]

    async def body_of(request: Request, most: int) -> str:
        received = bytearray()
        try:
            async with asyncio.timeout(chosen.api_body_seconds):
                async for block in request.stream():
                    received += block
                    if len(received) > most:
                        raise Refused("body_too_large", most_bytes=most)
        except TimeoutError:
            raise Refused(
                "body_too_slow", {"Connection": "close"}, most_seconds=chosen.api_body_seconds
            ) from None
        try:
            return received.decode()
        except UnicodeDecodeError:
            raise invalid(faults.in_body("", "not_utf8")) from None

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return own_problem(error.code, error.headers, **error.told)

    @app.exception_handler(RequestValidationError)
    async def not_valid(_: Request, error: RequestValidationError) -> Response:
        # Places only: the values may be personal. What comes twice is told of before.
        found = {
            str(fault["loc"][-1]): faults.OF_PARAMETERS.get(fault["type"], "wrong_form")
            for fault in error.errors()
        }
        named = (faults.in_parameter(*item) for item in sorted(found.items()))
        return own_problem("invalid_request", **faults.detail(list(named)))

    @app.exception_handler(HTTPException)
    async def not_here(_: Request, error: HTTPException) -> Response:
        code = "method_not_allowed" if error.status_code == 405 else "not_found"
        return own_problem(code, dict(error.headers or {}))

    @app.exception_handler(MinzhengError)
    async def no_database(_: Request, error: MinzhengError) -> Response:
        log.error("%s", error)
        return own_problem("unavailable")

    @app.exception_handler(SQLAlchemyError)
    async def database_error(_: Request, error: SQLAlchemyError) -> Response:
        sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
        fault = faults.of_database(sqlstate)
        if fault:
            return own_problem("invalid_request", **faults.detail([fault]))
        # The server's own words may hold personal values.
        log.error(
            "The database refused a statement (%s, SQLSTATE %s).", type(error).__name__, sqlstate or "none"
        )
        return own_problem("unavailable")

    def question(path: str, operation: str, summary: str, model: type[BaseModel]) -> None:
        @app.post(
            path, operation_id=operation, summary=summary, response_model=model, dependencies=[Depends(enter)],
            openapi_extra=request_body(contract.VerificationRequest, examples.REQUEST),
            responses=answer(200, "答复") | refusals(*REFUSED_QUESTIONS),
        )  # fmt: skip
        async def ask(request: Request, client: Client) -> Response:
            body = await body_of(request, chosen.api_max_body_bytes)
            return passed_on(await call_database(operation, body, client=client))

    question("/v1/verifications", "verify", "家庭经济状况核对", contract.Verification)
    question("/v1/marriage-statuses", "marriage_status", "婚姻状况", contract.MarriageStatus)
    question("/v1/eldercare-stays", "eldercare_stay", "养老机构入住", contract.EldercareStay)

    @app.get(
        "/v1/reports/{report_no}", operation_id="get_report", summary="取回已出具的核对报告",
        response_model=contract.Verification | contract.MarriageStatus | contract.EldercareStay,
        dependencies=[Depends(enter)],
        responses=answer(200, "当时的答复，一字不差", also=(PDF, "%PDF-1.7 …"))
        | refusals("purpose_unknown", "no_live_authorization", "report_unknown", "not_published"),
    )  # fmt: skip
    async def report(
        request: Request,
        client: Client,
        report_no: ReportNo,
        purpose: Annotated[
            str,
            Query(
                pattern=r"^[a-z_]{1,32}$",
                description="此次取阅的用途，与核对请求的代码表相同",
                examples=["review"],
            ),
        ],
        operator: Annotated[
            str | None,
            Query(
                pattern=r"^[^\x00-\x1f]{1,64}$",
                description="操作人；不写则以登录用户留痕",
                examples=["核对员甲"],
            ),
        ] = None,
    ) -> Response:
        found = await call_database("get_report", report_no, purpose, operator, client=client)
        if found.get("status") == "refused" or PDF not in accepted(request):
            return passed_on(found)
        return Response(
            await in_turn(partial(render_pdf, found), client),
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'inline; filename="{file_name(found)}"',
            },
            media_type=PDF,
        )

    @app.get(
        "/v1/report-checks/{report_no}/{sha256}", operation_id="check_report", summary="核验纸面报告（无须凭证）",
        response_model=contract.ReportCheck,
        responses=answer(200, "编号与校验值是否相符", also=("text/html", "<!doctype html>…"))
        | {status: refusals()[status] for status in (400, 429, 503)},
    )  # fmt: skip
    async def check(
        request: Request,
        report_no: ReportNo,
        sha256: Annotated[
            str, Path(pattern=r"^[0-9a-fA-F]{64}$", description="报告所载校验值", examples=["0" * 64])
        ],
    ) -> Response:
        count(checks, "")
        ask = partial(database.call, "report_matches", report_no, sha256)
        matches = await to_thread.run_sync(ask, limiter=open_limiter)
        if "text/html" in accepted(request):
            return Response(check_page(report_no, matches), headers=PAGE_HEADERS, media_type="text/html")
        return json_response({"matches": matches})

    @app.post(
        "/v1/batches", operation_id="submit_batch", summary="批量复核", status_code=202, response_model=contract.Batch,
        dependencies=[Depends(enter)], openapi_extra=request_body(contract.BatchRequest, examples.BATCH_REQUEST),
        callbacks=batch_done().routes,
        responses=answer(
            202, "已收下，逐项办理", {"Location": "查看进度的地址", "Retry-After": "多少秒之后再看"}
        ) | refusals(),
    )  # fmt: skip
    async def submit(request: Request, client: Client) -> Response:
        body = await body_of(request, chosen.api_max_batch_bytes)
        try:
            batch = json.loads(body)
        except ValueError:
            raise invalid(faults.in_body("", "not_json")) from None
        except RecursionError:
            raise invalid(faults.in_body("", "too_complex")) from None
        if not isinstance(batch, dict):
            raise invalid(faults.in_body("", "not_object"))
        wrong = faults.unknown_fields(batch.keys() - contract.BatchRequest.model_fields.keys())
        if "requests" not in batch:
            wrong.append(faults.in_body("/requests", "missing"))
        callback_url = batch.get("callback_url")
        if callback_url is not None and (code := callbacks.fault(callback_url)):
            wrong.append(faults.in_body("/callback_url", code))
        if wrong:
            raise invalid(*wrong)
        taken = await call_database(
            "submit_batch", json.dumps(batch["requests"]), callback_url, client=client
        )
        if "batch_id" not in taken:
            return passed_on(taken)
        batches.wake()
        place = request.url_for("progress", batch_id=taken["batch_id"]).path
        return json_response(taken, 202, {"Location": place} | retry_after(taken))

    @app.get(
        "/v1/batches/{batch_id}", operation_id="batch", summary="批量复核的进度", response_model=contract.Batch,
        dependencies=[Depends(enter)],
        responses=answer(
            200, "进度及一页已办结的项", {"Retry-After": "办理中时，多少秒之后再看"}
        ) | refusals("batch_unknown"),
    )  # fmt: skip
    async def progress(
        client: Client,
        batch_id: Annotated[UUID, Path(description="批量编号", examples=[examples.BATCH["batch_id"]])],
        after: Annotated[
            int, Query(ge=0, le=contract.MOST_ITEMS, description="只列此序号之后的项：上一页的 next_after")
        ] = 0,
        limit: Annotated[
            int, Query(ge=1, le=contract.MOST_ITEMS, description="一页至多的项数；不写则全部列出")
        ] = contract.MOST_ITEMS,
    ) -> Response:
        found = await call_database("batch_page", str(batch_id), str(after), str(limit), client=client)
        if found["status"] == "refused":
            return passed_on(found)
        if found["status"] == "running":
            batches.wake()
        for item in found["items"]:
            item["errors"] = item["errors"] and faults.in_words(item["errors"])
        return json_response(found, headers=retry_after(found))

    @app.get(
        "/v1/sources", operation_id="source_freshness", summary="各来源的数据到哪一天",
        response_model=list[contract.Freshness], dependencies=[Depends(enter)],
        responses=answer(200, "各来源的时效") | refusals(),
    )  # fmt: skip
    async def sources(client: Client) -> Response:
        return Response(await in_turn(database.sources, client), media_type="application/json")

    @app.get(
        "/health", operation_id="health", summary="是否在运行", response_model=contract.Health,
        responses=answer(200, "在运行") | {503: refusals()[503]},
    )  # fmt: skip
    async def health() -> dict[str, str]:
        nonlocal well_until
        async with health_limiter:
            if time.monotonic() >= well_until:
                await to_thread.run_sync(database.sources)
                well_until = time.monotonic() + HEALTH_SECONDS
        return {"status": "ok"}

    app.mount("/docs", Documentation(), "documentation")

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
            mark(app.openapi_schema, deprecated)
        return app.openapi_schema

    def ready() -> dict[str, bool]:
        database.sources()
        return {"database": True}

    def deep() -> dict[str, bool]:
        known = json.loads(database.sources())
        return {"published": bool(known), "sources": all(source["status"] == "current" for source in known)}

    app.state.watch = Watch("rest", ready, deep)
    app.add_middleware(Measured, watch=app.state.watch)
    tell(app, deprecated)
    trace(app)
    app.openapi = openapi  # type: ignore[method-assign]
    return app
