"""The ten questions of docs/analysts.md, as an analyst asks them, against what pandas makes of the delivered files.

The town is of another seed than the demo's, and its deliveries have faults of all kinds. Who a line is about is the
town's own truth; its linkage finds everybody whom these questions ask for, so that every figure is the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from delivered_town import DeliveredTown, band
from psycopg.rows import dict_row
from town import THROUGH, Town

from ingestion.contract import load_contracts
from lab.simulator import generate
from warehouse.database.code import FOLDER
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT
from warehouse.pipeline.runs import run
from warehouse.seeds import code_titles

pytestmark = pytest.mark.builds

GUIDE = (PROJECT_ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
QUESTIONS = dict(
    re.findall(r'^<a id="([\w-]+)"></a>\n\n### .*?^```sql\n(.*?)^```$', GUIDE, re.MULTILINE | re.DOTALL)
)
RESULTS = dict(
    re.findall(r'^<a id="([\w-]+)"></a>\n\n### .*?^```\n\n(\|.*?)\n\n', GUIDE, re.MULTILINE | re.DOTALL)
)
BENEFITS = code_titles("codes/code_value", "benefit")

Figures = dict[tuple, Any]


@pytest.fixture(scope="module")
def delivered(town: Town) -> DeliveredTown:
    return DeliveredTown(town.inbox, THROUGH.isoformat())


@pytest.fixture(scope="module")
def database(town: Town, new_database: Callable[..., Warehouse]) -> Warehouse:
    return new_database(town.after("publish"))


@contextmanager
def analyst_of(database: Warehouse) -> Iterator[psycopg.Connection]:
    """Somebody who sees all divisions and has no other right."""
    name = f"analyst_{database.parameters['dbname']}"
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"create role {name} login password 'test' in role analyst".encode())
        admin.execute("insert into ops.division_scope values (%s, '*')", [name])
        login = database.at(username=name, password="test")
        with closing(psycopg.connect(login.address, autocommit=True, row_factory=dict_row)) as connection:
            yield connection
        admin.execute(f"drop owned by {name}; drop role {name}".encode())


@pytest.fixture(scope="module")
def analyst(database: Warehouse) -> Iterator[psycopg.Connection]:
    with analyst_of(database) as connection:
        yield connection


@pytest.fixture(scope="module")
def names(analyst: psycopg.Connection) -> dict[str, str]:
    """Names of divisions by code."""
    rows = analyst.execute("select division_code, name_zh from analytics.division").fetchall()
    return {row["division_code"]: row["name_zh"] for row in rows}


def answer(analyst: psycopg.Connection, question: str, *key: str, figure: str) -> Figures:
    """The answer to a question: one figure by some of its columns."""
    rows = analyst.execute(QUESTIONS[question].encode()).fetchall()
    found = {tuple(row[column] for column in key): row[figure] for row in rows}
    assert len(found) == len(rows) > 0
    return found


def counted(frame: pd.DataFrame, *key: str) -> Figures:
    return dict(Counter(frame[list(key)].itertuples(index=False, name=None)))


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10
    assert QUESTIONS.keys() == RESULTS.keys()


def test_the_guide_lists_every_view() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", GUIDE.partition('<a id="questions">')[0], re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in (FOLDER / "analytics").glob("*.sql"))


@pytest.mark.soak  # a town of the demo's size
def test_the_guide_shows_what_the_demo_answers(
    new_database: Callable[..., Warehouse], migrated: Warehouse, tmp_path: Path
) -> None:
    demo = new_database(migrated)
    generate(tmp_path / "demo", residents=10_000, seed=1)
    run(demo, tmp_path / "demo")
    with analyst_of(demo) as analyst:
        for question, statement in QUESTIONS.items():
            rows = analyst.execute(statement.encode()).fetchall()
            head, _, *shown = RESULTS[question].splitlines()
            goes_on = shown[-1].startswith("| … |")
            assert head == as_line(f"`{name}`" for name in rows[0]), question
            assert shown[: len(shown) - goes_on] == [
                as_line("" if value is None else str(value) for value in row.values())
                for row in (rows[: len(shown) - 1] if goes_on else rows)
            ], question


def scans(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Tables that a plan reads, and how often."""
    if "Relation Name" in node:
        yield node["Relation Name"], node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_read_again_for_every_row(analyst: psycopg.Connection, question: str) -> None:
    explained = analyst.execute(f"explain (analyze, format json) {QUESTIONS[question]}".encode()).fetchone()
    assert explained is not None
    read = list(scans(explained["QUERY PLAN"][0]["Plan"]))
    assert read
    assert [(table, times) for table, times in read if times > 1] == []


