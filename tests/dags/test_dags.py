"""The DAGs import, follow the contracts, and do the job when they run."""

import json
import re
import shutil
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from ingestion.contract import CONTRACT_FOLDER, load_contracts
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline import build
from warehouse.pipeline.build import STEPS
from warehouse.pipeline.runs import gate_deliveries, land, last_full_day
from warehouse.verification.audit import check_log, read_anchors

DAGS = Path(__file__).parents[2] / "dags"
LANDING = {f"land_{feed}" for feed in load_contracts()}
MASK = "clean.mask_id_number(id_number)"
# After the last simulated day, so that the run's interval covers all deliveries.
LOGICAL_DATE = datetime(2025, 8, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def dags():
    return dags_of(DAGS)


def dags_of(folder: Path):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(folder))
    assert bag.import_errors == {}
    return bag.dags


def test_one_dag_per_contract_one_that_builds_and_those_that_keep_house(dags):
    assert set(dags) == LANDING | {"build_warehouse", "anchor_log", "retention"}


def test_a_bureau_s_own_contracts_make_its_dags(tmp_path, monkeypatch):
    contracts = tmp_path / "contracts"
    shutil.copytree(CONTRACT_FOLDER, contracts)
    vehicle = (contracts / "shared__vehicle.yml").read_text(encoding="utf-8")
    boat = vehicle.replace("value: vehicle}", "value: boat}").replace("- name: vehicle\n", "- name: boat\n")
    (contracts / "shared__boat.yml").write_text(boat.replace("'0 6 1 * *'", "'15 4 * * *'"), encoding="utf-8")
    monkeypatch.setenv("MINZHENG_BUREAU", str(tmp_path))
    own = dags_of(DAGS)
    assert set(own) == LANDING | {"land_boat", "build_warehouse", "anchor_log", "retention"}
    assert own["land_boat"].timetable.summary == "15 4 * * *"
    assert "accepted_boat" in {asset.name for asset in own["build_warehouse"].get_task("stage").inlets}


