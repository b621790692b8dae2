"""Mentions to be judged, and the few residents each could be: found by shared keys, never all with all."""

from dataclasses import dataclass

import psycopg

from ingestion.linkage.compare import full_form, near_forms, pinyin, surname

# A household book of an institution or the telephone of an office ties nobody to anybody.
LARGEST_GROUP = 12
# Below this many residents, shares of names say little.
SMALLEST_TOWN = 10_000

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

# Who stands in one group (marriage, household, case) with whom, by number.
TIES = """
create temporary table relation on commit drop as
select group_no, resident_id
from (
    select distinct mentions.group_no, links.resident_id
    from intermediate.int_person_mentions as mentions
    inner join ops.person_link as links using (delivery_id, line_number, role)
    where links.method = 'id_number' and mentions.group_no is not null
) as named
where group_no in (
    select mentions.group_no
    from intermediate.int_person_mentions as mentions
    inner join ops.person_link as links using (delivery_id, line_number, role)
    where links.method = 'id_number' and mentions.group_no is not null
    group by mentions.group_no
    having count(distinct links.resident_id) <= {largest}
);
create index on relation (group_no);
create index on relation (resident_id);
analyze relation;

create temporary table mention_tie on commit drop as
with

said as (
    select mention_id, kind || value as tie
    from open_mention
    cross join lateral (
        values ('', case_no), ('phone:', phone), ('account:', account_no), ('address:', address)
    ) as given (kind, value)
    where value is not null
)

select mention_id, tie from said
union
select open_mention.mention_id, 'resident:' || relation.resident_id
from open_mention
inner join relation using (group_no);
create index on mention_tie (tie);
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
    inner join ops.person_link as links using (delivery_id, line_number, role)
    cross join lateral (
        values ('', case_no), ('phone:', phone), ('account:', account_no), ('address:', address)
    ) as given (kind, value)
    where links.method = 'id_number' and value is not null and kind || value in (select tie from wanted)
),

crowded as (select tie from said group by tie having count(*) > {largest})

select resident_id, tie from kin
union
select resident_id, tie from said where tie not in (select tie from crowded);
analyze resident_tie;
"""

# Keys that need no reading of names; pinyin and the rest are for the finer blocks of the scoring.
CANDIDATES = """
create temporary table candidate on commit drop as
with

digits as (
    select
        mention_id,
        case when length(unread_number) = 15 then left(unread_number, 6) || '19' || substr(unread_number, 7)
            else unread_number end as number
    from open_mention
    where length(unread_number) between 15 and 19
),

identities as (
    select resident_id, id_number from ops.resident_identity
),

wanted as (
    select distinct key from (
        select 'born:' || to_char(born_on, 'YYYYMMDD') as key from open_mention where born_on is not null
        union all
        select 'first14:' || left(number, 14) from digits
        union all
        select 'last12:' || substr(number, 7, 12) from digits
        union all
        select 'ends:' || left(number, 6) || right(number, 4) from digits
        union all
        select 'first15:' || surviving_digits from open_mention where surviving_digits is not null
    ) as keys
)

select resident_id from resident_tie
union
select number_resident_id from open_mention where number_resident_id is not null
union
select identities.resident_id
from identities
cross join lateral (
    values
        ('born:' || substr(id_number, 7, 8)), ('first14:' || left(id_number, 14)),
        ('last12:' || substr(id_number, 7, 12)), ('ends:' || left(id_number, 6) || right(id_number, 4)),
        ('first15:' || left(id_number, 15))
) as keys (key)
inner join wanted using (key);
analyze candidate;
"""

PROFILES = """
with

names as (
    select distinct links.resident_id, mentions.name
    from ops.person_link as links
    inner join candidate using (resident_id)
    inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
    where links.method = 'id_number' and mentions.name is not null
),

ties as (
    select resident_id, array_agg(tie order by tie) as ties from resident_tie group by resident_id
)

select names.resident_id, names.name, identities.id_number, coalesce(ties.ties, '{}')
from names
inner join ops.resident_identity as identities using (resident_id)
left join ties using (resident_id)
order by identities.id_number, names.name
"""