def test_whom_nobody_asks_about_is_not_read(analyst: psycopg.Connection) -> None:
    """Names of divisions and what is known of people are joined for those columns alone: all people are many."""
    for asked, read in (("sum(paid_share_yuan)", False), ("max(division_zh), max(age_band)", True)):
        statement = f"explain (analyze, format json) select {asked} from analytics.benefit_person_month"
        explained = analyst.execute(statement.encode()).fetchone()
        assert explained is not None
        tables = {table for table, _ in scans(explained["QUERY PLAN"][0]["Plan"])}
        assert ({"division", "resident"} <= tables) is read
        assert ({"division", "resident"} & tables != set()) is read


@pytest.mark.parametrize(
    ("metric", "question", "figure"),
    [
        ("residents", "residents", "people"),
        ("people_80", "coverage", "people"),
        ("people_80_with_allowance", "coverage", "with_allowance"),
        ("cases", "households", "cases"),
        ("spending", "spending", "paid_yuan"),
        ("days_after_death", "after-death", "benefit_days"),
        ("missed", "missed", "hits"),
        ("households_near_the_limit", "near-the-limit", "households"),
    ],
)
def test_a_metric_is_the_figure_of_its_question(
    analyst: psycopg.Connection, metric: str, question: str, figure: str
) -> None:
    """All months and divisions together; the questions tell months and kinds apart as the metrics do."""
    since = "2023-07-01"  # the first month of the question about households
    quoted = analyst.execute(
        "select sum(value) as value from analytics.metric where metric = %s and month >= %s", [metric, since]
    ).fetchone()
    rows = analyst.execute(QUESTIONS[question].encode()).fetchall()
    told = sum(row[figure] for row in rows if str(row.get("benefit_month", since)) >= since)
    assert quoted is not None
    assert quoted["value"] == told > 0


def as_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def test_residents(analyst: psycopg.Connection, delivered: DeliveredTown) -> None:
    people = delivered.registered[delivered.registered["is_living"]]
    people = people.assign(band=people["age"].map(band))
    answered = answer(analyst, "residents", "street_code", "age_band", "sex_zh", figure="people")
    assert answered == counted(people, "street", "band", "sex")


def test_households_and_spending(
    analyst: psycopg.Connection, delivered: DeliveredTown, names: dict[str, str]
) -> None:
    """To the cent: whom a payment is to plays no part."""
    months = delivered.case_months.assign(
        zone=delivered.case_months["division"].map(names),
        benefit=delivered.case_months["benefit"].map(BENEFITS),
        month=delivered.case_months["month"].dt.date,
    )
    key = ("benefit_month", "division_zh", "benefit_zh")
    spent = months.groupby(["month", "zone", "benefit"])["paid"].sum()
    answered = answer(analyst, "spending", *key, figure="paid_yuan")
    assert {place: float(yuan) for place, yuan in answered.items() if yuan} == spent.round(2).to_dict()
    recent = months[months["month"] > THROUGH.replace(year=THROUGH.year - 2, day=1)]
    assert answer(analyst, "households", *key, figure="cases") == counted(recent, "month", "zone", "benefit")


def test_coverage(analyst: psycopg.Connection, delivered: DeliveredTown, names: dict[str, str]) -> None:
    entitled = delivered.standing("assistance/entitlement", ["待遇编号"])
    ends = pd.to_datetime(entitled["终止日期"].where(entitled["终止日期"] != ""))
    drawing = entitled[(entitled["待遇类别"] == "GL") & (ends.isna() | (ends > delivered.day))]
    people = delivered.registered.query("is_living and age >= 80")
    people = people.assign(zone=people["division"].map(names))
    with_allowance = people[people["uid"].isin(drawing["uid_person"])]
    assert 0 < len(with_allowance) < len(people)
    assert answer(analyst, "coverage", "division_zh", figure="people") == counted(people, "zone")
    assert answer(analyst, "coverage", "division_zh", figure="with_allowance") == {
        place: counted(with_allowance, "zone").get(place, 0) for place in counted(people, "zone")
    }


