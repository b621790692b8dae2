"""The golden town of a bureau whose two districts have vendors of their own, with a rule, a parameter and divisions
of its own, and a department that never changed the codes of its divisions."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import golden_town
import psycopg
import pytest
import small_inbox
from golden_town import DAY, URBAN, write_town
from small_inbox import SmallInbox, line

from ingestion.contract import CONTRACT_FOLDER, load_contract
from warehouse.bureau.examine import examine
from warehouse.bureau.new import lay_out
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.pipeline.runs import run

pytestmark = pytest.mark.builds

GUIDE = (PROJECT_ROOT / "docs" / "new_bureau.md").read_text(encoding="utf-8")
FORMER, DAYE = "420221", "420281"  # 大冶县 is 大冶市 since 1994
ZONE = "420299"
LIST = (
    "code,name,parent,valid_from,valid_to,successor\n"
    f"{ZONE},新港园区,420200,2024-05-01,,\n{ZONE}001,港前街道,{ZONE},2024-05-01,,\n"
)
VEHICLES = "{record: vehicle, map: {assessed_yuan: assessed_wan_yuan}}"


def rule_of_the_guide(folder: Path) -> None:
    """The rule as the guide has it, with an amount that the households of the town are above."""
    page = GUIDE.partition('<a id="a-rule-of-your-own"></a>')[2]
    row, parameter, sql, tests = re.findall(
        r"^```(?:csv|sql|yaml)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    for file, text in (("rules/anomaly_rule.csv", row), ("parameters/rule_parameter.csv", parameter)):
        with (folder / file).open("a", encoding="utf-8") as lines:
            lines.write(text.replace(",2000,yuan", ",499.99,yuan"))
    (folder / "rules" / "x01_high_amount.sql").write_text(sql, encoding="utf-8")
    (folder / "rules" / "x01.yml").write_text(tests, encoding="utf-8")


def two_vendors(contracts: Path) -> None:
    """Vehicles of each district from its own traffic police."""
    for path in CONTRACT_FOLDER.glob("*.yml"):
        shutil.copy(path, contracts)
    text = (contracts / "shared__vehicle.yml").read_text(encoding="utf-8")
    covers = "customProperties:\n  - {property: divisions, value: [%s]}"
    (contracts / "shared__vehicle.yml").write_text(
        text.replace("customProperties:", covers % URBAN, 1), encoding="utf-8"
    )
    (contracts / "shared__vehicle_b.yml").write_text(
        text.replace("customProperties:", covers % DAYE, 1)
        .replace("feed, value: vehicle}", "feed, value: vehicle_b}")
        .replace("shared.vehicle", "shared.vehicle_b")
        .replace("shared/vehicle/{YYYYMMDD}/vehicle_", "shared/vehicle_b/{YYYYMMDD}/vehicle_b_")
        .replace("  - name: vehicle\n", "  - name: vehicle_b\n")
        .replace("name: 机动车\n", "name: 大冶机动车\n", 1)
        .replace(VEHICLES, VEHICLES.replace("vehicle,", "vehicle, numbering: b,")),
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, new_database: Any) -> Iterator[Warehouse]:
    home = tmp_path_factory.mktemp("own")
    folder, inbox = home / "bureau", home / "inbox"
    lay_out(folder)
    rule_of_the_guide(folder)
    (folder / "divisions.csv").write_text(LIST, encoding="utf-8")
    two_vendors(folder / "contracts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_BUREAU", str(folder))
        patch.setenv("MINZHENG_HOME", str(home))
        settings.cache_clear()
        assert examine(folder).faults == ()
        patch.setattr(golden_town, "RURAL", FORMER)
        late = load_contract(folder / "contracts" / "shared__vehicle_b.yml")
        patch.setitem(small_inbox.CONTRACTS, "vehicle_b", late)
        write_town(inbox)
        SmallInbox(inbox).add(
            "vehicle_b",
            [line("vehicle_b", 1, plate_no="鄂BB0001", assessed_wan_yuan="3")],
            day=DAY - timedelta(days=40),
        )
        database = new_database(None)
        assert run(database, inbox).publication is not None
        yield database
    settings.cache_clear()


@pytest.fixture(scope="module")
def warehouse(town: Warehouse) -> Iterator[psycopg.Connection]:
    with town.connect() as connection:
        yield connection


def judged(connection: psycopg.Connection, rule: str) -> dict[tuple[str, str], int]:
    """How many a rule judged, by division and outcome, whoever is not resolved apart."""
    return {
        (division, outcome): count
        for division, outcome, count in connection.execute(
            "select division_code, outcome, count(*) from rules.rule_result"
            " where rule_code = %s and coalesce(evidence -> 'facts' ->> 'reason', '') <> 'identity_unresolved'"
            " group by 1, 2",
            [rule],
        ).fetchall()
    }


def test_a_household_is_judged_by_the_sender_of_its_division(warehouse: psycopg.Connection) -> None:
    vehicles = judged(warehouse, "D02")
    assert {outcome for division, outcome in vehicles if division == URBAN} <= {"clear", "hit"}
    assert {outcome for division, outcome in vehicles if division == DAYE} == {"not_assessable"}
    assert {division for division, _ in vehicles} == {URBAN, DAYE}
    facts = warehouse.execute(
        "select distinct evidence -> 'facts' from rules.finding where rule_code = 'D02' and division_code = %s"
        " and subject_resident_id is not null",
        [DAYE],
    ).fetchall()
    assert facts == [({"reason": "source_missing_or_stale", "late_sources": "大冶机动车"},)]
    # What one sender serves for all counts for all.
    assert "not_assessable" not in {outcome for _, outcome in judged(warehouse, "D01")}


def test_means_know_the_vehicles_of_their_division_only(warehouse: psycopg.Connection) -> None:
    outcomes = warehouse.execute(
        "select distinct division_code, test ->> 'outcome' = 'not_assessable' from marts.household_means"
        " cross join jsonb_array_elements(property_tests) as test"
        " where household_kind = 'aid' and test ->> 'test' = 'vehicle' and member_count = resolved_member_count"
    ).fetchall()
    assert set(outcomes) == {(URBAN, False), (DAYE, True)}


def test_sources_are_told_by_division(warehouse: psycopg.Connection) -> None:
    told = dict(warehouse.execute("select feed, divisions from api_v1.source_freshness").fetchall())
    assert told["company"] == []
    assert [
        (each["division_code"], each["title_zh"], each["last_business_date"]) for each in told["vehicle"]
    ] == [
        ("000000", "大冶机动车、机动车", None),
        (URBAN, "机动车", "2025-06-30"),
        (DAYE, "大冶机动车", "2025-05-21"),
    ]
    stale = {
        (division, feed): is_stale
        for feed, division, is_stale in warehouse.execute(
            "select feed, division_code, is_stale from pub.source_freshness_in(1, '2025-07-01', %s)",
            [[URBAN, DAYE, "420299"]],
        ).fetchall()
    }
    assert not stale[URBAN, "vehicle"]
    assert stale[DAYE, "vehicle"]
    assert stale["420299", "vehicle"]
    assert not any(is_stale for (_, feed), is_stale in stale.items() if feed == "company")


def test_a_former_code_is_read_as_the_one_in_force(warehouse: psycopg.Connection) -> None:
    households = warehouse.execute(
        "select distinct division_code, stated_division_code from intermediate.int_aid_household_latest order by 1"
    ).fetchall()
    assert households == [(URBAN, URBAN), (DAYE, FORMER)]
    assert warehouse.execute(
        "select distinct standard_yuan from marts.household_means where division_code = %s and household_kind = 'aid'",
        [DAYE],
    ).fetchall() == [(540,)]
    for mart in ("resident", "aid_household", "benefit_standard"):
        found = warehouse.execute(
            f"select count(*) from marts.{mart} where division_code = %s", [FORMER]
        ).fetchone()
        assert found == (0,), mart
    assert warehouse.execute("select verification.division_read_as(%s, 1)", [FORMER]).fetchone() == (DAYE,)


def test_the_bureau_s_own_divisions_have_names(warehouse: psycopg.Connection) -> None:
    assert warehouse.execute(
        "select division_code, full_name_zh from pub.current_division where division_code like %s order by 1",
        [f"{ZONE}%"],
    ).fetchall() == [(ZONE, "湖北省黄石市新港园区"), (f"{ZONE}001", "湖北省黄石市新港园区港前街道")]


def test_the_bureau_s_own_rule_finds_and_is_published(warehouse: psycopg.Connection, town: Warehouse) -> None:
    assert {outcome for _, outcome in judged(warehouse, "X01")} == {"hit"}
    with town.connect("dw_owner") as connection:
        published = connection.execute(
            "select title_zh, count(*) from pub.current_finding inner join pub.current_anomaly_rule using (rule_code)"
            " where rule_code = 'X01' group by 1"
        ).fetchall()
    assert published == [("低保金额偏高", 10)]