MENTIONS = """
select
    open_mention.mention_id,
    open_mention.name,
    open_mention.unread_number,
    open_mention.surviving_digits,
    to_char(open_mention.born_on, 'YYYYMMDD'),
    open_mention.sex_code,
    coalesce(ties.ties, '{}')
from open_mention
left join (
    select mention_id, array_agg(tie order by tie) as ties from mention_tie group by mention_id
) as ties using (mention_id)
where
    open_mention.name is not null
    and open_mention.mention_id not in (select mention_id from trace)
order by open_mention.mention_id
"""

NAME_COUNTS = """
select mentions.name, count(distinct links.resident_id)
from intermediate.int_person_mentions as mentions
inner join ops.person_link as links using (delivery_id, line_number, role)
where links.method = 'id_number' and mentions.name in (select name from open_mention)
group by mentions.name
"""


@dataclass(frozen=True)
class Record:
    """What is compared: a mention, or one of the names of a resident. Dates as YYYYMMDD."""

    unique_id: str
    name: str
    number: str | None
    first_15: str | None
    born_on: str | None
    sex: str | None
    ties: list[str]
    tf_name: float

    def row(self) -> dict[str, object]:
        """Columns of the model (``model.json``), with the keys by which pairs are found."""
        return {
            "unique_id": self.unique_id,
            "name": self.name,
            "pinyin": pinyin(self.name),
            "surname": surname(self.name),
            "near_forms": near_forms(self.name),
            "number": self.number,
            "first_15": self.first_15,
            "born_on": self.born_on,
            "sex": self.sex,
            "ties": self.ties,
            "tf_name": self.tf_name,
            "keys": self.keys(),
        }

    def keys(self) -> list[str]:
        """A pair is compared where it shares one of these."""
        sound = pinyin(self.name)
        keys = [f"tie {tie} {sound}" for tie in self.ties]
        if self.born_on:
            keys += [f"born {self.born_on} {sound}", f"day {self.born_on[4:]} {self.name}"]
            keys += [f"tie {tie} {self.born_on}" for tie in self.ties]
        if self.first_15:
            keys.append(f"first15 {self.first_15}")
        if self.number:
            keys += [f"first14 {self.number[:14]}", f"last12 {self.number[6:18]}"]
            keys.append(f"ends {self.number[:6]} {self.number[-4:]} {sound}")
            keys += [f"tie {tie} {self.number[:6]}" for tie in self.ties]
        return keys


@dataclass(frozen=True)
class Candidates:
    """Both sides of the comparison; residents is the number of all of them, candidates or not."""

    mentions: list[Record]
    profiles: list[Record]
    resident_of_profile: dict[str, int]
    residents: int


def open_mentions(connection: psycopg.Connection) -> None:
    """Leaves ``open_mention`` (all whose number does not settle who they are) and ``cannot_link``."""
    connection.execute(OPEN_MENTIONS)
    connection.execute(CANNOT_LINK)


def find_candidates(connection: psycopg.Connection) -> Candidates:
    """The open mentions no trace explains, and the residents that share a key with any of them."""
    connection.execute(TIES.format(largest=LARGEST_GROUP))
    connection.execute(CANDIDATES)
    row = connection.execute("select count(*) from ops.resident_identity").fetchone()
    residents = row[0] if row else 0
    town = max(residents, SMALLEST_TOWN)
    counts: dict[str, int] = dict(connection.execute(NAME_COUNTS).fetchall())
    profiles, resident_of_profile = [], {}
    for resident, name, number, ties in connection.execute(PROFILES).fetchall():
        profile = f"{number}:{name}"
        resident_of_profile[profile] = resident
        profiles.append(
            Record(profile, name, number, number[:15], number[6:14], "1" if int(number[16]) % 2 else "2",
                   ties, counts.get(name, 1) / town)
        )  # fmt: skip
    mentions = [
        Record(mention, name, full_form(number), first_15, born_on, sex, ties, counts.get(name, 1) / town)
        for mention, name, number, first_15, born_on, sex, ties in connection.execute(MENTIONS).fetchall()
    ]
    return Candidates(mentions, profiles, resident_of_profile, residents)
