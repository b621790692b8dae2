"""交付与整改: the calendar of deliveries, a delivery's checks, and who may take return lists away."""

from datetime import date

import psycopg
from at_the_desk import Visitor
from hand_made_family import Family

from ingestion.contract import load_contracts
from warehouse.casework.deliveries import calendar

FEED, GONE = "payment", "cremation"


def deliver(family: Family, feed: str, day: int, landed: int, status: str = "accepted") -> str:
    delivery_id = f"{feed}_202506{day:02}_delta_01"
    family.execute(
        "insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256,"
        " layout_version, received_count, landed_count, rejected_count, repeated_count, status, landed_at)"
        " values (%s, 'assistance', %s, %s, 'delta', 1, 'f.csv', %s, 1, 10, 8, 2, 0, %s, %s)",
        [delivery_id, feed, date(2025, 6, day), delivery_id, status, f"2025-06-{landed:02} 04:00+08"],
    )
    return delivery_id


def check(family: Family, delivery_id: str, unexpected: int, at: str) -> None:
    family.execute(
        "insert into ops.gate_result (gate, subject, suite, expectation, description, severity, success,"
        " element_count, unexpected_count, checked_at)"
        " values ('landing', %s, 's', 'e', '可读的行', 'warning', %s, 10, %s, %s)",
        [delivery_id, not unexpected, unexpected, at],
    )


def test_a_delivery_leads_to_its_checks_and_their_trend(
    family: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    for feed in (FEED, GONE):
        family.execute(
            "insert into ops.feed (feed, system, title_zh, owner, stale_after_days) values (%s, 'assistance', %s,"
            " '规划财务科', 3) on conflict (feed) do update set stale_after_days = 3, title_zh = excluded.title_zh",
            [feed, feed],
        )
    first = deliver(family, FEED, 2, 3)
    deliver(family, FEED, 3, 9)
    deliver(family, FEED, 4, 5, "held")
    last = deliver(family, FEED, 6, 7)
    deliver(family, GONE, 6, 7, "withdrawn")
    check(family, first, 1, "2025-06-03 05:00+08")
    check(family, last, 5, "2025-06-07 05:00+08")
    check(family, last, 4, "2025-06-07 06:00+08")
    family.execute(
        "insert into ops.rejected_row (delivery_id, line_number, reason_code, column_name, raw_line)"
        " values (%s, 3, 'unreadable_date', '发放日期', '张三,420203198001010017')",
        [last],
    )
    family.execute(
        "insert into ops.rejected_delivery (delivery_id, sha256, system, feed, business_date, file_name, reason_code,"
        " reason) values ('x', 'x', 'assistance', %s, '2025-06-05', 'f.csv', 'header', '表头与约定不符')",
        [FEED],
    )
    connection.commit()
    connection.execute(f"set session authorization {officer.login}".encode())
    month, sources = calendar(connection, load_contracts())
    connection.execute("reset session authorization")
    connection.commit()
    states = {source.feed: [day.state for day in source.days[:7]] for source in sources}
    assert month == date(2025, 6, 1)
    assert states[FEED] == [None, "came", "late", "held", "refused", "came", None]
    assert states[GONE][5] == "withdrawn"
    officer.enter()
    page = officer.get("/deliveries").text
    assert "表头与约定不符" in page
    assert "/deliveries/return-list/" not in page
    assert "救助家庭、个人待遇" in page, "a system is called by its feeds"
    assert officer.get("/deliveries?month=2025-07").status_code == 200
    assert officer.get("/deliveries?month=2025-13").status_code == 400
    one = officer.get(f"/deliveries/{last}").text
    assert "不符比例由 10.00% 到 40.00%，共 2 次交付" in one, "a gate may ask again: the last answer stands"
    assert "日期无法识别" in one
    assert "420203198001010017" not in one
    assert officer.get("/deliveries/nothing").status_code == 404
    assert officer.get(f"/deliveries/return-list/{FEED}").status_code == 404, "not a loader"
