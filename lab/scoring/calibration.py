"""How far the scores of the linkage can be trusted: right links by threshold, and a calibration plot."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999)
BINS = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999, 1.0)
PRECISION = 0.99

# A resident is the person most of the mentions behind the id belong to.
PERSONS = """
create temporary table person_of_resident on commit drop as
select distinct on (resident_id) resident_id, person_uid
from (
    select resident_id, person_uid, count(*) as n
    from judged
    where resident_id is not null and method = 'id_number'
    group by resident_id, person_uid
) as counted
order by resident_id, n desc, person_uid
"""

# Of each mention without a valid number the likeliest resident, whether it was linked or not;
# cumulated from the highest score down.
RUNNING = """
with

best as (
    select distinct on (delivery_id, line_number, role)
        delivery_id, line_number, role, resident_id, 1 / (1 + power(2, -weight)) as score
    from ops.identity_pair
    order by delivery_id, line_number, role, weight desc, resident_id
),

offered as (
    select
        judged.person_uid,
        coalesce(case when links.method <> 'unresolved' then links.resident_id end, best.resident_id) as resident_id,
        coalesce(links.match_score, best.score, 0) as score
    from judged
    inner join ops.person_link as links using (delivery_id, line_number, role)
    left join best using (delivery_id, line_number, role)
    where judged.has_no_number
)

select
    score::float,
    (sum(count(resident_id)) over falling)::bigint,
    (sum(count(*) filter (where persons.person_uid = offered.person_uid)) over falling)::bigint,
    (sum(count(*)) over ())::bigint
from offered
left join person_of_resident as persons using (resident_id)
group by score
window falling as (order by score desc)
order by score desc
"""

CALIBRATION = """
select
    width_bucket(score, %s::float8[]) as bin,
    count(*),
    avg(score)::float,
    avg((persons.person_uid = judged.person_uid)::integer)::float
from (
    select pairs.*, 1 / (1 + power(2, -weight)) as score from ops.identity_pair as pairs
) as weighed
inner join judged using (delivery_id, line_number, role)
inner join person_of_resident as persons on weighed.resident_id = persons.resident_id
where judged.has_no_number
group by bin
order by bin
"""


@dataclass(frozen=True)
class ThresholdScore:
    """Were all mentions without a valid number linked to their likeliest resident from this score on.

    offered: mentions linked; right: to the right person; mentions: all of them, new people included.
    """

    threshold: float
    offered: int
    right: int
    mentions: int

    @property
    def precision(self) -> float | None:
        return self.right / self.offered if self.offered else None

    @property
    def recall(self) -> float | None:
        return self.right / self.mentions if self.mentions else None

    @property
    def f1(self) -> float | None:
        return 2 * self.right / (self.offered + self.mentions) if self.mentions else None


@dataclass(frozen=True)
class CalibrationBin:
    """Pairs of about one score: how many, their mean score, and the share that is one person."""

    pairs: int
    score: float
    share_right: float


@dataclass(frozen=True)
class Calibration:
    """recall_at_precision: the best recall at a precision of 0.99, None where none reaches it."""

    thresholds: list[ThresholdScore]
    bins: list[CalibrationBin]
    recall_at_precision: float | None


def calibrate(connection: psycopg.Connection) -> Calibration:
    """Needs the temporary table ``judged`` of ``lab.scoring.evaluate``, in the same transaction."""
    connection.execute(PERSONS)
    running = [ThresholdScore(*row) for row in connection.execute(RUNNING).fetchall()]
    mentions = running[0].mentions if running else 0
    thresholds = []
    for threshold in THRESHOLDS:
        reached = [score for score in running if score.threshold >= threshold]
        offered, right = (reached[-1].offered, reached[-1].right) if reached else (0, 0)
        thresholds.append(ThresholdScore(threshold, offered, right, mentions))
    good = [score.recall for score in running if score.recall and (score.precision or 0) >= PRECISION]
    bins = [CalibrationBin(*row[1:]) for row in connection.execute(CALIBRATION, [list(BINS)]).fetchall()]
    return Calibration(thresholds, bins, max(good, default=None))


SIDE, MARGIN = 360, 48
PLOT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" font-family="sans-serif" font-size="11">
<title>人员识别的把握与实际</title>
<rect x="{margin}" y="{margin}" width="{side}" height="{side}" fill="none" stroke="#888"/>
<path d="M{margin} {end} L{end} {margin}" stroke="#bbb" stroke-dasharray="4 4"/>
{ticks}
<text x="{middle}" y="{below}" text-anchor="middle">把握（模型给出的概率）</text>
<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">实际为同一人的比例</text>
{dots}
</svg>
"""
TICK = """<text x="{x}" y="{low}" text-anchor="middle">{label}</text>
<text x="{left}" y="{y}" text-anchor="end">{label}</text>"""
DOT = """<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="#1f5fa8" fill-opacity="0.6">\
<title>{score:.3f} → {share:.3f}（{pairs:,} 对）</title></circle>"""


def calibration_plot(bins: Sequence[CalibrationBin]) -> str:
    """An SVG: the nearer the dots are to the diagonal, the better a score means what it says."""
    end = MARGIN + SIDE
    ticks = [
        TICK.format(x=MARGIN + SIDE * tenth / 10, y=end - SIDE * tenth / 10 + 4, low=end + 16, left=MARGIN - 6,
                    label=tenth / 10)
        for tenth in range(0, 11, 2)
    ]  # fmt: skip
    dots = [
        DOT.format(x=MARGIN + SIDE * one.score, y=end - SIDE * one.share_right,
                   r=3 + 2 * len(str(one.pairs)), score=one.score, share=one.share_right, pairs=one.pairs)
        for one in bins
    ]  # fmt: skip
    return PLOT.format(
        size=SIDE + 2 * MARGIN, margin=MARGIN, side=SIDE, end=end, middle=MARGIN + SIDE / 2, below=end + 34,
        ticks="\n".join(ticks), dots="\n".join(dots),
    )  # fmt: skip
