"""Refusals as problem+json (RFC 9457): a stable code, a Chinese title, and what to mend."""

import json
from typing import Any

from fastapi.responses import Response

from serving.faults import detail, in_words

# Codes of the service itself.
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
# Those of the database (verification.problem), which says them itself; here only to be described.
TITLES_OF_DATABASE = {
    "purpose_unknown": (403, "没有说明用途，或用途不在代码表内"),
    "no_live_authorization": (403, "没有有效授权，不予核对"),
    "report_unknown": (404, "没有此核对报告"),
    "batch_unknown": (404, "没有此批量复核任务"),
    "request_id_reused": (409, "同一请求编号已用于另一请求"),
    "not_published": (503, "尚未发布数据"),
}


class Refused(Exception):
    def __init__(self, code: str, headers: dict[str, str] | None = None, **told: Any) -> None:
        self.code = code
        self.headers = headers or {}
        self.told = told


def invalid(*faults: dict[str, str]) -> Refused:
    return Refused("invalid_request", **detail(list(faults)))


def problem_body(code: str, title: str, status: int, told: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": f"urn:minzheng:problem:{code}", "title": title, "status": status, "code": code,
    } | (told or {})  # fmt: skip


def json_response(
    content: Any, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> Response:
    return Response(
        json.dumps(content, ensure_ascii=False),
        status,
        headers={"Cache-Control": "no-store"} | (headers or {}),
        media_type=kind,
    )


def problem(
    code: str,
    title: str,
    status: int,
    told: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    return json_response(problem_body(code, title, status, told), status, headers, "application/problem+json")


def own_problem(code: str, headers: dict[str, str] | None = None, **told: Any) -> Response:
    status, title = TITLES[code]
    return problem(code, title, status, told, headers)


def passed_on(answer: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """What the database said: an answer as it is, a refusal as problem+json."""
    if answer.get("status") != "refused":
        return json_response(answer, status, headers)
    refusal = answer["problem"]
    told = dict(refusal["detail"] or {})
    if "errors" in told:
        told["errors"] = in_words(told["errors"])
    return problem(refusal["code"], refusal["title_zh"], refusal["http_status"], told)
