"""Mentions to be judged, and the few residents each could be: found by shared keys, never all with all."""

import psycopg

from linkage.compare import full_form
from linkage.records import Candidates, Pair, Record
from linkage.score import SMALLEST_TOWN, basis

# A household book of an institution or the telephone of an office ties nobody to anybody.
LARGEST_GROUP = 12

OPEN_MENTIONS = """
create temporary table open_mention on commit drop as
select
    mentions.delivery_id || ':' || mentions.line_number || ':' || mentions.role as mention_id,
    mentions.*,
    links.number_resident_id
from ops.person_link as links
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where links.method <> 'id_number';
create index on open_mention (mention_id);
create index on open_mention (delivery_id, line_number, role);
analyze open_mention;
"""

# Two people of one line are two people, save in a company, where one person holds several posts.
CANNOT_LINK = """
create temporary table cannot_link on commit drop as
select open_mention.mention_id, others.resident_id
from open_mention
inner join ops.person_link as others using (delivery_id, line_number)
where others.method = 'id_number' and others.role <> open_mention.role and others.feed <> 'company'

union

select mention_id, resident_id from decided where decision = 'different';
analyze cannot_link;
"""

WRITTEN_NUMBERS = """
create temporary table written_number (unread_number text primary key, number text not null) on commit drop
"""

# What is said of an open mention, in the shape in which it is compared. basis: what a weighing rests on
# beside the evidence; by powers, so that scores do not drift with every birth.
STATED = """
create temporary table stated on commit drop as
with

name_counts as (
    select name, count(*) as residents
    from ops.resident_name
    where name in (select name from open_mention)
    group by name
)

select
    open_mention.*,
    written_number.number,
    name_sound.sound,
    to_char(open_mention.born_on, 'YYYYMMDD') as born,
    round(log(2, coalesce(name_counts.residents, 1) / %(town)s::numeric))::integer as share_power,
    %(basis)s::text || round(log(2, coalesce(name_counts.residents, 1) / %(town)s::numeric)) as basis
from open_mention
left join written_number using (unread_number)
inner join ops.name_sound using (name)
left join name_counts using (name)
"""

# How a mention and a resident meet without a tie. {born}, {number} ...: expressions of either side.
KEYS = """
(
    values
    ('born ' || {born} || ' ' || {sound}),
    ('day ' || substr({born}, 5) || ' ' || {name}),
    ('first15 ' || {first_15}),
    ('first14 ' || left({number}, 14)),
    ('last12 ' || substr({number}, 7, 12)),
    ('ends ' || left({number}, 6) || right({number}, 4) || ' ' || {sound})
) as keys (key)
"""
MENTION_KEYS = KEYS.format(
    born="born", sound="sound", name="name", first_15="surviving_digits", number="number"
)
RESIDENT_KEYS = KEYS.format(
    born="to_char(clean.born_on(id_number), 'YYYYMMDD')", sound="sound", name="resident_name.name",
    first_15="left(id_number, 15)", number="id_number",
)  # fmt: skip

OPEN_KEYS = f"""
create index on stated (mention_id);
analyze stated;

create temporary table mention_key on commit drop as
select mention_id, key
from stated
cross join lateral {MENTION_KEYS}
where key is not null;
create index on mention_key (key);
analyze mention_key;
"""

VALUES_SAID = "(values ('', case_no), ('phone:', phone), ('account:', account_no), ('address:', address))"

# What else there is to weigh depends on who stands in one group (marriage, household, case) with whom, and
# who shares a case, telephone, account or address. A mention is weighed again where any of that has news.
TOUCHED = f"""
create temporary table told on commit drop as
select mentions.group_no, mentions.case_no, mentions.phone, mentions.account_no, mentions.address
from news
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role);
analyze told;

create temporary table told_group on commit drop as
select distinct group_no from told where group_no is not null;
analyze told_group;

-- Whoever stands in a group with news may have a new companion, and so new kin to all of his own.
create temporary table stirred_group on commit drop as
select group_no from told_group
union
select theirs.group_no
from (
    select links.resident_id
    from told_group
    inner join intermediate.int_person_mentions as mentions using (group_no)
    inner join ops.person_link as links using (delivery_id, line_number, role)
    where links.method = 'id_number'
    union
    select resident_id from named_resident
) as stirred
inner join ops.person_link as links using (resident_id)
inner join intermediate.int_person_mentions as theirs using (delivery_id, line_number, role)
where links.method = 'id_number' and theirs.group_no is not null;
analyze stirred_group;

create temporary table touched on commit drop as
select stated.mention_id
from stated
left join ops.identity_weighed as weighed using (delivery_id, line_number, role)
where weighed.basis is distinct from stated.basis

union

select stated.mention_id from stated inner join stirred_group using (group_no)

union

select stated.mention_id
from stated
cross join lateral {VALUES_SAID} as said (kind, value)
inner join (
    select distinct kind, value from told cross join lateral {VALUES_SAID} as said (kind, value)
) as news_said using (kind, value)

union

select mention_key.mention_id
from named_resident
inner join ops.resident_name using (resident_id)
inner join ops.resident_identity using (resident_id)
inner join ops.name_sound using (name)
cross join lateral {RESIDENT_KEYS}
inner join mention_key using (key)

union

select stated.mention_id
from stated
inner join ops.identity_pair using (delivery_id, line_number, role)
inner join named_resident using (resident_id);
analyze touched;
"""

