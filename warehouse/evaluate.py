"""Compare linkage and findings with a ground truth in the layout of the simulator's ``truth/``."""

import csv
from dataclasses import dataclass
from pathlib import Path

import psycopg

from warehouse.errors import UsageError

TRUTH_TABLES = {
    "link": ("feed", "delivery_date", "line", "role", "person_uid"),
    "anomaly": ("rule_code", "label", "person_uid", "aid_household_no"),
}

# Mentions that the truth names, beside what we made of them; unresolved ones stand alone.
JUDGED_MENTIONS = """
create temporary table judged on commit drop as
select
    truth.person_uid,
    mentions.resident_id,
    mentions.delivery_id is not null as is_known
from truth_link as truth
left join marts.person_mention as mentions
    on truth.feed = mentions.feed
    and truth.delivery_date::date = mentions.delivery_date
    and truth.line::integer = mentions.line_number
    and truth.role = mentions.role
"""

PAIRS = """
with

pairs (kind, n) as (
    select 'same', count(*) from judged where resident_id is not null group by resident_id, person_uid
    union all
    select 'ours', count(*) from judged where resident_id is not null group by resident_id
    union all
    select 'true', count(*) from judged group by person_uid
)

select
    coalesce(sum(n * (n - 1) / 2) filter (where kind = 'same'), 0),
    coalesce(sum(n * (n - 1) / 2) filter (where kind = 'ours'), 0),
    coalesce(sum(n * (n - 1) / 2) filter (where kind = 'true'), 0)
from pairs
"""

MENTION_COUNTS = """
select
    count(*),
    count(*) filter (where not is_known),
    count(*) filter (where is_known and resident_id is null),
    (select count(*) from marts.person_mention) - count(*) filter (where is_known),
    (
        select count(*)
        from (select 1 from judged where resident_id is not null
              group by resident_id having count(distinct person_uid) > 1) as mixed
    )
from judged
"""

# A resident is the person most of the mentions behind the id belong to.
RULES = """
with

persons as (
    select distinct on (resident_id) resident_id, person_uid
    from (
        select resident_id, person_uid, count(*) as n
        from judged
        where resident_id is not null
        group by resident_id, person_uid
    ) as counted
    order by resident_id, n desc, person_uid
),

catalogue as (select rule_code, title_zh, subject from rules.anomaly_rule where status = 'active'),

found as (
    select distinct
        findings.rule_code,
        case catalogue.subject
            when 'resident' then coalesce(persons.person_uid, 'resident ' || findings.subject_resident_id)
            else findings.aid_household_no
        end as subject
    from rules.finding as findings
    inner join catalogue using (rule_code)
    left join persons on findings.subject_resident_id = persons.resident_id
    where findings.outcome = 'hit'
),

stated as (
    select distinct
        truth.rule_code,
        truth.label,
        case catalogue.subject when 'resident' then truth.person_uid else truth.aid_household_no end as subject
    from truth_anomaly as truth
    inner join catalogue using (rule_code)
)

select
    catalogue.rule_code,
    catalogue.title_zh,
    (select count(*) from stated where stated.rule_code = catalogue.rule_code and label = 'hit'),
    (select count(*) from found where found.rule_code = catalogue.rule_code),
    (
        select count(*) from found
        inner join stated using (rule_code, subject)
        where found.rule_code = catalogue.rule_code and label = 'hit'
    ),
    (select count(*) from stated where stated.rule_code = catalogue.rule_code and label = 'near_miss'),
    (
        select count(*) from found
        inner join stated using (rule_code, subject)
        where
            found.rule_code = catalogue.rule_code and label = 'near_miss'
            and not exists (
                select 1 from stated as hits
                where hits.rule_code = found.rule_code and hits.subject = found.subject and hits.label = 'hit'
            )
    )
from catalogue
order by catalogue.rule_code
"""


def ratio(part: int, whole: int) -> float | None:
    """A share, or None where there is nothing to divide by."""
    return part / whole if whole else None


@dataclass(frozen=True)
class LinkageScore:
    """Pairwise agreement of person mentions. Counts of mentions, residents and pairs."""

    mentions: int
    missing: int
    unresolved: int
    unexpected: int
    mixed_residents: int
    true_positive_pairs: int
    predicted_pairs: int
    actual_pairs: int

    @property
    def precision(self) -> float | None:
        return ratio(self.true_positive_pairs, self.predicted_pairs)

    @property
    def recall(self) -> float | None:
        return ratio(self.true_positive_pairs, self.actual_pairs)

    @property
    def f1(self) -> float | None:
        return ratio(2 * self.true_positive_pairs, self.predicted_pairs + self.actual_pairs)


@dataclass(frozen=True)
class RuleScore:
    """One rule against the truth. Counts of subjects (residents or aid households)."""

    rule_code: str
    title_zh: str
    true_hits: int
    reported: int
    correct: int
    near_misses: int
    near_misses_reported: int

    @property
    def precision(self) -> float | None:
        return ratio(self.correct, self.reported)

    @property
    def recall(self) -> float | None:
        return ratio(self.correct, self.true_hits)


@dataclass(frozen=True)
class Evaluation:
    linkage: LinkageScore
    rules: list[RuleScore]


def _load_truth(connection: psycopg.Connection, folder: Path) -> None:
    for table, columns in TRUTH_TABLES.items():
        path = folder / f"{table}.csv"
        if not path.is_file():
            raise UsageError(f"{path} is missing. --truth wants a folder with link.csv and anomaly.csv.")
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            absent = set(columns) - set(reader.fieldnames or [])
            if absent:
                raise UsageError(f"{path}: columns missing: {', '.join(sorted(absent))}.")
            names = ", ".join(columns)
            connection.execute(
                f"create temporary table truth_{table} ({names.replace(',', ' text,')} text) on commit drop"
            )
            with connection.cursor().copy(f"copy truth_{table} ({names}) from stdin") as copy:
                for row in reader:
                    copy.write_row([row[column] for column in columns])


def evaluate(connection: psycopg.Connection, folder: Path) -> Evaluation:
    """Score the last build against ``link.csv`` and ``anomaly.csv`` of a truth folder.

    Linkage by pairs of mentions: a pair is right if both belong to one true person. Rules by
    subject: a resident for person rules, an aid household for household rules. Only temporary
    tables are written.
    """
    with connection.transaction():
        _load_truth(connection, folder)
        connection.execute(JUDGED_MENTIONS)
        same, ours, true = connection.execute(PAIRS).fetchone() or (0, 0, 0)
        total, missing, unresolved, unexpected, mixed = (
            connection.execute(MENTION_COUNTS).fetchone() or (0,) * 5
        )
        rules = [RuleScore(*row) for row in connection.execute(RULES).fetchall()]
    linkage = LinkageScore(total, missing, unresolved, unexpected, mixed, int(same), int(ours), int(true))
    return Evaluation(linkage, rules)
