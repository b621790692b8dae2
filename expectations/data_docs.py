"""Data Docs: what the gates found, as pages that need no network and name nobody.

Great Expectations' own pages load scripts and styles from the internet and may show values; these
are drawn from the counts in ``ops.gate_result``: one of all, and one of each feed with the checks of
each of its deliveries and the trend of each check.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

if TYPE_CHECKING:  # what draws no page needs no templates
    from jinja2 import Environment

PAGE = "index.html"
TEMPLATE = "data_docs.html.j2"
FEED_TEMPLATE = "data_docs_feed.html.j2"
# Every query starts from what is shown and finds its last answer by subject: a gate may ask about a
# subject again. So the work follows what is shown, not the history behind it.
LAST_ANSWER = """
select result.* from ops.gate_result as result
where result.gate = {gate} and result.subject = {subject} and result.checked_at = (
    select max(checked_at) from ops.gate_result where gate = {gate} and subject = {subject}
)
"""

LAST_JUDGED = """
select split_part(subject, ':', 2)::integer as generation from ops.gate_result where gate = %(gate)s
order by checked_at desc limit 1
"""

LAST_CHECK = """
select max(last.checked_at) as checked_at
from unnest(array['landing', 'anomalies', 'release']) as gates (gate)
cross join lateral (
    select checked_at from ops.gate_result where gate_result.gate = gates.gate order by checked_at desc limit 1
) as last
"""

OF_SUBJECT = LAST_ANSWER.format(gate="%(gate)s", subject="%(subject)s") + " order by gate_result_id"

DELIVERIES = f"""
select
    delivery.*,
    feeds.title_zh,
    judged.*
from (select feed, title_zh from ops.feed) as feeds
cross join lateral (
    select * from ops.delivery where delivery.feed = feeds.feed and status <> 'landed'
    order by business_date desc, sequence_no desc, delivery_id desc limit %(shown)s
) as delivery
cross join lateral (
    select
        count(*) as checked,
        count(*) filter (where not success and severity = 'critical') as closing,
        count(*) filter (where not success and severity = 'warning') as warned
    from ({LAST_ANSWER.format(gate="'landing'", subject="delivery.delivery_id")}) as result
) as judged
where judged.checked > 0
order by feed, business_date desc, sequence_no desc, delivery_id desc
"""

CHECKS = f"""
select result.* from unnest(%(shown)s::text[]) as delivery (delivery_id)
cross join lateral ({LAST_ANSWER.format(gate="'landing'", subject="delivery.delivery_id")}) as result
order by gate_result_id
"""

# The last month of each system, with what changed since the month before, and what the system sends.
SCORECARD = """
select * from (
    select distinct on (system) * from ops.source_scorecard order by system, month desc
) as last_month
left join (
    select system, string_agg(title_zh, '、' order by feed) as feeds_zh from ops.feed group by system
) as sent using (system)
order by system
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class GenerationChecks:
    """The last generation a gate judged; ``former`` of a result is the count one generation before."""

    generation: int
    results: list[Row]

    @property
    def closing(self) -> int:
        return sum(1 for row in self.results if not row["success"] and row["severity"] == "critical")

    @property
    def warned(self) -> int:
        return sum(1 for row in self.results if not row["success"] and row["severity"] == "warning")


def render(connection: psycopg.Connection, folder: Path, shown_deliveries: int = 30) -> Path:
    """Write the pages into a folder (made where missing) and return the path of the first.

    shown_deliveries: so many of each feed, the newest first; the page says where the others stand.
    The same results give the same bytes; each file is replaced whole.
    """
    environment = _environment()
    deliveries = _rows(connection, DELIVERIES, shown=shown_deliveries)
    ids = [row["delivery_id"] for row in deliveries]
    checks = _by(_rows(connection, CHECKS, shown=ids), "subject")
    feeds = _by(deliveries, "feed")
    folder.mkdir(parents=True, exist_ok=True)
    for feed, rows in feeds.items():
        of_feed = environment.get_template(FEED_TEMPLATE).render(
            feed=feed,
            title=rows[0]["title_zh"],
            deliveries=rows,
            checks=checks,
            trends=_trends([checks[row["delivery_id"]] for row in reversed(rows)]),
        )
        _replace(folder / f"{feed}.html", of_feed)
    page = environment.get_template(TEMPLATE).render(
        release=_last_generation(connection, "release"),
        anomalies=_last_generation(connection, "anomalies"),
        scorecard=_rows(connection, SCORECARD),
        feeds=feeds,
        concerns={
            delivery_id: concerns
            for delivery_id, results in checks.items()
            if (concerns := [row for row in results if not row["success"] and row["severity"] != "info"])
        },
        shown_deliveries=shown_deliveries,
        checked_at=_rows(connection, LAST_CHECK)[0]["checked_at"],
    )
    return _replace(folder / PAGE, page)


def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["share"] = lambda value: "" if value is None else f"{value:.2%}"
    environment.filters["change"] = lambda value: "" if value is None else f"{value * 100:+.2f} 个百分点"
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    return environment


def _replace(path: Path, page: str) -> Path:
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(page, encoding="utf-8")
    return unfinished.replace(path)


def _trends(deliveries: list[list[Row]]) -> list[Row]:
    """Each check of a feed with what it found in one delivery after the other, the oldest first.

    A check whose limit is worked out from the delivery before keeps its description, and is one.
    """
    trends: dict[tuple[str, str | None, str], Row] = {}
    for results in deliveries:
        for row in results:
            kept = trends.setdefault(_identity(row), {**row, "measured": [], "is_share": False})
            if row["element_count"] and row["unexpected_count"] is not None:
                kept["measured"].append(row["unexpected_count"] / row["element_count"])
                kept["is_share"] = True
            else:
                kept["measured"].append((row["observed"] or {}).get("value"))
    return list(trends.values())


def _rows(connection: psycopg.Connection, query: str, **parameters: object) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), parameters).fetchall()


def _by(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[key], []).append(row)
    return grouped


def _last_generation(connection: psycopg.Connection, gate: str) -> GenerationChecks | None:
    judged = _rows(connection, LAST_JUDGED, gate=gate)
    if not judged:
        return None
    generation = judged[0]["generation"]
    results, before = (
        _rows(connection, OF_SUBJECT, gate=gate, subject=f"generation:{number}")
        for number in (generation, generation - 1)
    )
    former = {_identity(row): row["unexpected_count"] for row in before}
    return GenerationChecks(generation, [{**row, "former": former.get(_identity(row))} for row in results])


def _identity(row: Row) -> tuple[str, str | None, str]:
    return row["expectation"], row["column_name"], row["description"]
