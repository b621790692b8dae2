"""Release gate: is the whole fit to publish?

Compares what the marts and rules hold now with the generation that readers see, and looks for
bare identity numbers where only masked ones may stand. What would mislead or expose is critical
and closes the gate (the last generation stays); a jump somebody should explain is a warning.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Engine, text

from expectations.gate import GateReport, GateRunner, record
from ingestion.contract import Contract, load_contracts
from ingestion.records import canonical_records

SUITE = "release"
# Under which name ops.absorbed_delivery lists the deliveries whose lines the gate has counted and let through.
COUNTED = "release_gate"

# Served columns (or a part of them) in which an identity number may stand only masked.
MASKED = (
    ("rules.finding", "evidence - 'sources'"),
    ("marts.resident", "masked_id_number"),
    ("marts.aid_household_member", "id_number_note"),
    ("marts.property_item", "detail"),
    ("marts.household_means_item", "detail"),
)


@dataclass(frozen=True)
class ReleaseLimits:
    """How far a generation may be from the one before. Shares are 0 to 1.

    total_change: residents or money of a month that change by more are told; total_loss: that
    shrink by more close the gate, beyond slack_rows rows or slack_yuan yuan. A table of
    emptied_rows rows or more must not become empty, nor a column without which rules cannot speak be empty in as
    many lines. hit_change, hit_slack: hits of a rule that
    change by more than the greater of the two. flagged_share: a rule that flags more of the
    recipients is mis-tuned. coverage_loss: a rule that judges fewer subjects.
    """

    total_change: float = 0.1
    total_loss: float = 0.3
    slack_rows: int = 20
    slack_yuan: int = 20_000
    emptied_rows: int = 20
    compared_months: int = 12
    hit_change: float = 0.5
    hit_slack: int = 20
    flagged_share: float = 0.2
    coverage_loss: float = 0.1


@dataclass(frozen=True)
class Published:
    """What readers see now: counts by table, paid yuan by month, hits and assessed by rule."""

    generation: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    paid_yuan: Mapping[date, float] = field(default_factory=dict)
    hits: Mapping[str, int] = field(default_factory=dict)
    assessed: Mapping[str, int] = field(default_factory=dict)


def gate_release(
    engine: Engine,
    generation: int,
    served: Mapping[str, str],
    limits: ReleaseLimits = ReleaseLimits(),
    contracts: Mapping[str, Contract] | None = None,
) -> GateReport:
    """Judge the marts and rules as built for a generation, and record the judgement.

    served: served tables and where each comes from. The first generation is compared with
    nothing. contracts: to know how many persons a line names; those of the program by default.
    Raises CheckFault where an expectation cannot be evaluated.
    """
    with engine.connect() as connection:
        published = read_published(connection, served, limits)
        rule_codes = list(
            connection.execute(text("select rule_code from rules.anomaly_rule order by 1")).scalars()
        )
        landed = set(
            connection.execute(text("select tablename from pg_tables where schemaname = 'raw'")).scalars()
        )
        staged = set(
            connection.execute(text("select tablename from pg_tables where schemaname = 'staging'")).scalars()
        )
    contracts = load_contracts() if contracts is None else contracts
    landed_contracts = {feed: contract for feed, contract in contracts.items() if feed in landed}
    records = [record for record in canonical_records() if f"stg_{record}" in staged]
    with GateRunner(engine) as runner:
        from expectations.release_suite import release_batches

        results = runner.run(
            SUITE, release_batches(served, published, rule_codes, landed_contracts, limits, records)
        )
    report = GateReport("release", f"generation:{generation}", SUITE, tuple(results))
    with engine.begin() as connection:
        record(connection, report)
    return report


PAID_YUAN = """
select benefit_month, sum(paid_yuan) from pub.current_benefit_month
where is_paid and benefit_month < date_trunc('month', cast(:business_date as date))
group by benefit_month order by benefit_month desc limit :months
"""


def read_published(connection: Connection, served: Iterable[str], limits: ReleaseLimits) -> Published:
    """Totals of the generation readers see; empty before the first one.

    Money only of months that were over on its business date: the current one still grows.
    """
    release = connection.execute(
        text("select generation, business_date from pub.current_release")
    ).one_or_none()
    if release is None:
        return Published()
    rows = {
        table: connection.execute(text(f"select count(*) from pub.current_{table}")).scalar_one()
        for table in served
    }
    months = {"business_date": release.business_date, "months": limits.compared_months}
    paid = connection.execute(text(PAID_YUAN), months).all()
    hits = connection.execute(
        text("select rule_code, count(*) from pub.current_finding where outcome = 'hit' group by 1")
    ).all()
    assessed = connection.execute(
        text("select rule_code, sum(assessed) from pub.current_coverage group by 1")
    ).all()
    return Published(
        generation=release.generation,
        rows=rows,
        paid_yuan={month: float(yuan) for month, yuan in paid},
        hits={code: int(count) for code, count in hits},
        assessed={code: int(count) for code, count in assessed},
    )
