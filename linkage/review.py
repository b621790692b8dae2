"""What people decide about a mention and a resident: kept for ever, and stronger than any inference."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from ingestion.errors import IngestionError
from ingestion.free_text import holds_id_number, is_blank
from ingestion.office_files import code_of, filled_in, own_file

LONGEST_LINE_NUMBER = 9  # digits
LONGEST_NOTE = 2000  # as in verification.want_words
SHEET = ("mention", "resident_id", "name", "id_number", "kind", "score", "reasons", "decision", "note")
KINDS = {"name_conflict": "号码相同姓名不同", "near_tie": "两人难分", "grey": "把握不足"}
DECISIONS = {"same": "是同一人", "different": "不是同一人", "undecided": "暂不能定"}

# The latest word on every pair; of several residents called the same, the latest.
DECIDED = """
create temporary table decided on commit drop as
select delivery_id || ':' || line_number || ':' || role as mention_id, latest.*
from (
    select distinct on (delivery_id, line_number, role, resident_id) *
    from ops.identity_decision
    order by delivery_id, line_number, role, resident_id, decision_id desc
) as latest;
delete from decided
where
    decision = 'same'
    and exists (
        select 1 from decided as later
        where
            later.mention_id = decided.mention_id and later.decision = 'same'
            and later.decision_id > decided.decision_id
    );
"""

LIST = """
select
    review.delivery_id || ':' || review.line_number || ':' || review.role as mention,
    review.resident_id,
    review.kind,
    review.match_score as score,
    review.reasons,
    clean.mask_name(mentions.name) as masked_name,
    clean.mask_id_number(identities.id_number) as masked_id_number,
    latest.decision,
    coalesce(latest.deciders, 0) as deciders,
    latest.logins,
    latest.note
from ops.identity_review as review
inner join ops.resident_identity as identities using (resident_id)
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
left join lateral (
    select
        (array_agg(made.decision order by made.decision_id desc))[1] as decision,
        (array_agg(made.note order by made.decision_id desc))[1] as note,
        count(distinct lower(clean.compact(made.decided_by))) filter (where made.decision = last.decision) as deciders,
        case when bool_and(made.decided_login is not null) filter (where made.decision = last.decision)
            then count(distinct made.decided_login) filter (where made.decision = last.decision)
        end as logins
    from ops.identity_decision as made
    cross join lateral (
        select newest.decision from ops.identity_decision as newest
        where (newest.delivery_id, newest.line_number, newest.role, newest.resident_id)
            = (review.delivery_id, review.line_number, review.role, review.resident_id)
        order by newest.decision_id desc limit 1
    ) as last
    where (made.delivery_id, made.line_number, made.role, made.resident_id)
        = (review.delivery_id, review.line_number, review.role, review.resident_id)
) as latest on true
order by review.match_score desc, review.delivery_id, review.line_number, review.role, review.resident_id
limit %s
"""

RECORD = """
insert into ops.identity_decision (delivery_id, line_number, role, resident_id, decision, decided_by, note)
select links.delivery_id, links.line_number, links.role, identities.resident_id, %(decision)s, %(decided_by)s,
    clean.words(%(note)s)
from ops.person_link as links
cross join ops.resident_identity as identities
where
    links.delivery_id = %(delivery_id)s and links.line_number = %(line_number)s and links.role = %(role)s
    and identities.resident_id = %(resident_id)s
