"""What OpenAPI says of the service beside its paths: bodies, answers and refusals, each with an example."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from serving import contract
from serving.examples import ANSWERS, REFUSED
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
    schemas = described["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (contract.VerificationRequest, contract.BatchRequest, contract.Problem):
        schema = model.model_json_schema(ref_template=_REFERENCE)
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    return described


def _named(example: Any) -> dict[str, Any]:
    return {"example": {"value": example}}