def test_what_is_fetched_waits_for_its_hours_then_lands(tmp_path, monkeypatch):
    contracts = tmp_path / "contracts"
    shutil.copytree(CONTRACT_FOLDER, contracts)
    path = contracts / "shared__vehicle.yml"
    vehicle = yaml.safe_load(path.read_text(encoding="utf-8"))
    (inbox,) = vehicle["servers"]
    inbox |= {"path": inbox["path"].replace(f".{inbox['format']}", ".parquet"), "format": "parquet"}
    words = {"table": "T_CL", "tls": "off", "window": "22:00-06:00"}
    vehicle["servers"].append(
        {
            "server": "cgs", "type": "mysql", "host": "db", "port": 3306, "database": "cgs",
            "customProperties": [{"property": word, "value": value} for word, value in words.items()],
        }
    )  # fmt: skip
    layout = ("encoding", "delimiter", "headerLine")
    vehicle["customProperties"] = [
        one for one in vehicle["customProperties"] if one["property"] not in layout
    ]
    path.write_text(yaml.safe_dump(vehicle, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("MINZHENG_BUREAU", str(tmp_path))
    dag = dags_of(DAGS)["land_vehicle"]
    steps = ["may_be_asked", "fetch", "land", "gate"]
    assert [task.task_id for task in dag.topological_sort()] == steps
    assert [dag.get_task(step).pool for step in steps] == ["pulling", "pulling", "landing", "landing"]
    assert dag.get_task("may_be_asked").mode == "reschedule"
    assert dag.get_task("land").trigger_rule == "all_done"


def test_the_graph_leads_from_every_feed_to_what_is_published(dags):
    given = {asset.name for dag_id in LANDING for asset in dags[dag_id].get_task("gate").outlets}
    build = dags["build_warehouse"]
    assert {asset.name for asset in build.get_task("stage").inlets} == given
    assert len(given) == len(LANDING)
    assert [asset.name for asset in build.get_task("publish").outlets] == ["published"]


def test_the_build_shows_its_steps_one_after_another(dags):
    shown = [task.task_id for task in dags["build_warehouse"].topological_sort()]
    assert shown == [*STEPS, "document"]
    for step, following in pairwise(shown):
        assert dags["build_warehouse"].get_task(step).downstream_task_ids == {following}


def test_every_dag_can_be_backfilled_and_is_documented(dags):
    for dag in dags.values():
        assert dag.timetable.can_be_scheduled, dag.dag_id
        assert dag.timetable.summary, dag.dag_id
        assert re.search("[一-鿿]", dag.doc_md), dag.dag_id
        assert re.search("[一-鿿]", dag.dag_display_name), dag.dag_id
        assert dag.tags, dag.dag_id
        assert dag.max_active_runs == 1, dag.dag_id


def test_every_task_has_its_pool_and_tells_its_failure(dags):
    pools = json.loads((DAGS / "pools.json").read_text(encoding="utf-8"))
    for dag in dags.values():
        for task in dag.tasks:
            assert task.pool in pools, task.task_id
            assert task.retries > 0, task.task_id
            assert task.execution_timeout, task.task_id
            assert [callback.__name__ for callback in task.on_failure_callback] == ["tell_failure"]
            assert [callback.__name__ for callback in task.on_success_callback] == ["tell_success"]


def test_an_interval_ends_on_the_day_of_the_bureau():
    """06:30 in Shanghai is still the day before in UTC."""
    assert last_full_day(datetime(2025, 6, 30, 22, 30, tzinfo=UTC)) == date(2025, 6, 30)
    assert last_full_day(None) is None


def test_landing_is_judged_after_it_landed(dags):
    for dag_id in LANDING:
        assert dags[dag_id].get_task("land").downstream_task_ids == {"gate"}


def test_the_log_is_anchored_every_day_by_the_function_of_the_command(
    dags, airflow_database, database, tmp_path, monkeypatch
):
    anchors = tmp_path / "elsewhere" / "anchors.jsonl"
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    monkeypatch.setenv("MINZHENG_AUDIT_ANCHORS", str(anchors))
    settings.cache_clear()
    with database.connect() as connection:
        # before anything is published the answer is a refusal, and logged like any other
        connection.execute("select api_v1.verify('{}')")
    try:
        assert dags["anchor_log"].timetable.summary == "50 23 * * *"
        assert dags["anchor_log"].test(logical_date=LOGICAL_DATE).state == "success"
    finally:
        settings.cache_clear()
    with database.connect() as connection:
        assert check_log(connection, read_anchors(anchors)) == (1, [])
    assert [(anchor.lane, anchor.log_id) for anchor in read_anchors(anchors)] == [(0, 1)]


def build_with_a_closed_gate_on_the_way(dag, database: Warehouse) -> None:
    """Three steps from the command line; the DAG goes on with the same build, fails, and is asked again."""
    begun = build.stage(database)
    build.link(database, begun.build_no)
    build.derive(database, begun.build_no)
    bare, masked = (f"update marts.resident set masked_id_number = {value}" for value in ("id_number", MASK))
    with database.connect() as connection:
        connection.execute(bare.encode())
    closed = dag.test(logical_date=LOGICAL_DATE)
    assert states(closed) == dict.fromkeys(("stage", "link", "derive"), "success") | {
        "judge": "failed", "publish": "upstream_failed", "document": "upstream_failed",
    }  # fmt: skip
    assert open_alerts(database) == [("gate_closed", "generation:1")]
    with database.connect() as connection:
        connection.execute(masked.encode())
    assert set(states(dag.test(logical_date=LOGICAL_DATE)).values()) == {"success"}
    assert open_alerts(database) == []


def states(run) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def open_alerts(database: Warehouse) -> list[tuple[str, str]]:
    with database.connect() as connection:
        return connection.execute(
            "select kind, subject from ops.alert where closed_at is null and kind <> 'late_feed'"
        ).fetchall()


@pytest.mark.builds
def test_the_dags_take_deliveries_to_a_published_generation(
    dags, airflow_database, database, tmp_path, monkeypatch
):
    inbox = tmp_path / "inbox"
    generate(inbox, residents=400, seed=5, days=2)
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    monkeypatch.setenv("MINZHENG_INBOX", str(inbox))
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    try:
        # A run for a past day takes in that day alone.
        past = dags["land_payment"].test(logical_date=datetime(2025, 6, 26, tzinfo=UTC))
        assert past.state == "success"
        with database.connect() as connection:
            days = connection.execute("select business_date from ops.delivery").fetchall()
        assert days == [(date(2025, 6, 25),)]
        for dag_id in ("land_payment", "land_aid_household"):  # lines, and nested members
            assert dags[dag_id].test(logical_date=LOGICAL_DATE).state == "success", dag_id
        # The other DAGs are made from their contracts by the same function.
        land(database, inbox)
        assert gate_deliveries(database) == []
        build_with_a_closed_gate_on_the_way(dags["build_warehouse"], database)
        assert dags["retention"].test(logical_date=LOGICAL_DATE).state == "success"
        assert (settings().docs_dir / "models.html").exists()
    finally:
        settings.cache_clear()
    with database.connect() as connection:
        received, accounted, waiting = connection.execute(
            """
            select sum(received_count), sum(landed_count + rejected_count + repeated_count),
                count(*) filter (where status <> 'accepted')
            from ops.delivery
            """
        ).fetchone()
        served = connection.execute("select generation from pub.current_generation").fetchone()
    assert received == accounted > 0
    assert waiting == 0
    assert served == (1,)
