"""The contract is only extended: what a version says stands in the next, and what will go says so in time."""

import json
import re
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from door import TOKEN
from fastapi.testclient import TestClient
from hand_made_family import Family

from serving.app import create_app
from serving.database import Database
from serving.deprecation import DEPRECATED, VERSION, Deprecated
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, Settings

DOCS = PROJECT_ROOT / "docs"
PAGES = ("approval_system.md", "approval_system.zh.md")
GOLDEN = Path(__file__).parent / "golden"
OF_REQUESTS = ("VerificationRequest", "Member", "BatchRequest")


def stated(schema: dict[str, Any]) -> str:
    """A schema without its words."""
    words = ("description", "title", "examples", "default")
    return json.dumps({name: part for name, part in schema.items() if name not in words}, sort_keys=True)


def promises(description: dict[str, Any]) -> Iterator[str]:
    """What clients rely on: a line each."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {path}"
            yield f"{place} is {operation['operationId']}"
            for parameter in operation.get("parameters", []):
                yield f"{place} takes {parameter['in']} {parameter['name']}"
            for status, response in operation["responses"].items():
                for media_type, content in response["content"].items():
                    yield f"{place} answers {status} {media_type} {stated(content['schema'])}"
                for header in response.get("headers", {}):
                    yield f"{place} answers {status} with {header}"
                for code in response["content"].get("application/problem+json", {}).get("examples", {}):
                    yield f"{place} may refuse {code}"
    for name, schema in description["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            yield f"{name}.{field} {stated(part)}"


def demands(description: dict[str, Any]) -> Iterator[str]:
    """What clients must send: nothing may be added."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                if parameter.get("required"):
                    yield f"{method} {path} {parameter['name']}"
    for name in OF_REQUESTS:
        for field in description["components"]["schemas"][name].get("required", []):
            yield f"{name}.{field}"


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("contract_*.json")), ids=lambda file: file.stem)
def test_what_a_version_promised_stands_and_nothing_is_demanded_besides(file: Path) -> None:
    """A version once given out leaves its lines here (`contract_1.1.0.json`) and they are not touched again."""
    former = json.loads(file.read_text(encoding="utf-8"))
    now = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    assert set(former["promises"]) - set(promises(now)) == set()
    assert set(demands(now)) - set(former["demands"]) == set()


def test_a_promise_broken_or_a_demand_added_is_found() -> None:
    now = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    before, wanted = set(promises(now)), set(demands(now))
    del now["components"]["schemas"]["Household"]["properties"]["income_yuan"]
    now["components"]["schemas"]["Batch"]["properties"]["total"]["type"] = "string"
    now["components"]["schemas"]["Member"]["required"].append("birthday")
    assert {line.split()[0] for line in before - set(promises(now))} == {
        "Household.income_yuan",
        "Batch.total",
    }
    assert set(demands(now)) - wanted == {"Member.birthday"}


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_tell_every_version_and_all_that_will_go(page: str) -> None:
    section = (DOCS / page).read_text(encoding="utf-8").rpartition("\n## ")[2]
    versions = re.findall(r"^\| (\d+\.\d+\.\d+) \|", section, re.MULTILINE)
    assert versions[0] == VERSION
    assert versions == sorted(versions, key=lambda version: [*map(int, version.split("."))], reverse=True)
    assert {file.stem.removeprefix("contract_") for file in GOLDEN.glob("contract_*.json")} <= set(versions)
    for one in DEPRECATED:
        (line,) = [line for line in section.splitlines() if f"`{one.operation}`" in line]
        assert all(str(told) in line for told in (one.since, one.until, f"`{one.successor}`"))
    says_nothing = ("Nothing is deprecated now." in section) or ("目前没有将停用的内容。" in section)
    assert says_nothing == (not DEPRECATED)


def test_what_will_go_has_a_year_and_a_successor() -> None:
    paths = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"]
    operations = {operation["operationId"] for path in paths.values() for operation in path.values()}
    for one in DEPRECATED:
        assert one.operation in operations
        assert one.successor in paths
        assert (one.until - one.since).days >= 365


def test_an_operation_that_will_go_says_so_whatever_it_answers(
    family: Family, database: Warehouse, chosen: Settings
) -> None:
    going = Deprecated("eldercare_stay", date(2026, 1, 1), date(2027, 1, 1), "/v1/verifications")
    place = Database(lambda: database)
    app = create_app(chosen, place, [going])
    client = TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"})
    for body, status in ((family.request(), 200), ({}, 400)):
        response = client.post("/v1/eldercare-stays", json=body)
        assert response.status_code == status
        assert response.headers["deprecation"] == "@1767225600"
        assert parsedate_to_datetime(response.headers["sunset"]).date() == going.until
        assert response.headers["sunset"].endswith("GMT")
        assert response.headers["link"] == '</v1/verifications>; rel="successor-version"'
    assert client.post("/v1/marriage-statuses", json={}).headers.get("deprecation") is None
    described = client.get("/openapi.json").json()["paths"]
    stay, marriage = (described[path]["post"] for path in ("/v1/eldercare-stays", "/v1/marriage-statuses"))
    assert (stay["deprecated"], marriage.get("deprecated")) == (True, None)
    assert {"Deprecation", "Sunset", "Link"} <= stay["responses"]["403"]["headers"].keys()
    place.engine.dispose()
