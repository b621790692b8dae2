"""The page of results: complete offline, in Chinese, and about nobody."""

import re
from datetime import date
from pathlib import Path

from small_warehouse import MARKER_ACCOUNT, MARKER_NAME, MARKER_NUMBER, SERVED, SmallWarehouse
from test_landing_gate import payments

from expectations import data_docs
from expectations.anomalies import gate_anomalies
from expectations.data_docs import render
from expectations.landing import gate_landing
from expectations.release import gate_release
from ingestion.contract import load_contracts


def test_an_empty_warehouse_has_a_page(warehouse: SmallWarehouse, tmp_path: Path) -> None:
    page = render(warehouse.connection, tmp_path / "new" / "folder")
    assert "尚未检查" in page.read_text(encoding="utf-8")


def test_the_page_needs_no_network_and_names_nobody(marts: SmallWarehouse, tmp_path: Path) -> None:
    damaged = payments(60, benefit_code=MARKER_NAME, paid_on=MARKER_ACCOUNT)
    marts.land("payment", "held-one", damaged, rejected=20)
    marts.land("payment", "good-one", payments(60), day=date(2025, 6, 26))
    gate_landing(marts.engine, load_contracts())
    marts.add("marts.resident", {"resident_id": 1, "id_number": MARKER_NUMBER, "died_on": "2025-03-02"})
    marts.add(
        "marts.benefit_month_person",
        {"resident_id": 1, "benefit_code": "GL", "benefit_month": "2025-04-01", "case_no": "GL1"},
    )
    for generation in (1, 2):
        gate_anomalies(marts.engine, generation)
        gate_release(marts.engine, generation, SERVED)
    page = render(marts.connection, tmp_path).read_text(encoding="utf-8")
    of_feed = (tmp_path / "payment.html").read_text(encoding="utf-8")
    for text in (page, of_feed):
        assert not re.search(r"https?:|//|<script|<link|<img|url\(|@import", text)
        for marker in (MARKER_NUMBER, MARKER_NAME, MARKER_ACCOUNT):
            assert marker not in text
    for shown in ("held-one", "good-one", "整份暂扣", "第 2 世代", "死亡次月起不再向本人", "A01"):
        assert shown in page
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "payment.html"}


def test_a_delivery_leads_to_its_checks_and_each_check_to_its_trend(
    warehouse: SmallWarehouse, tmp_path: Path
) -> None:
    for day, damaged in ((25, 0), (26, 30)):
        lines = payments(60)
        for line in lines[:damaged]:
            line["paid_on"] = "unread"
        warehouse.land("payment", f"june-{day}", lines, day=date(2025, 6, day))
    gate_landing(warehouse.engine, load_contracts())
    page = render(warehouse.connection, tmp_path).read_text(encoding="utf-8")
    of_feed = (tmp_path / "payment.html").read_text(encoding="utf-8")
    assert 'href="payment.html#june-26"' in page
    assert 'id="june-26"' in of_feed
    trend = next(row for row in of_feed.split("<tr>") if "发放日期 可读" in row)
    assert 'points="0.0,18.0 100.0,2.0 "' in trend
    assert re.findall(r'count">([0-9.]+%)', trend) == ["50.00%", "0.00%", "50.00%"]


def test_the_last_answer_stands_and_the_page_is_reproducible(marts: SmallWarehouse, tmp_path: Path) -> None:
    marts.add(
        "marts.cremation", {"cremation_no": "H1", "resident_id": 1}, {"cremation_no": "H2", "resident_id": 1}
    )
    gate_anomalies(marts.engine, 1)
    assert "! 1</span>" in render(marts.connection, tmp_path).read_text(encoding="utf-8")
    marts.connection.execute("delete from marts.cremation")
    gate_anomalies(marts.engine, 1)
    first = render(marts.connection, tmp_path).read_bytes()
    assert "! 1</span>" not in first.decode()
    assert render(marts.connection, tmp_path).read_bytes() == first


