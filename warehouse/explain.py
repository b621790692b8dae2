"""One finding told so that an officer can check it: what was asserted, why, and from which lines."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from warehouse.errors import UsageError

FINDING = """
select
    findings.*,
    catalogue.title_zh,
    catalogue.assertion_zh,
    catalogue.legal_basis,
    catalogue.false_positives_zh,
    catalogue.clears_it_zh,
    catalogue.owner_zh,
    residents.masked_id_number,
    clean.mask_name(residents.name) as masked_name
from pub.current_finding as findings
inner join pub.current_anomaly_rule as catalogue using (rule_code)
left join pub.current_resident as residents on findings.subject_resident_id = residents.resident_id
where starts_with(findings.finding_id, %s)
order by findings.finding_id
limit 2
"""


@dataclass(frozen=True)
class SourceLine:
    """A line a finding rests on, as it was received. columns: Chinese header and masked value."""

    feed: str
    delivery_id: str
    line_number: int
    columns: dict[str, str]


@dataclass(frozen=True)
class Explanation:
    finding: dict[str, Any]
    lines: list[SourceLine]


def explain(connection: psycopg.Connection, finding_id: str, most_lines: int = 12) -> Explanation:
    """The finding whose id starts with the text given, with the source lines behind it.

    Values of columns that the contract marks as sensitive are masked. Raises UsageError where
    no finding, or more than one, has such an id.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(FINDING, [finding_id]).fetchall()
        if len(found) != 1:
            problem = "No finding starts" if not found else "More than one finding starts"
            raise UsageError(f"{problem} with {finding_id!r}. `minzheng findings` lists their ids.")
        finding = found[0]
        sources = (finding["evidence"] or {}).get("sources", [])
        lines = [_source_line(cursor, **source) for source in sources[:most_lines]]
    return Explanation(finding, lines)


def _source_line(
    cursor: psycopg.Cursor[dict[str, Any]], feed: str, delivery_id: str, line_number: int
) -> SourceLine:
    from ingestion.contract import load_contracts

    contract = load_contracts()[feed]
    row = cursor.execute(
        sql.SQL("select * from raw.{} where _delivery_id = %s and _line_number = %s").format(
            sql.Identifier(feed)
        ),
        [delivery_id, line_number],
    ).fetchone() or {}  # fmt: skip
    shown = {
        column.header: masked(row.get(column.name), column.classification)
        for column in contract.columns
        if column.type != "nested"
    }
    return SourceLine(
        feed, delivery_id, line_number, {header: value for header, value in shown.items() if value}
    )


def masked(value: str | None, classification: str) -> str:
    """A value as it may be shown to an officer who has not asked for the person's file."""
    if not value or classification in ("none", "health", "income"):
        return value or ""
    if classification == "birth":
        return f"{value[:4]}****"  # beside a masked number the day would give the number away
    if classification == "identity":
        return f"{value[:6]}********{value[-4:]}" if len(value) >= 15 else "****"
    if classification == "name":
        return value[0] + "*" * max(len(value) - 1, 1)
    return "****"
