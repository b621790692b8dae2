"""Compare linkage and findings with a ground truth in the layout of the simulator's ``truth/``."""

import csv
from dataclasses import dataclass
from pathlib import Path

import psycopg

from lab.scoring.calibration import Calibration, calibrate
from warehouse.database.errors import UsageError, given_path

TRUTH_TABLES = {
    "link": ("feed", "delivery_date", "line", "role", "person_uid"),
    "anomaly": ("rule_code", "label", "person_uid", "aid_household_no"),
}

# Mentions that the truth names, beside what we made of them; unresolved ones stand alone.
JUDGED_MENTIONS = """
create temporary table judged on commit drop as
select
    truth.person_uid,
    truth.feed,
    regexp_replace(truth.role, '\\d+$', '') as kind_of_role,
    mentions.delivery_id,
    mentions.line_number,
    mentions.role,
    said.id_number is null as has_no_number,
    mentions.resident_id,
    mentions.method,
    said.id_number_note,
    -- Alone in a cluster of its own where we do not know who it is.
    coalesce(mentions.resident_id, -row_number() over ()) as cluster_id,
    mentions.delivery_id is not null as is_known
from truth_link as truth
left join marts.person_mention as mentions
    on truth.feed = mentions.feed
    and truth.delivery_date::date = mentions.delivery_date
    and truth.line::integer = mentions.line_number
    and truth.role = mentions.role
left join intermediate.int_person_mentions as said
    on mentions.delivery_id = said.delivery_id
    and mentions.line_number = said.line_number
    and mentions.role = said.role
"""