def test_delivery_ids_cannot_write_html(warehouse: SmallWarehouse, tmp_path: Path) -> None:
    warehouse.land("payment", "<b>odd</b>", payments(60))
    gate_landing(warehouse.engine, load_contracts())
    page = render(warehouse.connection, tmp_path).read_text(encoding="utf-8")
    assert "<b>odd" not in page
    assert "&lt;b&gt;odd" in page


def test_each_system_is_scored_by_month_with_what_changed(warehouse: SmallWarehouse, tmp_path: Path) -> None:
    warehouse.land("payment", "may", payments(100), day=date(2025, 5, 31))
    warehouse.land("payment", "june", payments(90), day=date(2025, 6, 25), rejected=10)
    gate_landing(warehouse.engine, load_contracts())
    rows = warehouse.rows(
        "select month, delivery_count, held_count, round(rejected_share, 4), round(rejected_share_change, 4),"
        " failed_check_count > 0, failed_check_share_change > 0 from ops.source_scorecard order by month"
    )
    assert [tuple(map(str, row)) for row in rows] == [
        ("2025-05-01", "1", "0", "0.0000", "None", "False", "None"),
        ("2025-06-01", "1", "0", "0.1000", "0.1000", "True", "True"),
    ]
    page = render(warehouse.connection, tmp_path).read_text(encoding="utf-8")
    assert "2025-06" in page
    assert "+10.00 个百分点" in page


def test_the_work_follows_what_is_shown_not_the_history(warehouse: SmallWarehouse, tmp_path: Path) -> None:
    def judged(first: int, last: int) -> None:
        """Days of deliveries judged by ten checks each, and as many generations."""
        day = "date '2010-01-01' + n"
        warehouse.connection.execute(
            f"""
            insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256,
                layout_version, received_count, landed_count, rejected_count, repeated_count, status)
            select 'day-' || n, 'assistance', 'payment', {day}, 'full', 1, 'f', 'x', 1, 1, 1, 0, 0, 'accepted'
            from generate_series({first}, {last}) as n;
            insert into ops.gate_result (gate, subject, suite, expectation, severity, success, checked_at)
            select gate, subject || n, 's', 'e' || check_no, 'warning', check_no > 1, {day}
            from generate_series({first}, {last}) as n, generate_series(1, 10) as check_no,
                (values ('landing', 'day-'), ('release', 'generation:'), ('anomalies', 'generation:'))
                as gates (gate, subject);
            """.encode()
        )
        warehouse.connection.execute("analyze ops.delivery, ops.gate_result")

    def rows_read() -> int:
        """Rows of results that the page's own queries look at."""
        plans = [
            plan
            for query, parameters in (
                (data_docs.DELIVERIES, {"shown": 5}),
                (data_docs.CHECKS, {"shown": ["day-100"]}),
                (data_docs.LAST_JUDGED, {"gate": "release"}),
                (data_docs.OF_SUBJECT, {"gate": "release", "subject": "generation:100"}),
                (data_docs.LAST_CHECK, {}),
            )
            for (plan,) in warehouse.connection.execute(
                f"explain (analyze, format json) {query}".encode(), parameters
            ).fetchall()
        ]
        return sum(looked_at(plan[0]["Plan"]) for plan in plans)

    def looked_at(node: dict) -> int:
        own = node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        return (own if "Relation Name" in node else 0) + sum(map(looked_at, node.get("Plans", [])))

    warehouse.land("payment", "registered", payments(5))
    judged(1, 300)
    few = rows_read()
    judged(301, 6000)
    assert rows_read() < 2 * few
    page = data_docs.render(warehouse.connection, tmp_path, shown_deliveries=5).read_text(encoding="utf-8")
    assert [f"day-{n}<" in page for n in (5995, 5996, 6000)] == [False, True, True]
    assert "只列最近 5 份" in page
