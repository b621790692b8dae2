"""The facade: bearer token or client certificate, limits, problem+json; one call of ``api_v1`` per question."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from serving import contract
from serving.access import Authenticator, RateLimit
from serving.database import Database
from serving.report import check_page, file_name, render_pdf
from warehouse.database.errors import MinzhengError
from warehouse.database.settings import Settings, settings

log = logging.getLogger(__name__)

# Codes of the service itself; those of the database are in verification.problem.
TITLES = {
    "unauthorized": (401, "未提供有效的访问凭证"),
    "not_found": (404, "没有此地址"),
    "method_not_allowed": (405, "此地址不支持该方法"),
    "body_too_slow": (408, "请求正文未在时限内送达"),
    "body_too_large": (413, "请求过大"),
    "invalid_request": (400, "请求不符合接口规范"),
    "rate_limited": (429, "请求过于频繁，请稍后再试"),
    "unavailable": (503, "暂时无法答复，请稍后再试"),
}
# SQLSTATE classes that are the request's own fault: data that cannot be read, or is too complex.
FAULTS_OF_THE_REQUEST = ("22", "54")

PDF = "application/pdf"
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

ReportNo = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$", description="报告的取阅编号")]
bearer = HTTPBearer(auto_error=False, description="访问令牌；或由反向代理核验的客户端证书")


class Refused(Exception):
    def __init__(self, code: str, headers: dict[str, str] | None = None, **detail: Any) -> None:
        self.code = code
        self.headers = headers or {}
        self.detail = detail


def problem(
    code: str, title: str, status: int, detail: Any = None, headers: dict[str, str] | None = None
) -> Response:
    body = {"type": f"urn:minzheng:problem:{code}", "title": title, "status": status, "code": code} | (
        detail or {}
    )
    return Response(
        json.dumps(body, ensure_ascii=False),
        status,
        headers={"Cache-Control": "no-store"} | (headers or {}),
        media_type="application/problem+json",
    )


def own_problem(code: str, headers: dict[str, str] | None = None, **detail: Any) -> Response:
    status, title = TITLES[code]
    return problem(code, title, status, detail, headers)


def in_text(media_type: str) -> dict[int | str, dict[str, Any]]:
    """For the description: what is answered may also be had in this form."""
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}


def json_response(answer: dict[str, Any], status: int = 200) -> Response:
    """What the database said: an answer as it is, a refusal as problem+json."""
    if answer.get("status") == "refused":
        refusal = answer["problem"]
        return problem(refusal["code"], refusal["title_zh"], refusal["http_status"], refusal["detail"])
    return Response(
        json.dumps(answer, ensure_ascii=False),
        status,
        headers={"Cache-Control": "no-store"},
        media_type="application/json",
    )


def accepted(request: Request) -> set[str]:
    """The media types that the client names; how much it would like each is not asked."""
    named = ",".join(request.headers.getlist("accept"))
    return {part.partition(";")[0].strip().lower() for part in named.split(",")}


class BatchWorkers:
    """A few threads that work off the batches of all clients, who take turns (``api_v1.advance_batches``).

    What is done stands in the database: after a restart batches go on when somebody asks for one.
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