"""


class DecisionError(IngestionError):
    """A decision that cannot be read or names nobody we know. Its text holds no personal values."""

    exit_code = 2  # bad input


@dataclass(frozen=True)
class Case:
    """A mention and a resident it could be, for a person to judge. People masked.

    deciders: how many people made the decision in force; two are four eyes. logins: by how many logins of the
    database they did; null where that of one is not known. note: the latest.
    """

    mention: str
    resident_id: int
    kind: str
    score: Any
    reasons: list[str]
    masked_name: str | None
    masked_id_number: str
    decision: str | None
    deciders: int
    logins: int | None
    note: str | None


@dataclass(frozen=True)
class Decision:
    mention: str
    resident_id: int
    decision: str
    note: str | None = None


def mention_key(mention: str) -> tuple[str, int, str]:
    """``DELIVERY:LINE:ROLE`` in its parts; raises DecisionError where it is none."""
    parts = mention.split(":")
    if len(parts) != 3 or not parts[1].isdecimal() or len(parts[1]) > LONGEST_LINE_NUMBER:
        raise DecisionError(
            "提及写作 DELIVERY:LINE:ROLE，见 `minzheng review list`。 "
            "A mention is written DELIVERY:LINE:ROLE, as `minzheng review list` shows it."
        )
    return parts[0], int(parts[1]), parts[2]


def load_decisions(connection: psycopg.Connection) -> None:
    """Leaves the temporary table ``decided``."""
    connection.execute(DECIDED)
    connection.execute("analyze decided")


def cases(connection: psycopg.Connection, limit: int) -> list[Case]:
    """What waits for people, the likeliest first."""
    with connection.cursor(row_factory=class_row(Case)) as cursor:
        return cursor.execute(LIST, [limit]).fetchall()


def no_formula(text: str | None) -> str:
    """Text that a spreadsheet shows and does not work out."""
    return f"'{text}" if text and text[0] in "=+-@" else text or ""


def write_sheet(path: Path, waiting: Iterable[Case]) -> None:
    """A CSV file to be filled in: ``decision`` is same, different or undecided, or left empty."""
    with own_file(path).open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(SHEET)
        for case in waiting:
            writer.writerow(
                [case.mention, case.resident_id, no_formula(case.masked_name), case.masked_id_number,
                 KINDS[case.kind], case.score, "；".join(case.reasons), case.decision, None]
            )  # fmt: skip


def read_decisions(path: Path) -> list[Decision]:
    """Decisions from a CSV file with the columns mention, resident_id, decision (a code or its Chinese title)
    and perhaps note.

    Lines without a decision are passed over.
    """
    reader = csv.DictReader(filled_in(path).splitlines(keepends=True), restval="")
    absent = {"mention", "resident_id", "decision"} - set(reader.fieldnames or [])
    if absent:
        raise DecisionError(f"{path.name}：缺少列 columns missing: {', '.join(sorted(absent))}.")
    decisions = []
    for row in reader:
        if not (written := row["decision"].strip()):
            continue
        if not row["resident_id"].isdecimal():
            raise DecisionError(
                f"{path.name} 第 {reader.line_num} 行 line {reader.line_num}：居民编号不是数字。 "
                "resident_id is no number."
            )
        decisions.append(
            Decision(row["mention"], int(row["resident_id"]), decision_code(written), row.get("note"))
        )
    return decisions


def decision_code(written: str) -> str:
    """The code of a decision, which may be written in Chinese."""
    return code_of(DECISIONS, written)


def decide(connection: psycopg.Connection, decisions: Iterable[Decision], decided_by: str) -> int:
    """Keep decisions, all or none; they hold from the next linkage on. Returns how many."""
    count = 0
    if is_blank(connection, decided_by):
        raise DecisionError(
            "请用 --by 写明处理人。 Nobody is named: --by wants the name of who decides. Nothing was recorded."
        )
    with connection.transaction():
        for place, decision in enumerate(decisions, 1):
            if decision.decision not in DECISIONS:
                known = ", ".join(f"{code} {title}" for code, title in DECISIONS.items())
                raise DecisionError(f"处理可填 A decision is one of: {known}. Nothing was recorded.")
            if len(decision.note or "") > LONGEST_NOTE:
                raise DecisionError(
                    f"第 {place} 条备注过长，至多 {LONGEST_NOTE} 字。 "
                    f"The note of decision {place} is longer than {LONGEST_NOTE} characters. Nothing was recorded."
                )
            if holds_id_number(connection, decision.note):
                raise DecisionError(
                    f"第 {place} 条 Decision {place}：备注中有身份号码，请删去。 "
                    "An identity number stands in the note, and notes are kept for ever. "
                    "Take it out. Nothing was recorded."
                )
            delivery_id, line_number, role = mention_key(decision.mention)
            written = connection.execute(
                RECORD,
                {"delivery_id": delivery_id, "line_number": line_number, "role": role,
                 "resident_id": decision.resident_id, "decision": decision.decision,
                 "decided_by": decided_by, "note": decision.note},
            ).rowcount  # fmt: skip
            if not written:
                raise DecisionError(
                    f"第 {count + 1} 条 Decision {count + 1}：没有这处提及或这个居民。 "
                    "There is no such mention (DELIVERY:LINE:ROLE), or no such resident. "
                    "None was recorded."
                )
            count += 1
    return count