# Where nothing was weighed before, there is no need to ask what has news.
ALL_TOUCHED = (
    "create temporary table touched on commit drop as select mention_id from stated; analyze touched"
)

FOCUS = """
create temporary table focus on commit drop as
select stated.*
from stated
inner join touched using (mention_id)
left join trace using (mention_id)
where trace.mention_id is null;
create index on focus (mention_id);
analyze focus;
"""

# Who stands in one group with whom, by number: the groups of the focus, and those of their companions.
TIES = f"""
create temporary table companion on commit drop as
select distinct links.resident_id
from (select distinct group_no from focus) as focus_group
inner join intermediate.int_person_mentions as mentions using (group_no)
inner join ops.person_link as links using (delivery_id, line_number, role)
where links.method = 'id_number';
analyze companion;

create temporary table near_group on commit drop as
select distinct mentions.group_no
from companion
inner join ops.person_link as links using (resident_id)
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where links.method = 'id_number' and mentions.group_no is not null;
analyze near_group;

create temporary table relation on commit drop as
select group_no, resident_id
from (
    select group_no, resident_id, count(*) over (partition by group_no) as size
    from (
        select distinct mentions.group_no, links.resident_id
        from near_group
        inner join intermediate.int_person_mentions as mentions using (group_no)
        inner join ops.person_link as links using (delivery_id, line_number, role)
        where links.method = 'id_number'
    ) as named
) as counted
where size <= {LARGEST_GROUP};
create index on relation (group_no);
create index on relation (resident_id);
analyze relation;

create temporary table mention_tie on commit drop as
select mention_id, kind || value as tie
from focus
cross join lateral {VALUES_SAID} as given (kind, value)
where value is not null
union
select focus.mention_id, 'resident:' || relation.resident_id
from focus
inner join relation using (group_no);
create index on mention_tie (mention_id);
analyze mention_tie;

create temporary table resident_tie on commit drop as
with

wanted as (select distinct tie from mention_tie),

companions as (
    select distinct substr(tie, 10)::bigint as resident_id, tie from wanted where tie like 'resident:%'
),

kin as (
    select distinct others.resident_id, companions.tie
    from companions
    inner join relation as theirs using (resident_id)
    inner join relation as others using (group_no)
    where others.resident_id <> companions.resident_id
),

said as (
    select distinct links.resident_id, kind || value as tie
    from intermediate.int_person_mentions as mentions
    cross join lateral {VALUES_SAID} as given (kind, value)
    inner join ops.person_link as links using (delivery_id, line_number, role)
    where links.method = 'id_number' and kind || value in (select tie from wanted)
)

select resident_id, tie from kin
union
select resident_id, tie from said
where tie not in (select tie from said group by tie having count(*) > {LARGEST_GROUP});
create index on resident_tie (tie);
analyze resident_tie;
"""

# A tie alone finds too many: sound, birth date or the place of the number must agree too.
CANDIDATES = f"""
create temporary table candidate on commit drop as
select mention_key.mention_id, resident_name.resident_id
from ops.resident_name
inner join ops.resident_identity using (resident_id)
inner join ops.name_sound using (name)
cross join lateral {RESIDENT_KEYS}
inner join mention_key using (key)
inner join focus using (mention_id)

union

select focus.mention_id, resident_tie.resident_id
from focus
inner join mention_tie using (mention_id)
inner join resident_tie using (tie)
inner join ops.resident_name using (resident_id)
inner join ops.resident_identity as identities using (resident_id)
inner join ops.name_sound on resident_name.name = name_sound.name
where
    focus.sound = name_sound.sound
    or focus.born = to_char(clean.born_on(identities.id_number), 'YYYYMMDD')
    or left(focus.number, 6) = left(identities.id_number, 6);
create index on candidate (mention_id);
analyze candidate;
"""

PROFILES = """
select
    resident_name.resident_id, resident_name.name, name_sound.sound, identities.id_number,
    to_char(clean.born_on(identities.id_number), 'YYYYMMDD'), clean.sex_code(identities.id_number),
    coalesce(ties.ties, '{}')
from (select distinct resident_id from candidate) as wanted
inner join ops.resident_name using (resident_id)
inner join ops.resident_identity as identities using (resident_id)
inner join ops.name_sound using (name)
left join (
    select resident_id, array_agg(tie order by tie) as ties from resident_tie group by resident_id
) as ties using (resident_id)
order by identities.id_number, resident_name.name
"""