# Pairs by the mention they belong to (each counts with both of its mentions), and B-cubed: of a
# mention's cluster, the share that is its person; of its person, the share that is in its cluster.
SLICES = """
with

cells as (
    select cluster_id, person_uid, count(*) as n from judged group by cluster_id, person_uid
),

sized as (
    select
        cells.*,
        sum(n) over (partition by cluster_id) as cluster_size,
        sum(n) over (partition by person_uid) as person_size
    from cells
),

sliced as (
    select feed || '.' || kind_of_role as slice, 'feed' as kind, cluster_id, person_uid from judged
    union all
    select coalesce(nullif(id_number_note, ''), 'clean'), 'defect', cluster_id, person_uid from judged
    union all
    select coalesce(method, 'missing'), 'method', cluster_id, person_uid from judged
    union all
    select 'all', 'all', cluster_id, person_uid from judged
)

select
    sliced.kind,
    sliced.slice,
    count(*),
    count(*) filter (where sliced.cluster_id < 0),
    (sum(n - 1) / nullif(sum(cluster_size - 1), 0))::float,
    (sum(n - 1) / nullif(sum(person_size - 1), 0))::float,
    avg(n / cluster_size)::float,
    avg(n / person_size)::float
from sliced
inner join sized using (cluster_id, person_uid)
group by sliced.kind, sliced.slice
order by sliced.kind, sliced.slice
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

told as (
    select distinct
        findings.outcome,
        findings.rule_code,
        case catalogue.subject
            when 'aid_household' then coalesce(
                findings.aid_household_no, persons.person_uid, 'resident ' || findings.subject_resident_id
            )
            when 'case' then findings.evidence -> 'facts' ->> 'case_no'
            else coalesce(persons.person_uid, 'resident ' || findings.subject_resident_id)
        end as subject
    from rules.finding as findings
    inner join catalogue using (rule_code)
    left join persons on findings.subject_resident_id = persons.resident_id
),

found as (select rule_code, subject from told where outcome = 'hit'),

-- Told of the subject, or of a line whose person is not known and truly is the subject.
unknown as (
    select rule_code, subject from told where outcome = 'not_assessable'
    union
    select findings.rule_code, judged.person_uid
    from rules.finding as findings
    cross join jsonb_array_elements(findings.evidence -> 'sources') as source
    inner join judged
        on source ->> 'delivery_id' = judged.delivery_id
        and (source ->> 'line_number')::integer = judged.line_number
    where findings.outcome = 'not_assessable' and judged.method = 'unresolved'
),

stated as (
    select distinct
        truth.rule_code,
        truth.label,
        case
            when catalogue.subject in ('aid_household', 'case') then truth.aid_household_no
            else truth.person_uid
        end as subject
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
    (
        select count(*) from stated
        inner join unknown using (rule_code, subject)
        left join found using (rule_code, subject)
        where stated.rule_code = catalogue.rule_code and label = 'hit' and found.subject is null
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


def harmonic(precision: float | None, recall: float | None) -> float | None:
    """F1, or None where one of the two is unknown or both are nothing."""
    if precision is None or recall is None or precision + recall == 0:
        return None
    return 2 * precision * recall / (precision + recall)


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
class SliceScore:
    """Linkage of some mentions against all: by feed and role, defect of the number, or method.

    kind: ``all``, ``feed``, ``defect`` or ``method``. Precision and recall by pairs and B-cubed.
    """

    kind: str
    slice: str
    mentions: int
    unresolved: int
    precision: float | None
    recall: float | None
    b_cubed_precision: float
    b_cubed_recall: float

    @property
    def f1(self) -> float | None:
        return harmonic(self.precision, self.recall)

    @property
    def b_cubed_f1(self) -> float | None:
        return harmonic(self.b_cubed_precision, self.b_cubed_recall)


@dataclass(frozen=True)
class RuleScore:
    """One rule against the truth. Counts of subjects (residents, aid households or cases).

    Precision is unknown where the truth says nothing of the rule, neither hit nor near miss.
    missed_but_told: true hits that are not reported, but said to be not assessable; the other missed
    ones read as clear, or as nothing at all.
    """

    rule_code: str
    title_zh: str
    true_hits: int
    reported: int
    correct: int
    missed_but_told: int
    near_misses: int
    near_misses_reported: int

    @property
    def precision(self) -> float | None:
        """None where the truth does not speak of the rule at all."""
        is_in_the_truth = self.true_hits > 0 or self.near_misses > 0
        return ratio(self.correct, self.reported) if is_in_the_truth else None

    @property
    def recall(self) -> float | None:
        return ratio(self.correct, self.true_hits)

    @property
    def missed(self) -> int:
        return self.true_hits - self.correct


@dataclass(frozen=True)
class Evaluation:
    linkage: LinkageScore
    slices: list[SliceScore]
    rules: list[RuleScore]
    calibration: Calibration


def _load_truth(connection: psycopg.Connection, folder: Path) -> None:
    for table, columns in TRUTH_TABLES.items():
        path = folder / f"{table}.csv"
        if not path.is_file():
            raise UsageError(
                f"缺少文件。 {path} is missing. --truth wants a folder with link.csv and anomaly.csv."
            )
        with given_path(path), path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            absent = set(columns) - set(reader.fieldnames or [])
            if absent:
                raise UsageError(f"{path}：缺少列 columns missing: {', '.join(sorted(absent))}.")
            names = ", ".join(columns)
            connection.execute(
                f"create temporary table truth_{table} ({names.replace(',', ' text,')} text) on commit drop"
            )
            with connection.cursor().copy(f"copy truth_{table} ({names}) from stdin") as copy:
                for row in reader:
                    copy.write_row([row[column] for column in columns])


def evaluate(connection: psycopg.Connection, folder: Path) -> Evaluation:
    """Score the last build against ``link.csv`` and ``anomaly.csv`` of a truth folder.

    Linkage by pairs of mentions: a pair is right if both belong to one true person; also B-cubed,
    and both by feed and role, by what was wrong with the number, and by method. Rules by
    subject: a resident for person rules, an aid household for household rules, and the number of a
    household or entitlement (in the truth's column aid_household_no) for rules about a case. The scores
    of the weighing by threshold and by what they promise. Only temporary tables are written.
    """
    with connection.transaction():
        _load_truth(connection, folder)
        connection.execute(JUDGED_MENTIONS)
        same, ours, true = connection.execute(PAIRS).fetchone() or (0, 0, 0)
        total, missing, unresolved, unexpected, mixed = (
            connection.execute(MENTION_COUNTS).fetchone() or (0,) * 5
        )
        slices = [SliceScore(*row) for row in connection.execute(SLICES).fetchall()]
        calibration = calibrate(connection)
        rules = [RuleScore(*row) for row in connection.execute(RULES).fetchall()]
    linkage = LinkageScore(total, missing, unresolved, unexpected, mixed, int(same), int(ours), int(true))
    return Evaluation(linkage, slices, rules, calibration)
