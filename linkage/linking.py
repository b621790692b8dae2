"""The order of the linkage: number, guard, decisions of people, traces, weighing, new residents.

What no step decides stays ``unresolved``: said so, never guessed. An inference never serves as
evidence for another, so that neither the order of deliveries nor an earlier run can shape the result;
what was weighed is kept and weighed again only where its evidence has news.
"""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from ingestion.turns import take_turn
from linkage.candidates import find_candidates, keep_pairs, open_mentions
from linkage.exact import link_numbers
from linkage.names import keep_resident_names, learn_sounds
from linkage.newcomers import settle_newcomers
from linkage.review import load_decisions
from linkage.score import Verdict, judge, weigh
from linkage.traces import TRACE_SCORE, link_traces

NAME_CONFLICT_REASON = "号码有效，但姓名不是号码本人的"
# A valid number with another name says neither yes nor no.
NAME_CONFLICT_SCORE = 0.5

# The number does not settle these: another name, or people decided otherwise.
UNSETTLED = """
create temporary table unsettled on commit drop as
select delivery_id, line_number, role from name_conflict
union
select decided.delivery_id, decided.line_number, decided.role
from decided
inner join ops.person_link as links using (delivery_id, line_number, role)
where
    decided.decision = 'different' and decided.resident_id = links.number_resident_id
    or decided.decision = 'same';

create temporary table before_link on commit drop as
select
    links.delivery_id, links.line_number, links.role,
    case
        when links.method = 'id_number' then coalesce(moved_number.child_resident_id, links.resident_id)
        else links.resident_id
    end as resident_id,
    links.method <> 'unresolved' as is_known
from ops.person_link as links
left join unsettled using (delivery_id, line_number, role)
left join moved_number using (delivery_id, line_number, role)
left join fresh_mention using (delivery_id, line_number, role)
where
    (fresh_mention.delivery_id is null or fresh_mention.was_linked)
    and (
        links.method <> 'id_number' or unsettled.delivery_id is not null or moved_number.delivery_id is not null
    );

-- Mentions that are new, or whose number says something else than before.
create temporary table news on commit drop as
select delivery_id, line_number, role from fresh_mention
union all
select delivery_id, line_number, role from moved_number;

with opened as (
    update ops.person_link as links
    set resident_id = null, method = 'unresolved', reasons = '{}'
    from unsettled
    where
        links.delivery_id = unsettled.delivery_id and links.line_number = unsettled.line_number
        and links.role = unsettled.role and links.method = 'id_number'
    returning links.delivery_id, links.line_number, links.role
)

insert into news select * from opened;

with settled as (
    update ops.person_link as links
    set resident_id = number_resident_id, method = 'id_number', match_score = null,
        reasons = array['身份号码有效且一致']
    where
        links.method <> 'id_number' and links.number_resident_id is not null
        and not exists (
            select 1 from unsettled
            where unsettled.delivery_id = links.delivery_id and unsettled.line_number = links.line_number
                and unsettled.role = links.role
        )
    returning links.delivery_id, links.line_number, links.role
)

insert into news select * from settled;
analyze news;
"""

# A refresh may be for an earlier day: then later deliveries are news again. It may also be by another
# program, which reads mentions in lines taken in before, or reads their numbers otherwise.
FORGET = """
delete from ops.identity_weighed; delete from ops.identity_pair; delete from ops.name_sound;
delete from ops.absorbed_delivery where model = 'person_link';
delete from ops.person_link as links
where not exists (
    select from intermediate.int_person_mentions as mentions
    inner join staging.stg_deliveries as deliveries using (delivery_id)
    where
        mentions.delivery_id = links.delivery_id
        and mentions.line_number = links.line_number
        and mentions.role = links.role
);
update ops.person_link as links
set number_resident_id = null, resident_id = null, method = 'unresolved', match_score = null, reasons = '{}'
from intermediate.int_person_mentions as mentions, ops.resident_identity as identities
where
    links.delivery_id = mentions.delivery_id
    and links.line_number = mentions.line_number
    and links.role = mentions.role
    and links.number_resident_id = identities.resident_id
    and mentions.id_number is distinct from identities.id_number
    and (
        mentions.id_number_note not like '%upgraded_15%'
        or clean.next_century(mentions.id_number) is distinct from identities.id_number
    );
"""

