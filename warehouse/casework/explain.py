"""One finding told so that an officer can check it: what was asserted, why, and from which lines."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from linkage.review import mention_key
from warehouse.database.errors import UsageError
from warehouse.verification.purposes import note_lookup

FINDING = "select * from api_v1.findings(%s, %s, null, null, null, 2)"

FINDING_DECISIONS = "select * from api_v1.finding_decisions(%s, %s)"

MAY_READ_LINES = "select has_schema_privilege('raw', 'usage')"

MENTION = """
select
    links.feed, links.delivery_id, links.line_number, links.method, links.match_score, links.reasons,
    links.resident_id,
    mentions.id_number_note,
    clean.mask_name(mentions.name) as masked_name,
    clean.mask_id_number(identities.id_number) as masked_id_number
from ops.person_link as links
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
left join ops.resident_identity as identities using (resident_id)
where links.delivery_id = %s and links.line_number = %s and links.role = %s
"""

RIVALS = """
select
    review.resident_id, review.kind, review.match_score, review.reasons,
    clean.mask_id_number(identities.id_number) as masked_id_number
from ops.identity_review as review
inner join ops.resident_identity as identities using (resident_id)
where review.delivery_id = %s and review.line_number = %s and review.role = %s
order by review.match_score desc, review.resident_id
"""

DECISIONS = """
select resident_id, decision, decided_by, decided_login, decided_at, note
from ops.identity_decision
where delivery_id = %s and line_number = %s and role = %s
order by decision_id
"""

MOVES = """
select happened_at, kind, before_resident_id, after_resident_id, method
from ops.identity_event
where delivery_id = %s and line_number = %s and role = %s
order by event_id
"""


LINE = """
select jsonb_object_agg(cell.key, clean.masked(cell.value, class.value)) as shown
from raw.{} as line
cross join lateral jsonb_each_text(to_jsonb(line)) as cell
inner join jsonb_each_text(%s) as class on cell.key = class.key
where line._delivery_id = %s and line._line_number = %s
having count(*) > 0
"""


@dataclass(frozen=True)
class SourceLine:
    """A line a finding rests on, as it was received. columns: Chinese header and masked value; null where the
    login may not read it."""

    feed: str
    delivery_id: str
    line_number: int
    columns: dict[str, str] | None


@dataclass(frozen=True)
class Explanation:
    """A finding, what was decided on it (the latest word last), and the lines behind it."""

    finding: dict[str, Any]
    decisions: list[dict[str, Any]]
    lines: list[SourceLine]


@dataclass(frozen=True)
class MentionExplanation:
    """Whom a mention was taken for and why, who else it could be, what people said, what moved."""

    mention: dict[str, Any]
    rivals: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    line: SourceLine


def explain(
    connection: psycopg.Connection, finding_id: str, purpose: str, most_lines: int = 12
) -> Explanation:
    """The finding whose id starts with the text given, with the source lines behind it; logged with its purpose.

    Values of columns that the contract marks as sensitive are masked. A login that may not read what was
    received is told where the lines are, not what they say. Raises UsageError where no finding of the login's
    divisions, or more than one, has such an id.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(FINDING, [purpose, finding_id]).fetchall()
        if len(found) != 1:
            chinese, problem = (
                ("不止一条疑点", "More than one finding starts")
                if found
                else ("本登录的区划中没有疑点", "No finding starts")
            )
            raise UsageError(
                f"{chinese}的编号以 {finding_id!r} 开头，编号见 `minzheng findings`。 "
                f"{problem} with {finding_id!r}. `minzheng findings` lists their ids."
            )
        finding = found[0]
        sources = (finding["evidence"] or {}).get("sources", [])
        may_read = cursor.execute(MAY_READ_LINES).fetchone() == {"has_schema_privilege": True}
        look_up = _source_line if may_read else _place_of_line
        lines = [look_up(cursor, **source) for source in sources[:most_lines]]
        decisions = cursor.execute(FINDING_DECISIONS, [finding["finding_id"], purpose]).fetchall()
    return Explanation(finding, decisions, lines)


def explain_mention(connection: psycopg.Connection, mention: str, purpose: str) -> MentionExplanation:
    """One mention, named ``DELIVERY:LINE:ROLE``, people masked; logged with its purpose, of whoever it is or
    could be. Raises UsageError where there is none."""
    key = mention_key(mention)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(MENTION, key).fetchone()
        if not found:
            raise UsageError(
                f"没有提及 {mention}。 No mention {mention}. `minzheng review list` shows how they are written."
            )
        rivals, decisions, moves = (
            cursor.execute(query, key).fetchall() for query in (RIVALS, DECISIONS, MOVES)
        )
        line = _source_line(cursor, found["feed"], found["delivery_id"], found["line_number"])
    shown = [row["resident_id"] for row in (found, *rivals) if row["resident_id"] is not None]
    note_lookup(connection, "explain_mention", purpose, {"mention": mention}, shown)
    return MentionExplanation(found, rivals, decisions, moves, line)


def _source_line(
    cursor: psycopg.Cursor[dict[str, Any]], feed: str, delivery_id: str, line_number: int
) -> SourceLine:
    from ingestion.contract import load_contracts

    contract = load_contracts()[feed]
    classes = {column.name: column.classification for column in contract.columns if column.type != "nested"}
    row = cursor.execute(
        sql.SQL(LINE).format(sql.Identifier(feed)), [Jsonb(classes), delivery_id, line_number]
    ).fetchone()
    shown = {column.header: row["shown"].get(column.name) for column in contract.columns} if row else {}
    return SourceLine(
        feed, delivery_id, line_number, {header: value for header, value in shown.items() if value}
    )


def _place_of_line(_: object, feed: str, delivery_id: str, line_number: int) -> SourceLine:
    return SourceLine(feed, delivery_id, line_number, None)
