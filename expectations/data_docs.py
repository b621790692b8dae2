"""Data Docs: what the gates found, as one page that needs no network and names nobody.

Great Expectations' own pages load scripts and styles from the internet and may show values; this
one is drawn from the counts in ``ops.gate_result``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import dict_row

PAGE = "index.html"
TEMPLATE = "data_docs.html.j2"
# Deliveries shown per feed, newest first; all of them stand in ops.gate_result.
SHOWN_DELIVERIES = 30

# A gate may ask about a subject again: the last answer stands.
LAST_ANSWERS = """
select result.* from ops.gate_result as result
inner join (
    select gate, subject, max(checked_at) as checked_at from ops.gate_result group by gate, subject
) as last using (gate, subject, checked_at)
"""

GENERATIONS = f"""
select distinct cast(split_part(subject, ':', 2) as integer) as generation
from ({LAST_ANSWERS}) as result where gate = %s order by 1 desc limit 2
"""

OF_SUBJECT = (
    f"select * from ({LAST_ANSWERS}) as result where gate = %s and subject = %s order by gate_result_id"
)

DELIVERIES = f"""
with result as ({LAST_ANSWERS}),

judged as (
    select
        delivery.*,
        feeds.title_zh,
        count(*) as checked,
        count(*) filter (where not result.success and result.severity = 'critical') as closing,
        count(*) filter (where not result.success and result.severity = 'warning') as warned,
        row_number() over (
            partition by delivery.feed
            order by delivery.business_date desc, delivery.sequence_no desc, delivery.delivery_id desc
        ) as age
    from ops.delivery as delivery
    left join ops.feed as feeds using (feed)
    inner join result on result.gate = 'landing' and result.subject = delivery.delivery_id
    group by delivery.delivery_id, feeds.title_zh
)

select * from judged where age <= %s order by feed, age
"""

CONCERNS = f"""
select * from ({LAST_ANSWERS}) as result
where gate = 'landing' and not success and severity <> 'info' and subject = any(%s) order by gate_result_id
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


def render(connection: psycopg.Connection, folder: Path) -> Path:
    """Write the page into a folder (made where missing) and return its path.

    The same results give the same bytes; the file is replaced whole.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["share"] = lambda value: "" if value is None else f"{value:.2%}"
    environment.filters["change"] = lambda value: "" if value is None else f"{value * 100:+.2f} 个百分点"
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    deliveries = _rows(connection, DELIVERIES, SHOWN_DELIVERIES)
    ids = [row["delivery_id"] for row in deliveries]
    page = environment.get_template(TEMPLATE).render(
        release=_last_generation(connection, "release"),
        anomalies=_last_generation(connection, "anomalies"),
        scorecard=_rows(connection, SCORECARD),
        feeds=_by(deliveries, "feed"),
        concerns=_by(_rows(connection, CONCERNS, ids), "subject"),
        checked_at=_rows(connection, "select max(checked_at) as checked_at from ops.gate_result")[0][
            "checked_at"
        ],
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PAGE
    unfinished = folder / f".{PAGE}.unfinished"
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(path)
    return path


def _rows(connection: psycopg.Connection, query: str, *parameters: object) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), parameters).fetchall()


def _by(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[key], []).append(row)
    return grouped


def _last_generation(connection: psycopg.Connection, gate: str) -> GenerationChecks | None:
    generations = [row["generation"] for row in _rows(connection, GENERATIONS, gate)]
    if not generations:
        return None
    results = [_rows(connection, OF_SUBJECT, gate, f"generation:{generation}") for generation in generations]
    former = {_identity(row): row["unexpected_count"] for row in results[1]} if len(results) > 1 else {}
    return GenerationChecks(
        generations[0], [{**row, "former": former.get(_identity(row))} for row in results[0]]
    )


def _identity(row: Row) -> tuple[str, str | None, str]:
    return row["expectation"], row["column_name"], row["description"]