MENTIONS = """
select
    focus.mention_id, focus.name, focus.sound, focus.number, focus.surviving_digits, focus.born,
    focus.sex_code, coalesce(ties.ties, '{}'), focus.share_power, candidates.residents
from focus
inner join (
    select mention_id, array_agg(resident_id::text order by resident_id) as residents
    from candidate group by mention_id
) as candidates using (mention_id)
left join (
    select mention_id, array_agg(tie order by tie) as ties from mention_tie group by mention_id
) as ties using (mention_id)
order by focus.mention_id
"""

KEEP = """
delete from ops.identity_weighed as weighed
where
    not exists (
        select 1 from stated
        where (stated.delivery_id, stated.line_number, stated.role)
            = (weighed.delivery_id, weighed.line_number, weighed.role)
    )
    or exists (
        select 1 from stated inner join touched using (mention_id)
        where (stated.delivery_id, stated.line_number, stated.role)
            = (weighed.delivery_id, weighed.line_number, weighed.role)
    );

delete from ops.identity_pair as pairs
where not exists (
    select 1 from ops.identity_weighed as weighed
    where (weighed.delivery_id, weighed.line_number, weighed.role)
        = (pairs.delivery_id, pairs.line_number, pairs.role)
);

insert into ops.identity_weighed (delivery_id, line_number, role, basis)
select delivery_id, line_number, role, basis from focus;

insert into ops.identity_pair (delivery_id, line_number, role, resident_id, weight, reasons)
select focus.delivery_id, focus.line_number, focus.role, new_pair.resident_id, new_pair.weight, new_pair.reasons
from new_pair inner join focus using (mention_id);
analyze ops.identity_weighed;
analyze ops.identity_pair;
"""

KEPT_PAIRS = """
select stated.mention_id, pairs.resident_id, pairs.weight, pairs.reasons
from ops.identity_pair as pairs
inner join stated using (delivery_id, line_number, role)
left join trace using (mention_id)
where trace.mention_id is null
"""


def open_mentions(connection: psycopg.Connection) -> None:
    """Leaves ``open_mention`` (all whose number does not settle who they are) and ``cannot_link``."""
    connection.execute(OPEN_MENTIONS)
    connection.execute(CANNOT_LINK)


def find_candidates(connection: psycopg.Connection) -> Candidates:
    """The open mentions that have news or were never weighed, and the residents each could be.

    Needs ``news``, ``named_resident`` and ``trace``. Mentions that a trace explains are left out.
    """
    row = connection.execute("select count(distinct resident_id) from ops.resident_name").fetchone()
    residents = row[0] if row else 0
    _write_numbers(connection)
    connection.execute(STATED, {"town": max(residents, SMALLEST_TOWN), "basis": basis(residents)})
    weighed = connection.execute("select exists (select from ops.identity_weighed)").fetchone() == (True,)
    for statements in (OPEN_KEYS, TOUCHED if weighed else ALL_TOUCHED, FOCUS, TIES, CANDIDATES):
        connection.execute(statements)
    profiles, resident_of_profile = [], {}
    for resident, name, sound, number, born, sex, ties in connection.execute(PROFILES).fetchall():
        profile = f"{number}:{name}"
        resident_of_profile[profile] = resident
        profiles.append(
            Record(profile, name, sound, number, number[:15], born, sex, ties, keys=[str(resident)])
        )
    mentions = [
        Record(mention, name, sound, number, first_15, born_on, sex, ties, 2.0**share_power, keys)
        for mention, name, sound, number, first_15, born_on, sex, ties, share_power, keys in (
            connection.execute(MENTIONS).fetchall()
        )
    ]
    return Candidates(mentions, profiles, resident_of_profile, residents)


def keep_pairs(connection: psycopg.Connection, pairs: list[Pair]) -> list[Pair]:
    """Keep what was weighed now, forget what it replaces, and return all pairs in force."""
    connection.execute(
        "create temporary table new_pair (mention_id text, resident_id bigint, weight float8, reasons text[])"
        " on commit drop"
    )
    with connection.cursor().copy("copy new_pair from stdin") as copy:
        for pair in pairs:
            copy.write_row((pair.mention_id, pair.resident_id, pair.weight, list(pair.reasons)))
    connection.execute("analyze new_pair")
    connection.execute(KEEP)
    return [
        Pair(mention, resident, weight, tuple(reasons))
        for mention, resident, weight, reasons in connection.execute(KEPT_PAIRS).fetchall()
    ]


def _write_numbers(connection: psycopg.Connection) -> None:
    connection.execute(WRITTEN_NUMBERS)
    unread = connection.execute(
        "select distinct unread_number from open_mention where unread_number is not null"
    ).fetchall()
    with connection.cursor().copy("copy written_number from stdin") as copy:
        for (number,) in unread:
            if form := full_form(number):
                copy.write_row((number, form))
    connection.execute("analyze written_number")