WEIGHED = """
create temporary table weighed (
    mention_id text, resident_id bigint, match_score numeric(6, 5), reasons text[]
) on commit drop;
create temporary table doubtful (
    mention_id text, resident_id bigint, kind text, match_score numeric(6, 5), reasons text[]
) on commit drop;
"""

# People first, then traces, then the weighing; a number with another name is never settled by weighing.
VERDICTS = """
create temporary table verdict on commit drop as
select
    open_mention.delivery_id,
    open_mention.line_number,
    open_mention.role,
    coalesce(decided.resident_id, trace.resident_id, weighed.resident_id) as resident_id,
    case
        when decided.resident_id is not null then 'reviewed'
        when trace.resident_id is not null or weighed.resident_id is not null then 'probabilistic'
        else 'unresolved'
    end as method,
    case
        when decided.resident_id is not null then 1
        when trace.resident_id is not null then %s
        else weighed.match_score
    end::numeric(6, 5) as match_score,
    case
        when decided.resident_id is not null then array['人工核对认定为同一人']
        else coalesce(trace.reasons, weighed.reasons, '{}')
    end as reasons
from open_mention
left join decided on open_mention.mention_id = decided.mention_id and decided.decision = 'same'
left join trace on open_mention.mention_id = trace.mention_id
left join weighed on open_mention.mention_id = weighed.mention_id
"""

APPLY = """
update ops.person_link as links
set
    resident_id = verdict.resident_id, method = verdict.method,
    match_score = verdict.match_score, reasons = verdict.reasons
from verdict
where
    links.delivery_id = verdict.delivery_id
    and links.line_number = verdict.line_number
    and links.role = verdict.role
    and (links.resident_id, links.method, links.match_score, links.reasons)
        is distinct from (verdict.resident_id, verdict.method, verdict.match_score, verdict.reasons)
"""

REVIEW = """
delete from ops.identity_review;

insert into ops.identity_review (delivery_id, line_number, role, resident_id, kind, match_score, reasons)
select
    open_mention.delivery_id, open_mention.line_number, open_mention.role, doubtful.resident_id,
    doubtful.kind, doubtful.match_score, doubtful.reasons
from doubtful
inner join open_mention using (mention_id)
left join decided using (mention_id, resident_id)
where
    decided.decision is distinct from 'different'
    and not exists (
        select 1 from decided as settled
        where settled.mention_id = doubtful.mention_id and settled.decision = 'same'
    );
"""

# A resident who keeps no mention has gone over to another; one founded in this run has split off.
EVENTS = """
insert into ops.identity_event (
    kind, delivery_id, line_number, role, before_resident_id, after_resident_id, method
)
select
    case
        when before_link.resident_id is null then 'linked'
        when links.resident_id is null then 'unlinked'
        -- The same resident, who was new then or is now.
        when before_link.resident_id = links.resident_id then
            case when before_link.is_known then 'unlinked' else 'linked' end
        when not exists (
            select 1 from ops.person_link as others where others.resident_id = before_link.resident_id
        ) then 'merged'
        when exists (
            select 1 from founded where founded.resident_id = links.resident_id
        ) then 'split'
        else 'moved'
    end,
    links.delivery_id, links.line_number, links.role, before_link.resident_id, links.resident_id, links.method
from before_link
inner join ops.person_link as links using (delivery_id, line_number, role)
where (before_link.resident_id, before_link.is_known)
    is distinct from (links.resident_id, links.method <> 'unresolved')
order by links.delivery_id, links.line_number, links.role
"""

NOTE_ABSORBED = """
insert into ops.absorbed_delivery (model, delivery_id)
select 'person_link', delivery_id from staging.stg_deliveries
on conflict do nothing
"""


