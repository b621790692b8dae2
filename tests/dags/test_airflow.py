"""A real Airflow, all four parts: past days are filled up, a delivery is held, accepted, and published."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url
from templates import NewDatabase

from ingestion.contract import load_contracts
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.server import free_port
from warehouse.database.settings import settings
from warehouse.pipeline.build import STEPS
from warehouse.pipeline.runs import accept, gate_deliveries, land

DAGS = Path(__file__).parents[2] / "dags"
AIRFLOW = Path(sys.executable).with_name("airflow")
PATIENCE_SECONDS = 300
SHORT_DELIVERY = "population_20250627_full_01"


def send_short_delivery(inbox: Path) -> None:
    """The register's next full delivery, sealed as it should be, with half of its lines gone."""
    whole = inbox / "register" / "population" / "20250625"
    folder = whole.with_name("20250627")
    folder.mkdir()
    lines = (whole / "population_20250625_full_01.csv").read_bytes().splitlines(keepends=True)
    content = b"".join(lines[: len(lines) // 2])
    (folder / f"{SHORT_DELIVERY}.csv").write_bytes(content)
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8")) | {
        "delivery_id": SHORT_DELIVERY,
        "business_date": "2025-06-27",
        "file": f"{SHORT_DELIVERY}.csv",
        "rows": len(lines) // 2 - 1,
        "sha256": sha256(content).hexdigest(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def warehouse(database: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """Everything but payments is landed and accepted up to the 26th; a short delivery of the 27th waits."""
    inbox = tmp_path / "inbox"
    generate(inbox, residents=400, seed=5, days=2)
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    monkeypatch.setenv("MINZHENG_INBOX", str(inbox))
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    land(database, inbox, date(2025, 6, 26), set(load_contracts()) - {"payment"})
    assert gate_deliveries(database) == []
    send_short_delivery(inbox)
    yield database
    settings.cache_clear()


@contextmanager
def running(name: str, environment: dict[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    with log.open("w") as output:
        process = subprocess.Popen(
            [AIRFLOW, name, *arguments], env=environment, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


class Airflow:
    """The API of the Airflow under test, and what its parts logged."""

    def __init__(
        self, port: int, processes: dict[str, subprocess.Popen], logs: Path, environment: dict[str, str]
    ) -> None:
        self.processes, self.logs, self.environment = processes, logs, environment
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        token = self.wait_for("a token", lambda: self.client.get("/auth/token").json()["access_token"])
        self.client.headers["Authorization"] = f"Bearer {token}"

    def wait_for(self, what: str, ask: Callable[[], Any]) -> Any:
        """The first answer that is not null; fails with the ends of the logs where none comes."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    pytest.fail(f"airflow {name} ended with {process.returncode}\n{self.tails()}")
            try:
                answer = ask()
            except (httpx.HTTPError, json.JSONDecodeError, KeyError):
                answer = None  # not up yet
            if answer is not None:
                return answer
            time.sleep(1)
        pytest.fail(f"{what} did not come within {PATIENCE_SECONDS} s\n{self.tails()}")

    def tails(self) -> str:
        return "\n".join(
            f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.logs.glob("*.log"))
        )

    def unpause(self, dag_id: str) -> None:
        """As soon as the DAG is known; the scheduler then makes the run of the last whole interval."""
        self.wait_for(
            f"the DAG {dag_id}",
            lambda: self.client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}).json()["dag_id"],
        )

    def backfill(self, dag_id: str, first: str, last: str) -> None:
        """As an operator would from the command line, once the DAG is known."""
        self.wait_for(f"the DAG {dag_id}", lambda: self.client.get(f"/api/v2/dags/{dag_id}").json()["dag_id"])
        subprocess.run(
            [AIRFLOW, "backfill", "create", "--dag-id", dag_id, "--from-date", first, "--to-date", last],
            env=self.environment, check=True, capture_output=True,
        )  # fmt: skip

    def runs(self, dag_id: str, run_type: str) -> list[dict[str, Any]]:
        """All runs of a type when all have ended, the earliest interval first."""

        def ended() -> list[dict[str, Any]] | None:
            answer = self.client.get(f"/api/v2/dags/{dag_id}/dagRuns?order_by=logical_date").json()
            runs = [run for run in answer["dag_runs"] if run["run_type"] == run_type]
            return runs if runs and all(run["state"] in ("success", "failed") for run in runs) else None

        return self.wait_for(f"the {run_type} runs of {dag_id}", ended)

    def finished_run(self, dag_id: str, states: tuple[str, ...] = ("success", "failed")) -> dict[str, Any]:
        def last() -> dict[str, Any] | None:
            runs = self.client.get(f"/api/v2/dags/{dag_id}/dagRuns").json()["dag_runs"]
            return next((run for run in runs if run["state"] in states), None)

        return self.wait_for(f"a finished run of {dag_id}", last)

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str]:
        answer = self.client.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances").json()
        return {task["task_id"]: task["state"] for task in answer["task_instances"]}

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> Any:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self.client.get(path).json()["value"]

    def clear_failed(self, dag_id: str, run_id: str) -> None:
        self.client.post(
            f"/api/v2/dags/{dag_id}/clearTaskInstances",
            json={"dag_run_id": run_id, "only_failed": True, "dry_run": False},
        ).raise_for_status()


@pytest.fixture
def airflow(warehouse: Warehouse, new_database: NewDatabase, tmp_path: Path) -> Iterator[Airflow]:
    """Metadata in the same PostgreSQL; every process as an operator would start it."""
    port, logs = free_port(), tmp_path / "logs"
    logs.mkdir()
    place = make_url(new_database(None).address)

    def metadata(driver: str) -> str:
        return place.set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)

    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata("psycopg2"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": metadata("psycopg_async"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "true",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    }
    for command in (["db", "migrate"], ["pools", "import", str(DAGS / "pools.json")]):
        done = subprocess.run(
            [AIRFLOW, *command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(running(name, environment, logs / f"{name}.log", *arguments))
            for name, arguments in {
                "api-server": ("--port", str(port), "--host", "127.0.0.1"),
                "scheduler": ("--skip-serve-logs",),
                "dag-processor": (),
                "triggerer": (),
            }.items()
        }
        yield Airflow(port, processes, logs, environment)


def open_alerts(database: Warehouse) -> list[tuple[str, str]]:
    with psycopg.connect(database.address) as connection:
        return connection.execute(
            "select kind, subject from ops.alert where closed_at is null and kind <> 'late_feed'"
        ).fetchall()


def landed(database: Warehouse, feed: str) -> list[str]:
    with psycopg.connect(database.address) as connection:
        rows = connection.execute(
            "select business_date::text from ops.delivery where feed = %s order by 1", [feed]
        )
        return [day for (day,) in rows]


@pytest.mark.airflow
def test_a_held_delivery_waits_for_a_person_and_is_published_after(
    airflow: Airflow, warehouse: Warehouse
) -> None:
    airflow.backfill("land_payment", "2025-06-25", "2025-06-26T23:59")
    airflow.unpause("land_payment")
    filled = airflow.runs("land_payment", "backfill")
    assert [run["state"] for run in filled] == ["success", "success"], airflow.tails()
    assert [run["logical_date"] for run in filled] == ["2025-06-24T18:30:00Z", "2025-06-25T18:30:00Z"]
    assert landed(warehouse, "payment") == ["2025-06-25", "2025-06-26"]

    airflow.unpause("land_population")
    landing = airflow.finished_run("land_population")
    run_id = landing["dag_run_id"]
    assert landing["state"] == "failed"
    assert landing["run_type"] == "scheduled"
    assert airflow.task_states("land_population", run_id) == {"land": "success", "gate": "failed"}, (
        airflow.tails()
    )
    assert airflow.xcom("land_population", run_id, "land") == [SHORT_DELIVERY]
    assert open_alerts(warehouse) == [("delivery_held", SHORT_DELIVERY)]

    accept(warehouse, SHORT_DELIVERY, "派出所确认：撤并后重报")
    assert open_alerts(warehouse) == []
    airflow.clear_failed("land_population", run_id)
    assert airflow.finished_run("land_population", ("success",))["dag_run_id"] == run_id

    airflow.unpause("build_warehouse")
    build = airflow.finished_run("build_warehouse")
    assert build["state"] == "success", airflow.tails()
    done = dict.fromkeys((*STEPS, "document"), "success")
    assert airflow.task_states("build_warehouse", build["dag_run_id"]) == done
    assert {airflow.xcom("build_warehouse", build["dag_run_id"], step) for step in STEPS} == {1}
    with psycopg.connect(warehouse.address) as connection:
        served = connection.execute(
            "select generation, business_date from pub.current_generation join ops.generation using (generation)"
        ).fetchone()
    assert served == (1, date(2025, 6, 27))
