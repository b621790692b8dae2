"""New residents: people no number names and no known resident could be.

A mention that says enough to be told apart, and that neither it nor any line of the same person
ties to somebody known, gets a resident without a number. The id belongs to the mention that founded
it and is made of that mention alone: replaying gives the same ids, and none is ever given twice.
Rules do not judge such a resident (see the macro ``is_named_in``): nobody can look him up elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import args_row

from linkage.candidates import LARGEST_GROUP

SAID = """
with

companions as (
    select open_group.group_no, array_agg(distinct links.resident_id) as residents
    from (select distinct group_no from stated) as open_group
    inner join intermediate.int_person_mentions as mentions using (group_no)
    inner join ops.person_link as links using (delivery_id, line_number, role)
    where links.method = 'id_number'
    group by open_group.group_no
    having count(distinct links.resident_id) <= %s
)

select
    stated.mention_id,
    stated.name,
    left(coalesce(stated.number, stated.surviving_digits), 15) as digits,
    stated.born,
    stated.sex_code,
    stated.case_no,
    stated.delivery_id || ':' || stated.line_number as line,
    array_remove(
        array['phone:' || stated.phone, 'account:' || stated.account_no, 'address:' || stated.address]
        || array(select 'resident:' || unnest(companions.residents)),
        null
    ) as ties,
    -- Somebody known, or a case for people.
    verdict.method <> 'unresolved' or stated.number_resident_id is not null
    or stated.mention_id in (select mention_id from doubtful) as is_claimed,
    founders.resident_id
from stated
inner join verdict using (delivery_id, line_number, role)
left join companions using (group_no)
left join ops.resident_identity as founders
    on stated.delivery_id = founders.first_delivery_id
    and stated.line_number = founders.first_line_number
    and stated.role = founders.first_role
order by stated.delivery_order, stated.delivery_id, stated.line_number, stated.role
"""

# 2^52 and up: apart from the ids of those with a number, and exact in every program that reads numbers.
FOUND = """
create temporary table founded (resident_id bigint) on commit drop;

with added as (
    insert into ops.resident_identity (resident_id, first_delivery_id, first_line_number, first_role)
    overriding system value
    select distinct
        4503599627370496 + ('x' || left(md5(newcomer.founder), 13))::bit(52)::bigint,
        stated.delivery_id,
        stated.line_number,
        stated.role
    from newcomer
    inner join stated on newcomer.founder = stated.mention_id
    where not exists (
        select 1 from ops.resident_identity as known
        where (known.first_delivery_id, known.first_line_number, known.first_role)
            = (stated.delivery_id, stated.line_number, stated.role)
    )
    returning resident_id
)

insert into founded select resident_id from added;
"""

SETTLE = """
update verdict
set resident_id = identities.resident_id, reasons = array['与已知居民均不符，自成一人（尚无有效号码）']
from newcomer
inner join stated as founders on newcomer.founder = founders.mention_id
inner join ops.resident_identity as identities
    on founders.delivery_id = identities.first_delivery_id
    and founders.line_number = identities.first_line_number
    and founders.role = identities.first_role
inner join stated on newcomer.mention_id = stated.mention_id
where
    verdict.delivery_id = stated.delivery_id and verdict.line_number = stated.line_number
    and verdict.role = stated.role;

update verdict
set reasons = array[
    case
        when open_mention.number_resident_id is not null then '号码有效，但姓名属于他人或经人工否定'
        when exists (select 1 from doubtful where doubtful.mention_id = open_mention.mention_id) then '待人工核对'
        when
            open_mention.name is null
            or coalesce(stated.number, stated.surviving_digits, stated.born) is null then '可辨信息不足'
        else '同一人的其他提及已有可能的居民'
    end
]
from open_mention
left join stated using (mention_id)
where
    verdict.resident_id is null
    and verdict.delivery_id = open_mention.delivery_id and verdict.line_number = open_mention.line_number
    and verdict.role = open_mention.role;
"""


@dataclass(frozen=True)
class Said:
    """What an open mention says, in the order in which mentions were first told. Dates as YYYYMMDD.

    digits: the first 15 of a number. is_claimed: somebody known, or for people to decide.
    founded: the new resident this mention once founded.
    """

    mention_id: str
    name: str
    digits: str | None = None
    born: str | None = None
    sex: str | None = None
    case_no: str | None = None
    line: str = ""
    ties: Sequence[str] = ()
    is_claimed: bool = False
    founded: int | None = None

    @property
    def birth_date(self) -> str | None:
        return self.born or (self.digits[6:14] if self.digits else None)

    def shared(self) -> Iterable[str]:
        """Two mentions that share one are of one person.

        The name, with the case, the first digits of a number, or the birth date and somebody or
        something beside it: spouse or kin, telephone, account, address.
        """
        if self.case_no:
            yield f"case {self.case_no} {self.name}"
        if self.digits:
            yield f"digits {self.digits} {self.name}"
        if self.birth_date:
            yield from (f"{tie} {self.birth_date} {self.name}" for tie in self.ties)


def newcomers(said: Iterable[Said], apart: set[tuple[str, int]]) -> dict[str, str]:
    """Mention to the mention that founds its new resident; whoever may be known is left out.

    said: all open mentions, the earliest first. apart: mention and new resident that people told apart.
    """
    found: dict[str, str] = {}
    for cluster in _clusters(list(said)):
        if any(mention.is_claimed for mention in cluster):
            continue
        parts = [[mention] for mention in cluster] if _contradict(cluster, apart) else [cluster]
        for part in parts:
            if any(mention.birth_date for mention in part):
                founder = next((mention for mention in part if mention.founded), part[0])
                found.update((mention.mention_id, founder.mention_id) for mention in part)
    return found


def _clusters(said: list[Said]) -> Iterable[list[Said]]:
    """Mentions connected by shared keys, in the order given."""
    leader = list(range(len(said)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    first_with: dict[str, int] = {}
    for place, mention in enumerate(said):
        for key in mention.shared():
            one, other = find(first_with.setdefault(key, place)), find(place)
            leader[max(one, other)] = min(one, other)
    clusters: dict[int, list[Said]] = defaultdict(list)
    for place, mention in enumerate(said):
        clusters[find(place)].append(mention)
    return clusters.values()


def _contradict(cluster: list[Said], apart: set[tuple[str, int]]) -> bool:
    """Can these not be one person? Two birth dates, two sexes, twice in one line, or told apart by people."""
    founded = [mention.founded for mention in cluster if mention.founded]
    return (
        len({mention.birth_date for mention in cluster if mention.birth_date}) > 1
        or len({mention.sex for mention in cluster if mention.sex}) > 1
        or len({mention.line for mention in cluster}) < len(cluster)
        or any((mention.mention_id, resident) in apart for mention in cluster for resident in founded)
    )


def settle_newcomers(connection: psycopg.Connection) -> None:
    """Give new residents to the mentions in ``verdict`` that have nobody, or the reason why not.

    Leaves the temporary table ``founded``: the residents founded in this run.
    """
    with connection.cursor(row_factory=args_row(Said)) as cursor:
        said = cursor.execute(SAID, [LARGEST_GROUP]).fetchall()
    apart = set(
        connection.execute(
            "select mention_id, resident_id from decided where decision = 'different'"
        ).fetchall()
    )
    connection.execute("create temporary table newcomer (mention_id text, founder text) on commit drop")
    with connection.cursor().copy("copy newcomer from stdin") as copy:
        for mention, founder in newcomers(said, apart).items():
            copy.write_row((mention, founder))
    connection.execute("analyze newcomer")
    connection.execute(FOUND)
    connection.execute(SETTLE)
