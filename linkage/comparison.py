"""A mention and who it could be, field by field: what is equal, near, different."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from linkage.review import mention_key

# Values are compared bare where they lie, and leave the database masked unless they are asked for in full.
CANDIDATES = """
with

mention as (
    select
        mentions.*,
        case when %(is_named)s then mentions.name else clean.mask_name(mentions.name) end as shown_name,
        case
            when %(is_named)s then coalesce(mentions.id_number, mentions.unread_number)
            else clean.mask_id_number(coalesce(mentions.id_number, mentions.unread_number))
        end as shown_number
    from intermediate.int_person_mentions as mentions
    where (mentions.delivery_id, mentions.line_number, mentions.role) = (%(delivery_id)s, %(line_number)s, %(role)s)
),

candidates as (
    select
        review.resident_id, review.kind, review.match_score, review.reasons, resident.id_number, resident.name,
        resident.sex_code, resident.born_on,
        case when %(is_named)s then resident.name else clean.mask_name(resident.name) end as shown_name,
        case when %(is_named)s then resident.id_number else clean.mask_id_number(resident.id_number) end as shown_number
    from ops.identity_review as review
    inner join marts.resident as resident using (resident_id)
    where (review.delivery_id, review.line_number, review.role) = (%(delivery_id)s, %(line_number)s, %(role)s)
)

select
    candidates.resident_id,
    candidates.kind,
    candidates.match_score as score,
    candidates.reasons,
    latest.decision,
    coalesce(latest.deciders, 0) as deciders,
    jsonb_build_array(
        jsonb_build_object(
            'field', 'name', 'mention', mention.shown_name, 'candidate', candidates.shown_name,
            'likeness', case
                when mention.name is null or candidates.name is null then 'unknown'
                when mention.name = candidates.name then 'equal'
                when clean.name_sound(mention.name) = clean.name_sound(candidates.name) then 'near'
                else 'different'
            end
        ),
        jsonb_build_object(
            'field', 'number', 'mention', mention.shown_number, 'candidate', candidates.shown_number,
            'likeness', case
                when coalesce(mention.id_number, mention.unread_number) is null then 'unknown'
                when mention.id_number = candidates.id_number then 'equal'
                when length(coalesce(mention.id_number, mention.unread_number)) = length(candidates.id_number)
                    and (
                        select count(*)
                        from generate_series(1, length(candidates.id_number)) as place
                        where substr(coalesce(mention.id_number, mention.unread_number), place, 1)
                            <> substr(candidates.id_number, place, 1)
                    ) <= 2
                    then 'near'
                else 'different'
            end
        ),
        jsonb_build_object(
            'field', 'sex', 'mention', mention.sex_code, 'candidate', candidates.sex_code,
            'likeness', case
                when mention.sex_code is null or candidates.sex_code is null then 'unknown'
                when mention.sex_code = candidates.sex_code then 'equal'
                else 'different'
            end
        ),
        jsonb_build_object(
            'field', 'birth', 'mention', to_char(mention.born_on, 'YYYY'),
            'candidate', to_char(candidates.born_on, 'YYYY'),
            'likeness', case
                when mention.born_on is null or candidates.born_on is null then 'unknown'
                when mention.born_on = candidates.born_on then 'equal'
                when abs(mention.born_on - candidates.born_on) <= 31
                    or to_char(mention.born_on, 'MMDD') = to_char(candidates.born_on, 'MMDD')
                    or to_char(mention.born_on, 'YYYYMMDD') = to_char(candidates.born_on, 'YYYYDDMM')
                    then 'near'
                else 'different'
            end
        )
    ) as fields
from candidates
cross join mention
left join lateral (
    select made.decision, count(distinct made.decided_login) as deciders, max(made.decision_id) as last
    from ops.identity_decision as made
    where (made.delivery_id, made.line_number, made.role, made.resident_id)
        = (%(delivery_id)s, %(line_number)s, %(role)s, candidates.resident_id)
    group by made.decision
    order by last desc
    limit 1
) as latest on true
order by candidates.match_score desc, candidates.resident_id
"""

LINES = """
select
    links.feed, links.delivery_id, links.line_number, links.role, links.method,
    case when %(is_named)s then mentions.name else clean.mask_name(mentions.name) end as name,
    case when %(is_named)s then mentions.id_number else clean.mask_id_number(mentions.id_number) end as id_number
from ops.person_link as links
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where
    links.resident_id = %(resident_id)s
    and (links.delivery_id, links.line_number, links.role) <> (%(delivery_id)s, %(line_number)s, %(role)s)
order by links.delivery_id desc, links.line_number, links.role
limit %(most)s
"""


@dataclass(frozen=True)
class Candidate:
    """fields: of each ``field`` the values of ``mention`` and ``candidate`` and their ``likeness`` (equal,
    near, different, unknown). deciders: logins that made the decision in force; two are four eyes."""

    resident_id: int
    kind: str
    score: Any
    reasons: list[str]
    decision: str | None
    deciders: int
    fields: list[dict[str, Any]]


def candidates(connection: psycopg.Connection, mention: str, is_named: bool = False) -> list[Candidate]:
    """Who a mention (``DELIVERY:LINE:ROLE``) waiting for people could be, the likeliest first, people masked or
    is_named. Logs nothing. Raises DecisionError."""
    with connection.cursor(row_factory=class_row(Candidate)) as cursor:
        return cursor.execute(CANDIDATES, _asked(mention) | {"is_named": is_named}).fetchall()


def other_lines(
    connection: psycopg.Connection, mention: str, resident_id: int, most: int, is_named: bool = False
) -> list[dict[str, Any]]:
    """Where else the resident was met, the newest first: place, method, name and number, masked or is_named."""
    asked = _asked(mention) | {"resident_id": resident_id, "most": most, "is_named": is_named}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LINES, asked).fetchall()


def _asked(mention: str) -> dict[str, Any]:
    return dict(zip(("delivery_id", "line_number", "role"), mention_key(mention), strict=True))