def create_app(chosen: Settings | None = None, database: Database | None = None) -> FastAPI:
    """The application, for uvicorn as a factory. Without a database of its own it uses the one in the settings."""
    chosen = chosen or settings()
    database = database or Database.from_settings(chosen)
    authenticator = Authenticator(chosen.api_tokens, chosen.api_certificates, chosen.api_certificate_header)
    rate = RateLimit(chosen.api_requests_per_minute)
    batches = BatchWorkers(database.call, chosen.api_batch_workers)
    # Of a client so many questions are under way at once; its others wait without holding up anybody.
    limiters: dict[str, CapacityLimiter] = {}
    # Whoever asks after the health or checks a report shows no credential: all of them together hold one
    # connection, and have one bucket, because an address behind a proxy names nobody.
    open_limiter = CapacityLimiter(1)
    checks = RateLimit(chosen.api_checks_per_minute)

    async def in_turn(ask: Callable[[], Any], client: str) -> Any:
        limiter = limiters.setdefault(client, CapacityLimiter(chosen.api_connections_per_client))
        return await to_thread.run_sync(ask, limiter=limiter)

    async def call_database(function: str, *values: str | None, client: str) -> Any:
        return await in_turn(partial(database.call, function, *values, client=client), client)

    app = FastAPI(
        title="民政核对接口 minzheng verification",
        version="1.0.0",
        description="家庭经济状况核对：没有有效授权和用途不予答复，每次请求与答复留痕。疑点是线索，不是结论。",
        docs_url=None,
        redoc_url=None,
    )

    def count(bucket: RateLimit, whose: str) -> None:
        wait = bucket.wait_seconds(whose)
        if wait:
            raise Refused("rate_limited", {"Retry-After": str(int(wait) + 1)})

    def enter(request: Request, _: Annotated[Any, Depends(bearer)]) -> str:
        client = authenticator.client(request)
        if client is None:
            raise Refused("unauthorized", {"WWW-Authenticate": "Bearer"})
        twice = {name for name in request.query_params if len(request.query_params.getlist(name)) > 1}
        if twice:
            raise Refused("invalid_request", fields=sorted(twice))
        count(rate, client)
        return client

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
            raise Refused("invalid_request", fields=["request"]) from None

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return own_problem(error.code, error.headers, **error.detail)

    @app.exception_handler(RequestValidationError)
    async def not_valid(_: Request, error: RequestValidationError) -> Response:
        # Places only: the values may be personal.
        return own_problem(
            "invalid_request", fields=sorted({str(fault["loc"][-1]) for fault in error.errors()})
        )

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
        if sqlstate[:2] in FAULTS_OF_THE_REQUEST:
            return own_problem("invalid_request", fields=["request"])
        # The server's own words may hold personal values.
        log.error(
            "The database refused a statement (%s, SQLSTATE %s).", type(error).__name__, sqlstate or "none"
        )
        return own_problem("unavailable")

    problems: dict[int | str, dict[str, Any]] = {
        status: {
            "description": title,
            "content": {"application/problem+json": {"schema": contract.Problem.model_json_schema()}},
        }
        for status, title in {
            **dict(TITLES.values()), 403: "没有有效授权或用途", 409: "请求编号已用于另一请求"
        }.items()
    }  # fmt: skip
    options: dict[str, Any] = {"responses": problems, "dependencies": [Depends(enter)]}

    def described(model: type[BaseModel]) -> dict[str, Any]:
        """The body's schema for the description; reading and judging it is the database's business."""
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        bodies.update(schema.pop("$defs", {}))
        bodies[model.__name__] = schema
        reference = {"$ref": f"#/components/schemas/{model.__name__}"}
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}

    bodies: dict[str, Any] = {}

    def question(path: str, operation: str, summary: str, answer: type[BaseModel]) -> None:
        @app.post(
            path, operation_id=operation, summary=summary, response_model=answer,
            openapi_extra=described(contract.VerificationRequest), **options,
        )  # fmt: skip
        async def ask(request: Request, client: Client) -> Response:
            body = await body_of(request, chosen.api_max_body_bytes)
            return json_response(await call_database(operation, body, client=client))

    question("/v1/verifications", "verify", "家庭经济状况核对", contract.Verification)
    question("/v1/marriage-statuses", "marriage_status", "婚姻状况", contract.MarriageStatus)
    question("/v1/eldercare-stays", "eldercare_stay", "养老机构入住", contract.EldercareStay)

    @app.get(
        "/v1/reports/{report_no}", operation_id="get_report", summary="取回已出具的核对报告",
        response_model=contract.Verification | contract.MarriageStatus | contract.EldercareStay,
        **(options | {"responses": problems | in_text(PDF)}),
    )  # fmt: skip
    async def report(
        request: Request,
        client: Client,
        report_no: ReportNo,
        purpose: Annotated[
            str, Query(pattern=r"^[a-z_]{1,32}$", description="此次取阅的用途，与核对请求的代码表相同")
        ],
        operator: Annotated[
            str | None, Query(pattern=r"^[^\x00-\x1f]{1,64}$", description="操作人；不写则以登录用户留痕")
        ] = None,
    ) -> Response:
        answer = await call_database("get_report", report_no, purpose, operator, client=client)
        if answer.get("status") == "refused" or PDF not in accepted(request):
            return json_response(answer)
        return Response(
            await in_turn(partial(render_pdf, answer), client),
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'inline; filename="{file_name(answer)}"',
            },
            media_type=PDF,
        )

    @app.get(
        "/v1/report-checks/{report_no}/{sha256}", operation_id="check_report", summary="核验纸面报告（无须凭证）",
        response_model=contract.ReportCheck,
        responses=in_text("text/html") | {status: problems[status] for status in (400, 429, 503)},
    )  # fmt: skip
    async def check(
        request: Request,
        report_no: ReportNo,
        sha256: Annotated[str, Path(pattern=r"^[0-9a-fA-F]{64}$", description="报告所载校验值")],
    ) -> Response:
        count(checks, "")
        ask = partial(database.call, "report_matches", report_no, sha256)
        matches = await to_thread.run_sync(ask, limiter=open_limiter)
        if "text/html" in accepted(request):
            return Response(check_page(report_no, matches), headers=PAGE_HEADERS, media_type="text/html")
        return json_response({"matches": matches})

    @app.post(
        "/v1/batches", operation_id="submit_batch", summary="批量复核", status_code=202, response_model=contract.Batch,
        openapi_extra=described(contract.BatchRequest), **options,
    )  # fmt: skip
    async def submit(request: Request, client: Client) -> Response:
        body = await body_of(request, chosen.api_max_batch_bytes)
        try:
            batch = json.loads(body)
            requests = batch["requests"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Refused("invalid_request", fields=["requests"]) from None
        unknown = sorted(batch.keys() - contract.BatchRequest.model_fields.keys())
        if unknown:
            raise Refused("invalid_request", fields=unknown)
        accepted = await call_database("submit_batch", json.dumps(requests), client=client)
        if "batch_id" in accepted:
            batches.wake()
        return json_response(accepted, 202)

    @app.get(
        "/v1/batches/{batch_id}",
        operation_id="batch",
        summary="批量复核的进度",
        response_model=contract.Batch,
        **options,
    )
    async def progress(client: Client, batch_id: UUID) -> Response:
        found = await call_database("batch", str(batch_id), client=client)
        if found["status"] == "running":
            batches.wake()
        return json_response(found)

    @app.get(
        "/v1/sources", operation_id="source_freshness", summary="各来源的数据到哪一天",
        response_model=list[contract.Freshness], **options,
    )  # fmt: skip
    async def sources(client: Client) -> Response:
        return Response(await in_turn(database.sources, client), media_type="application/json")

    @app.get("/health", operation_id="health", summary="是否在运行", responses={503: problems[503]})
    async def health() -> dict[str, str]:
        await to_thread.run_sync(database.sources, limiter=open_limiter)
        return {"status": "ok"}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described_app = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            described_app["components"]["schemas"].update(bodies)
            app.openapi_schema = described_app
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
