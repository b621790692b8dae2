"""What services tell at their watching doors: counts and health, and nothing that a request held. No server but the
shared one; each test a second."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from certificates import self_signed
from door import TOKEN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from templates import NewDatabase

from serving import watch as watching
from serving.app import create_app
from serving.database import Database
from serving.desk.app import create_app as create_desk
from warehouse.alerting import figures
from warehouse.alerting.machine import certificate_end
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, Settings, settings

NUMBER = "420203198001010011"
RULES = yaml.safe_load((PROJECT_ROOT / "deploy/prometheus/minzheng.rules.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((PROJECT_ROOT / "deploy/grafana/minzheng.json").read_text(encoding="utf-8"))
GUIDE = {
    name: (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("operations.md", "operations.zh.md")
}


@pytest.fixture
def rest(database: Warehouse) -> Iterator[FastAPI]:
    served = Database(lambda: database)
    yield create_app(Settings(), served)
    served.engine.dispose()


@pytest.fixture
def desk(database: Warehouse) -> Iterator[FastAPI]:
    made = create_desk(Settings(desk_secure_cookies=False), lambda: database)
    yield made
    made.state.desk.accounts.engine.dispose()


def told(app: FastAPI) -> str:
    return TestClient(app.state.watch.door()).get("/metrics").text


def counted(text: str) -> dict[tuple[str, str, str], float]:
    (family,) = [f for f in text_string_to_metric_families(text) if f.name == "minzheng_http_requests"]
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): sample.value
        for sample in family.samples
        if sample.name.endswith("_total")
    }


def test_requests_are_counted_by_route_and_hold_nobody(rest: FastAPI, desk: FastAPI) -> None:
    client = TestClient(rest)
    signed = {"Authorization": f"Bearer {TOKEN}"}
    client.get(f"/v1/reports/{NUMBER}?purpose=review&operator={NUMBER}", headers=signed)
    client.post("/v1/verifications", content=json.dumps({"id_number": NUMBER}), headers=signed)
    client.get(f"/{NUMBER}", headers=signed)
    client.request(NUMBER, "/health")
    counts = counted(told(rest))
    assert counts["/v1/reports/{report_no}", "GET", "401"] == 1
    assert counts["/v1/verifications", "POST", "401"] == 1
    assert counts["none", "GET", "404"] == 1
    assert {method for _, method, _ in counts} == {"GET", "POST", "other"}
    visitor = TestClient(desk, base_url="http://localhost")
    visitor.get("/sign-in")
    visitor.post("/sign-in", data={"login": NUMBER, "password": NUMBER})
    visitor.get(f"/households/{NUMBER}")
    assert any(route.startswith("/sign-in") for route, _, _ in counted(told(desk)))
    for text in (told(rest), told(desk)):
        assert NUMBER not in text
        assert "minzheng_http_requests_under_way" in text


def test_health_by_depth_tells_what_is_amiss(
    rest: FastAPI, desk: FastAPI, migrated: Warehouse, new_database: NewDatabase
) -> None:
    door = TestClient(rest.state.watch.door())
    assert door.get("/live").json() == {"status": "ok"}
    assert door.get("/ready").json() == {"status": "ok", "checks": {"database": True}}
    assert door.get("/deep").json()["checks"] == {"database": True, "published": True, "sources": True}
    empty = Database(lambda: new_database(migrated))
    deep = TestClient(create_app(Settings(), empty).state.watch.door()).get("/deep")
    empty.engine.dispose()
    assert deep.status_code == 503
    assert deep.json()["checks"] == {"database": True, "published": False, "sources": True}
    desk_door = TestClient(desk.state.watch.door())
    assert desk_door.get("/deep").json() == {
        "status": "ok",
        "checks": {"database": True, "connections": True},
    }


def test_a_database_that_is_away_is_told_and_the_process_lives(database: Warehouse) -> None:
    away = Database(lambda: database.at(database="nowhere"))
    door = TestClient(create_app(Settings(), away).state.watch.door())
    assert door.get("/live").status_code == 200
    ready = door.get("/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "failing", "checks": {"database": False}})


def test_the_figures_of_the_pipeline_are_what_the_tables_say(database: Warehouse) -> None:
    families = {
        family.name: family for family in text_string_to_metric_families(figures.exposition(database))
    }
    assert set(families) == set(figures.NAMES)
    kinds = {sample.labels["kind"]: sample.value for sample in families["minzheng_open_alerts"].samples}
    assert kinds == dict.fromkeys(figures.KINDS_ZH, 0.0)
    assert families["minzheng_database_bytes"].samples[0].value > 1_000_000


def test_a_build_that_is_published_is_not_under_way(database: Warehouse) -> None:
    name = "minzheng_build_under_way_timestamp_seconds{"
    with database.connect() as connection:
        connection.execute("delete from ops.build_under_way")
        connection.execute(
            "insert into ops.build_under_way"
            " (business_date, deliveries_digest, program_digest, generation, is_full_refresh)"
            " values ('2025-06-30', 'x', 'x', 1, false)"
        )
    assert f'{name}reached="begun"}}' in figures.exposition(database)
    with database.connect() as connection:
        connection.execute("update ops.build_under_way set reached = 'publish', reached_at = now()")
    assert name not in figures.exposition(database)


def test_certificates_are_told_by_path_and_one_that_cannot_be_read_ends_nothing(
    database: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = self_signed(tmp_path, "127.0.0.1")
    (tmp_path / "other").mkdir()
    named = [made, Path(shutil.copy(made, tmp_path / "other")), tmp_path / "no.pem", tmp_path / "none.pem"]
    named[2].write_text("no certificate")
    monkeypatch.setenv("MINZHENG_CERTIFICATES", json.dumps([str(path) for path in named]))
    damaged = tmp_path / "backups" / "base" / "20250101T000000Z" / "backup.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    monkeypatch.setenv("MINZHENG_BACKUP_FOLDER", str(tmp_path / "backups"))
    monkeypatch.setenv("MINZHENG_DISK_FREE_PERCENT", "25")
    settings.cache_clear()
    (ends, least) = (
        {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(figures.exposition(database))
        if family.name in ("minzheng_certificate_end_timestamp_seconds", "minzheng_disk_free_least_ratio")
    )
    assert set(ends) == {(str(path),) for path in named[:2]}
    assert least == {(): 0.25}


def test_a_service_tells_the_end_of_the_certificate_it_shows(rest: FastAPI, tmp_path: Path) -> None:
    """In the clear it shows none; a file that is renewed changes nothing before the next start."""
    watch, figure = rest.state.watch, "minzheng_served_certificate_end_timestamp_seconds"
    assert f"{figure}{{" not in told(rest)
    for days, is_well in ((29, False), (31, True)):
        ends = certificate_end(self_signed(tmp_path, "127.0.0.1", days))
        watch.show(ends)
        assert watch._shows() == {"certificate": is_well}
        (shown,) = re.findall(rf'^{figure}{{service="rest"}} (.+)$', told(rest), re.MULTILINE)
        assert float(shown) == ends.timestamp()


def test_rules_and_dashboard_ask_for_figures_that_are_told() -> None:
    asked = [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    named = {name for query in asked for name in re.findall(r"\bminzheng_\w+", query)}
    known = {*figures.NAMES, *watching.NAMES, "minzheng_http_request_seconds_bucket"}
    assert named - known == set()
    assert set(figures.NAMES) - named == {
        # Looked up where something is amiss.
        "minzheng_generation_business_date_timestamp_seconds", "minzheng_feed_landed_timestamp_seconds",
    }  # fmt: skip


@pytest.mark.parametrize("page", GUIDE)
def test_every_rule_has_its_row_in_the_guide_and_no_other(page: str) -> None:
    rows = re.findall(r"^\| `(Minzheng\w+)` \| .+ \| .+ \| .+ \|$", GUIDE[page], re.MULTILINE)
    assert rows == [rule["alert"] for group in RULES["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("page", GUIDE)
def test_every_figure_is_listed_in_the_guide(page: str) -> None:
    assert [name for name in {**figures.NAMES, **watching.NAMES} if f"`{name}`" not in GUIDE[page]] == []