def test_overlap(analyst: psycopg.Connection, delivered: DeliveredTown) -> None:
    month = delivered.person_months[delivered.person_months["month"] == "2025-05-01"]
    together = Counter(
        (BENEFITS[one], BENEFITS[other])
        for _, benefits in month.groupby("uid")["benefit"]
        for one, other in combinations(sorted(set(benefits)), 2)
    )
    assert answer(analyst, "overlap", "benefit_zh", "other_benefit_zh", figure="people") == dict(together)


def test_days_after_death(
    analyst: psycopg.Connection, delivered: DeliveredTown, names: dict[str, str]
) -> None:
    months = delivered.person_months.assign(died=delivered.person_months["uid"].map(delivered.deaths))
    late = months[months["month"] > months["died"]]
    late = late.assign(
        zone=late["division"].map(names), year=late["month"].dt.year, days=late["month"].dt.days_in_month
    )
    answered = answer(analyst, "after-death", "division_zh", "year", figure="benefit_days")
    assert answered == late.groupby(["zone", "year"])["days"].sum().to_dict()


def test_marriages(analyst: psycopg.Connection, delivered: DeliveredTown) -> None:
    events = delivered.registrations.assign(
        year=delivered.registrations["on"].dt.year, age=delivered.registrations["husband_age"] // 10 * 10
    )
    key = ("year", "event_type", "office_code", "husband_age_from")
    assert answer(analyst, "marriages", *key, figure="registrations") == counted(
        events, "year", "kind", "office", "age"
    )


def test_missed(analyst: psycopg.Connection, delivered: DeliveredTown, names: dict[str, str]) -> None:
    """The town says who is missed of three benefits; of aid as a whole (F04) it says nothing."""
    hits = pd.read_csv(delivered.inbox / "truth" / "anomaly.csv", dtype=str)
    hits = hits[(hits["label"] == "hit") & hits["rule_code"].isin(["F01", "F02", "F03"])]
    rows = analyst.execute("select rule_code, title_zh from analytics.coverage").fetchall()
    titles = {row["rule_code"]: row["title_zh"] for row in rows}
    hits = hits.assign(
        title=hits["rule_code"].map(titles),
        zone=hits["person_uid"].map(delivered.people["division"]).map(names),
    )
    answered = answer(analyst, "missed", "title_zh", "division_zh", figure="hits")
    assert {
        place: number for place, number in answered.items() if number and place[0] != titles["F04"]
    } == counted(hits, "title", "zone")


def test_quality(analyst: psycopg.Connection, delivered: DeliveredTown) -> None:
    """Lines received; the file of standards comes without a manifest."""
    titles = {contract.feed: contract.title for contract in load_contracts().values()}
    received = {(titles[feed], month): lines for (feed, month), lines in delivered.received.items()}
    answered = answer(analyst, "quality", "feed_zh", "month", figure="received_count")
    assert {
        place: lines for place, lines in answered.items() if place[0] != titles["benefit_standard"]
    } == received


def test_near_the_limit(analyst: psycopg.Connection, delivered: DeliveredTown, names: dict[str, str]) -> None:
    """Of household books, each of which is worked out again: those near the limit are few in a small town."""
    books = delivered.book_multiples
    rows = analyst.execute(
        "select household_no, distance_share + 1 as multiple from analytics.means where household_kind = 'registered'"
    ).fetchall()
    assert {row["household_no"]: float(row["multiple"]) for row in rows} == pytest.approx(
        dict(zip(books["book"], books["multiple"], strict=True)), abs=1e-3
    )
    near = books[(books["multiple"] - 1).abs() <= 0.1]
    near = near.assign(zone=near["division"].map(names))
    answered = answer(
        analyst, "near-the-limit", "household_kind_zh", "aid_type_zh", "division_zh", figure="households"
    )
    assert {zone: number for (kind, _, zone), number in answered.items() if kind.startswith("登记户")} == {
        zone: number for (zone,), number in counted(near, "zone").items()
    }