@dataclass(frozen=True)
class Linkage:
    """What one run of the linkage did, and how all mentions stand now.

    mentions: fresh ones; new_residents: newly known by number; weighed: compared in this run;
    inferred, newcomers (mentions of residents without a number), in_review, unresolved (nobody at all).
    """

    mentions: int
    new_residents: int
    weighed: int
    inferred: int
    newcomers: int
    in_review: int
    unresolved: int


def link(connection: psycopg.Connection, anew: bool = False, spill: Path | None = None) -> Linkage:
    """Link fresh mentions and judge all open ones, in one transaction.

    spill: the folder for what does not fit into memory, closed to others and emptied; none, and it is made
    where the system keeps temporary files.

    Needs ``intermediate.int_person_mentions`` built. A second run without new deliveries or
    decisions changes no link, nor does ``anew``, which forgets every former weighing. Resident ids
    are never reused or renumbered.
    """
    with connection.transaction():
        take_turn(connection, "link")
        if anew:
            connection.execute(FORGET)
        mentions, new_residents = link_numbers(connection)
        load_decisions(connection)
        connection.execute(UNSETTLED)
        connection.execute("analyze unsettled")
        keep_resident_names(connection, anew)
        open_mentions(connection)
        learn_sounds(connection)
        link_traces(connection)
        candidates = find_candidates(connection)
        cannot_link = set(connection.execute("select mention_id, resident_id from cannot_link").fetchall())
        pairs = keep_pairs(connection, weigh(candidates, spill))
        _keep(connection, judge(pairs, cannot_link))
        connection.execute("analyze weighed")
        connection.execute("analyze doubtful")
        connection.execute(VERDICTS, [TRACE_SCORE])
        connection.execute("analyze verdict")
        settle_newcomers(connection)
        connection.execute(APPLY)
        connection.execute(REVIEW)
        connection.execute(EVENTS)
        connection.execute(NOTE_ABSORBED)
    row = connection.execute(
        """
        select
            count(*) filter (where method = 'probabilistic'),
            count(*) filter (where method = 'unresolved' and resident_id is not null),
            (select count(distinct (delivery_id, line_number, role)) from ops.identity_review),
            count(*) filter (where resident_id is null)
        from ops.person_link where method <> 'id_number'
        """
    ).fetchone() or (0, 0, 0, 0)
    connection.commit()
    return Linkage(mentions, new_residents, len(candidates.mentions), *row)


def _keep(connection: psycopg.Connection, verdicts: dict[str, Verdict]) -> None:
    """Write the verdicts of the weighing where the last statements find them."""
    connection.execute(WEIGHED)
    conflicts: dict[str, int] = dict(
        connection.execute(
            """
            select mention_id, name_conflict.number_resident_id
            from name_conflict
            inner join open_mention using (delivery_id, line_number, role)
            where mention_id not in (select mention_id from trace)
            """
        ).fetchall()
    )
    with_number = {
        mention
        for (mention,) in connection.execute(
            "select mention_id from open_mention where number_resident_id is not null"
        ).fetchall()
    }
    with connection.cursor().copy("copy weighed from stdin") as copy:
        for mention, verdict in verdicts.items():
            # Two valid, different numbers are never joined: what bears one is for people.
            if verdict.link and mention not in with_number:
                copy.write_row(
                    (mention, verdict.link.resident_id, verdict.link.score, list(verdict.link.reasons))
                )
    with connection.cursor().copy("copy doubtful from stdin") as copy:
        for mention, resident in conflicts.items():
            copy.write_row((mention, resident, "name_conflict", NAME_CONFLICT_SCORE, [NAME_CONFLICT_REASON]))
        for mention, verdict in verdicts.items():
            pairs = verdict.review or ((verdict.link,) if mention in with_number and verdict.link else ())
            kind = "name_conflict" if mention in with_number else verdict.kind
            for pair in pairs:
                if pair.resident_id != conflicts.get(mention):
                    copy.write_row((mention, pair.resident_id, kind, pair.score, list(pair.reasons)))
