"""The description: what it says of every part, what it shows, and that the service keeps to it."""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import schemathesis
from door import TOKEN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator, FormatChecker

from serving.contract import AidType, Member, VerificationRequest
from serving.faults import WORDS
from serving.problems import TITLES, TITLES_OF_DATABASE
from warehouse.database.settings import PROJECT_ROOT

DESCRIPTION = PROJECT_ROOT / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return json.loads(DESCRIPTION.read_text(encoding="utf-8"))


def test_the_published_description_is_that_of_the_program(app: FastAPI) -> None:
    """After a change on purpose: MINZHENG_WRITE_GOLDEN=1 pytest tests/serving."""
    found = json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("MINZHENG_WRITE_GOLDEN"):
        DESCRIPTION.write_text(found, encoding="utf-8")
    assert json.loads(DESCRIPTION.read_text(encoding="utf-8")) == json.loads(found)
    assert app.openapi()["openapi"].startswith("3.1")


def properties(part: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property and parameter with its place; examples hold none."""
    if isinstance(part, list):
        for number, item in enumerate(part):
            yield from properties(item, f"{place}/{number}")
    if isinstance(part, dict):
        for name, schema in part.get("properties", {}).items():
            yield f"{place}/{name}", schema
        for parameter in part.get("parameters", []):
            yield f"{place}/{parameter['name']}", parameter
        for name, item in part.items():
            if name not in ("examples", "example"):
                yield from properties(item, f"{place}/{name}")


def test_every_property_and_parameter_is_described(published: dict[str, Any]) -> None:
    found = list(properties(published))
    assert len(found) > 190
    assert [place for place, schema in found if not schema.get("description")] == []


def bodies(published: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every request, answer and refusal of the description with its place."""
    for path, operations in published["paths"].items():
        for method, operation in operations.items():
            told = {"request": operation["requestBody"]} if "requestBody" in operation else {}
            for name, body in (told | operation["responses"]).items():
                for content in body["content"].values():
                    yield f"{method} {path} {name}", content


def test_every_body_has_an_example_that_holds_to_its_schema(published: dict[str, Any]) -> None:
    shown = set()
    for place, content in bodies(published):
        assert content.get("examples"), place
        validator = Draft202012Validator(
            content["schema"] | {"components": published["components"]}, format_checker=FormatChecker()
        )
        for name, example in content["examples"].items():
            faults = [
                f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(example["value"])
            ]
            assert faults == [], (place, name)
            shown.add(name)
    assert shown == {"example", *TITLES, *TITLES_OF_DATABASE}


def test_refusals_of_the_database_bear_the_titles_described(connection: psycopg.Connection) -> None:
    for code, (status, title) in TITLES_OF_DATABASE.items():
        row = connection.execute("select verification.problem(%s, 'null') -> 'problem'", [code]).fetchone()
        assert row is not None
        assert (row[0]["http_status"], row[0]["title_zh"]) == (status, title)


def test_every_fault_of_the_database_has_words() -> None:
    """Whatever word is quoted where faults are found: a field, a type of JSON, or a code that has words."""
    folder = PROJECT_ROOT / "warehouse" / "code" / "verification"
    quoted = {
        word
        for name in ("faults", "text_fault", "member_codes")
        for word in re.findall(
            r"'([a-z]+(?:_[a-z]+)*)'", (folder / f"{name}.sql").read_text(encoding="utf-8")
        )
    }
    known = {*VerificationRequest.model_fields, *Member.model_fields}
    types = {"object", "array", "string", "null", "urban", "rural"}
    assert {"missing", "named_twice", "unknown_field"} <= quoted - known - types <= set(WORDS)


def test_the_page_of_the_description_asks_for_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for place in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        if place != "data:,":
            part = client.get(f"/docs/{place}")
            assert (part.status_code, part.headers["content-security-policy"]) == (
                200, page.headers["content-security-policy"],
            )  # fmt: skip
    assert "<script>" not in page.text
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get("/docs/nothing").json()["code"] == "not_found"


def test_aid_types_are_those_of_the_code_list() -> None:
    lines = (PROJECT_ROOT / "dbt_project/seeds/verification/verification_code.csv").read_text(
        encoding="utf-8"
    )
    codes = [line.split(",")[1] for line in lines.splitlines() if line.startswith("aid_type,")]
    assert list(AidType.__args__) == codes


def test_random_requests_meet_neither_a_fault_of_ours_nor_a_drift(app: FastAPI) -> None:
    """Whatever comes in: no 5xx, no status, type or body that the description does not know."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    checks = [
        check
        for check in schemathesis.checks.CHECKS.get_all()
        if check.__name__
        in (
            "not_a_server_error", "status_code_conformance", "content_type_conformance",
            "response_headers_conformance", "response_schema_conformance",
        )
    ]  # fmt: skip
    assert len(checks) == 5
    for operation in schema.get_all_operations():

        @settings(
            max_examples=25, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.ok().as_strategy())
        def ask(case: schemathesis.Case) -> None:
            response = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
            case.validate_response(response, checks=checks)

        ask()
