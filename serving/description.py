"""What OpenAPI says of the service beside its paths: bodies, answers and refusals, each with an example."""

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from serving import contract
from serving.examples import ANSWERS, BATCH, CALLBACK, REFUSED
from serving.problems import TITLES, TITLES_OF_DATABASE, problem_body

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"


def request_body(model: type[BaseModel], example: Any) -> dict[str, Any]:
    """A body's description; reading and judging it is the database's business."""
    content = {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}, "examples": _named(example)}
    return {"requestBody": {"required": True, "content": {_JSON: content}}}


def answer(
    status: int, description: str, headers: dict[str, str] | None = None, also: tuple[str, str] | None = None
) -> dict[int | str, dict[str, Any]]:
    """also: another media type in which it may be had, and how that begins."""
    told = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in (headers or {}).items()
    }
    other = {}
    if also:
        other = {"content": {also[0]: {"schema": {"type": "string"}, "examples": _named(also[1])}}}
    return {status: {"description": description, **other} | ({"headers": told} if told else {})}


def refusals(*more: str) -> dict[int | str, dict[str, Any]]:
    """Those that any address may give, and ``more`` of the database, by status."""
    by_status: dict[int | str, dict[str, Any]] = {}
    titles = TITLES | {code: TITLES_OF_DATABASE[code] for code in more}
    for code, (status, title) in titles.items():
        by_status.setdefault(status, {})[code] = problem_body(code, title, status, REFUSED.get(code))
    return {
        status: {
            "description": "；".join(body["title"] for body in bodies.values()),
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": _REFERENCE.format(model="Problem")},
                    "examples": {code: {"value": body} for code, body in bodies.items()},
                }
            },
        }
        for status, bodies in sorted(by_status.items(), key=str)
    }


def batch_done() -> APIRouter:
    """What the service itself sends at the end of a batch; here only described."""
    router = APIRouter()

    @router.post(
        "{$request.body#/callback_url}", operation_id="batch_done", summary="批量已办结（由本服务发出）",
        openapi_extra=request_body(contract.CallbackMessage, CALLBACK),
        responses={200: {"description": "已收到；任何 2xx 皆可，其余将再试"}},
    )  # fmt: skip
    def sent(
        webhook_id: Annotated[
            str, Header(description="消息编号，再试时不变：据此去重", examples=[f"msg_{BATCH['batch_id']}"])
        ],
        webhook_timestamp: Annotated[
            int, Header(description="发出之时，自 1970 年起的秒数", examples=[1751333412])
        ],
        webhook_signature: Annotated[
            str,
            Header(
                description="签名（Standard Webhooks），以空格分隔可有多个",
                examples=["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
            ),
        ],
    ) -> None: ...

    return router


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description.

    FastAPI's own refusals (422) are none of this service, and it would leave out what is null in an answer.
    """
    described = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for path in described["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            responses.pop("422", None)
            answered = responses[min(responses)]["content"][_JSON]
            answered["examples"] = _named(ANSWERS[operation["operationId"]])
            for sent in operation.get("callbacks", {}).values():
                for called in sent.values():
                    called["post"]["responses"].pop("422")
                    called["post"]["responses"]["200"].pop("content")  # it is not read
    schemas = described["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (
        contract.VerificationRequest, contract.BatchRequest, contract.CallbackMessage, contract.Problem,
    ):  # fmt: skip
        schema = model.model_json_schema(ref_template=_REFERENCE)
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    return described


def _named(example: Any) -> dict[str, Any]:
    return {"example": {"value": example}}
