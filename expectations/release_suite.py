"""The release suite: batches over marts and rules with what is expected of them.

Importing this module imports Great Expectations (seconds): do it inside functions.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from great_expectations.expectations.core import ExpectColumnSumToBeBetween
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.counting import CRITICAL, WARNING, ExpectQueryRowCount
from expectations.gate import Batch, sql_literal
from expectations.release import COUNTED, MASKED, Published, ReleaseLimits
from ingestion.contract import Contract
from ingestion.records import CanonicalRecord, Person, canonical_records

# Where the people and cases are of which parameters and limits are asked.
PLACED = """select division_code from marts.resident
union all select division_code from marts.aid_household
union all select division_code from marts.entitlement"""


def release_batches(
    served: Mapping[str, str],
    published: Published,
    rule_codes: Sequence[str],
    contracts: Mapping[str, Contract],
    limits: ReleaseLimits,
    records: Collection[str],
) -> Iterator[Batch]:
    """Everything that is asked before publishing, a batch at a time. records: the kinds that are staged."""
    for table, source in served.items():
        expectations = [*_rows(table, published, limits), *_masked(source)]
        if expectations:
            yield Batch(f"release.{table}", f"select * from {source}", expectations)
    if published.paid_yuan:
        yield _paid(published, limits)
    yield Batch(
        "release.recipients",
        "select distinct resident_id from marts.benefit_month_person where resident_id is not null",
        [_flagged(rule_code, limits) for rule_code in rule_codes],
    )
    if published.generation is not None:
        yield Batch(
            "release.hits",
            "select * from rules.finding where outcome = 'hit'",
            list(_hits(published, rule_codes, limits)),
        )
    yield Batch("release.former_divisions", PLACED, [_in_force()])
    yield Batch(
        "release.precision",
        "select * from rules.rule_precision",
        [_observed(rule_code) for rule_code in rule_codes],
    )
    if published.assessed:
        yield _coverage(published, limits)
    if expectations := [
        *records_found_again(contracts, records),
        *codes_known(contracts, limits, records),
    ]:
        yield Batch("release.records", "select 1", expectations)
    if naming := [
        record for record in canonical_records().values() if record.persons and _senders(contracts, record)
    ]:
        yield Batch(
            "release.mentions",
            "select feed, delivery_id, count(*) as persons from marts.person_mention group by feed, delivery_id",
            [
                *(mentions_of_every_line(record, record.name in records) for record in naming),
                _of_known_records(naming),
            ],
            copy=True,
        )
        yield Batch("release.linked", "select * from marts.person_mention", [_linked()])


def _in_force() -> Expectation:
    """Former codes that one other came after are read as that one; the rest stays as sent, and is counted here."""
    return ExpectQueryRowCount(
        unexpected_rows_query="select 1 from {batch} as placed inner join marts.division using (division_code)"
        " where valid_to is not null",
        max_count=0,
        severity=WARNING,
        description="居民、家庭与待遇的区划代码均为现行（已停用而接续不止一个或没有接续的，按原样保留，不作推断）",
    )


def records_found_again(contracts: Mapping[str, Contract], records: Collection[str]) -> Iterator[Expectation]:
    """The mart of every kind of record that somebody sends and that holds: none means that it was misread."""
    for record in canonical_records().values():
        senders = _senders(contracts, record)
        whole = record.part_of or record.name
        if not senders or record.mart is None or record.name not in records:
            continue
        shared = [other for other in canonical_records().values() if other.mart == record.mart]
        condition = f"where feed = {sql_literal(record.name)}" if len(shared) > 1 else ""
        part = (
            f"inner join staging.stg_{record.name} using (feed, delivery_id, line_number)"
            if record.part_of
            else ""
        )
        yield _count(
            f"""select 1 where not exists (select from marts.{record.mart} {condition})
            and exists (
                select from intermediate.int_standing_records as standing {part}
                where standing.record = {sql_literal(whole)}
            )""",
            CRITICAL,
            f"{record.title}（{'、'.join(senders)}）的有效记录进入 {record.mart}：没有一条的，应查契约的代码对应",
            most=0,
        )


def _senders(contracts: Mapping[str, Contract], record: CanonicalRecord) -> list[str]:
    """The feeds that tell of a record by any version of their contracts."""
    return [
        contract.feed
        for contract in contracts.values()
        if any(binding.record == record for version in contract.versions for binding in version.bindings)
    ]


def codes_known(
    contracts: Mapping[str, Contract], limits: ReleaseLimits, records: Collection[str]
) -> Iterator[Expectation]:
    """Of every list of codes that rules cannot do without, each sender's lines know at least one, as each version
    of its contract reads them."""
    for version, first_day, following_day in chain.from_iterable(c.periods for c in contracts.values()):
        days = _and_days(first_day, following_day)
        since = f"，自 {first_day}" if first_day else ""
        for binding in version.bindings:
            table = f"staging.stg_{binding.record.name}"
            for column in binding.record.columns if binding.record.name in records else ():
                is_needed = column.is_required or (column.loses and column.blank is None)
                if not column.codes or not is_needed or column.name not in binding.values:
                    continue
                least = 1 if column.is_required else limits.emptied_rows
                lines = f"from {table} where feed = {sql_literal(version.feed)} and not is_revoking{days}"
                yield _count(
                    f"""select 1 where not exists (select {lines} and {column.name} is not null)
                    and (select count(*) from (select 1 {lines} limit {least}) as line) = {least}""",
                    CRITICAL,
                    f"{binding.record.title}（{version.feed}{since}）的 {column.title} 至少有一个已知的代码",
                    most=0,
                )


def _and_days(first_day: date | None, following_day: date | None) -> str:
    """The deliveries of a version of a contract."""
    bounds = ((">=", first_day), ("<", following_day))
    return "".join(f" and delivery_date {sign} date '{day}'" for sign, day in bounds if day is not None)


def _count(
    query: str,
    severity: FailureSeverity,
    description: str,
    *,
    least: float | None = None,
    most: float | None = None,
    rule_code: str | None = None,
) -> ExpectQueryRowCount:
    return ExpectQueryRowCount(
        unexpected_rows_query=query,
        min_count=None if least is None else round(least),
        max_count=None if most is None else round(most),
        severity=severity,
        description=description,
        meta={"rule_code": rule_code} if rule_code else None,
    )


def _rows(table: str, published: Published, limits: ReleaseLimits) -> Iterator[Expectation]:
    before = published.rows.get(table, 0)
    if before >= limits.emptied_rows:
        yield _count("select 1 from {batch} as line", CRITICAL, f"{table} 不为空（上一世代有数据）", least=1)
    if table == "resident" and before:
        for severity, share in ((CRITICAL, limits.total_loss), (WARNING, limits.total_change)):
            yield _count(
                "select 1 from {batch} as line",
                severity,
                f"居民数比上一世代减少不超过 {share:.0%}",
                least=before - max(before * share, limits.slack_rows),
            )
        yield _count(
            "select 1 from {batch} as line",
            WARNING,
            f"居民数比上一世代增加不超过 {limits.total_change:.0%}",
            least=0,
            most=before + max(before * limits.total_change, limits.slack_rows),
        )


def _masked(source: str) -> Iterator[Expectation]:
    for table, expression in MASKED:
        if table == source:
            yield _count(
                "select 1 from {batch} as line where cast("
                f"{expression} as text) <> clean.mask_id_numbers_in(cast({expression} as text))",
                CRITICAL,
                f"{source} 的 {expression.split()[0]} 中没有未脱敏的身份号码",
                most=0,
            )


def _paid(published: Published, limits: ReleaseLimits) -> Batch:
    """One row, a column per month."""
    sums, expectations = [], []
    for month, before in sorted(published.paid_yuan.items()):
        column = f"paid_yuan_{month:%Y_%m}"
        paid = f"sum(paid_yuan) filter (where is_paid and benefit_month = date '{month}')"
        sums.append(f"coalesce({paid}, 0) as {column}")
        for severity, share, is_capped in (
            (CRITICAL, limits.total_loss, False), (WARNING, limits.total_change, True),
        ):  # fmt: skip
            allowed = max(before * share, limits.slack_yuan)
            expectations.append(
                ExpectColumnSumToBeBetween(
                    column=column,
                    min_value=round(before - allowed, 2),
                    max_value=round(before + allowed, 2) if is_capped else None,
                    severity=severity,
                    description=f"{month:%Y-%m} 发放金额与上一世代相差不超过 {share:.0%}"
                    if is_capped
                    else f"{month:%Y-%m} 发放金额比上一世代减少不超过 {share:.0%}",
                )
            )
    query = f"select {', '.join(sums)} from marts.benefit_month"
    return Batch("release.paid_months", query, expectations, copy=True)


def _flagged(rule_code: str, limits: ReleaseLimits) -> Expectation:
    """Recipients flagged as a person or with their household; the batch is all recipients."""
    hits = f"rules.finding where outcome = 'hit' and rule_code = {sql_literal(rule_code)}"
    return ExpectQueryRowCount(
        unexpected_rows_query=f"""select resident_id from {{batch}} as recipient where resident_id in (
            select subject_resident_id from {hits}
            union all
            select resident_id from marts.aid_household_member where aid_household_no in (
                select aid_household_no from {hits} and subject_resident_id is null
            )
        )""",
        max_share=limits.flagged_share,
        spared=limits.hit_slack,
        severity=WARNING,
        description=f"{rule_code} 命中的领取人不超过 {limits.flagged_share:.0%}（超过说明规则口径失当）",
        meta={"rule_code": rule_code},
    )


def _hits(published: Published, rule_codes: Sequence[str], limits: ReleaseLimits) -> Iterator[Expectation]:
    for rule_code in rule_codes:
        before = published.hits.get(rule_code, 0)
        allowed = max(before * limits.hit_change, limits.hit_slack)
        yield _count(
            f"select 1 from {{batch}} as finding where rule_code = {sql_literal(rule_code)}",
            WARNING,
            f"{rule_code} 命中数与上一世代相差不超过 {limits.hit_change:.0%} 或 {limits.hit_slack} 件",
            least=max(before - allowed, 0),
            most=before + allowed,
            rule_code=rule_code,
        )


def _observed(rule_code: str) -> Expectation:
    """Divisions in which officers mostly found the rule wrong."""
    return _count(
        f"select 1 from {{batch}} as observed where is_observed and rule_code = {sql_literal(rule_code)}",
        WARNING,
        f"{rule_code} 在各区划的核实准确率不过低（过低的降为观察）",
        most=0,
        rule_code=rule_code,
    )


def _coverage(published: Published, limits: ReleaseLimits) -> Batch:
    """One row, a column per rule."""
    sums, expectations = [], []
    for rule_code, before in sorted(published.assessed.items()):
        column = f"assessed_{rule_code.lower()}"
        sums.append(
            f"coalesce(sum(assessed) filter (where rule_code = {sql_literal(rule_code)}), 0) as {column}"
        )
        expectations.append(
            ExpectColumnSumToBeBetween(
                column=column,
                min_value=before - max(round(before * limits.coverage_loss), limits.slack_rows),
                severity=WARNING,
                description=f"{rule_code} 已判断的对象数比上一世代减少不超过 {limits.coverage_loss:.0%}",
                meta={"rule_code": rule_code},
            )
        )
    query = f"select {', '.join(sums)} from rules.coverage"
    return Batch("release.coverage_of_rules", query, expectations, copy=True)


def mentions_of_every_line(record: CanonicalRecord, is_staged: bool) -> Expectation:
    """Every person whom the lines in use name in a kind of record has one mention; a role left empty names nobody.

    The lines of deliveries that this gate has let through before are not cleaned once more: they are counted
    as staging keeps them, where that holds the kind of record.
    """
    named = " + ".join(
        _is_one(_is_named(f"line.{person.name}", f"line.{person.id_number}")) for person in record.persons
    )
    staged = " + ".join(_is_one(_is_named_as_staged(person)) for person in record.persons)
    counted = f"select delivery_id from ops.absorbed_delivery where model = '{COUNTED}'"
    lines = f"select line.delivery_id, {named} as persons from input.{record.name} as line where not line.is_absent"
    kept = f"""
        and line.delivery_id = any(array(
            select delivery_id from staging.stg_deliveries except {counted}
        ))
        union all
        select line.delivery_id, {staged}
        from staging.stg_{record.name} as line
        where line.is_absent is not true and line.delivery_id in ({counted})"""
    return _count(
        f"""select coalesce(expected.delivery_id, found.delivery_id)
        from (
            select named.* from (
                select delivery_id, sum(persons) as persons from ({lines}{kept if is_staged else ""}) as line
                group by delivery_id
            ) as named
            inner join staging.stg_deliveries as delivery on named.delivery_id = delivery.delivery_id
            where named.persons > 0
        ) as expected
        full join (
            select * from {{batch}} as mention where feed = {sql_literal(record.kind)}
        ) as found on expected.delivery_id = found.delivery_id
        where expected.persons is distinct from found.persons""",
        CRITICAL,
        f"{record.title}：每份交付的每一行、每一角色各有一条人员提及",
        most=0,
    )


def _of_known_records(records: Sequence[CanonicalRecord]) -> Expectation:
    known = ", ".join(sql_literal(record.kind) for record in records)
    return _count(
        f"select 1 from {{batch}} as mention where feed is null or feed not in ({known})",
        CRITICAL,
        "人员提及都出自列有人员的记录",
        most=0,
    )


def _linked() -> Expectation:
    """No mention was passed over by the linkage: whoever is unresolved was looked at."""
    return _count(
        """select mention.delivery_id
        from {batch} as mention
        left join ops.person_link as link using (delivery_id, line_number, role)
        where link.delivery_id is null""",
        CRITICAL,
        "每条人员提及都经过身份关联",
        most=0,
    )


def _is_one(condition: str) -> str:
    return f"case when {condition} then 1 else 0 end"


def _is_named_as_staged(person: Person) -> str:
    """`_is_named`, of a line as staging cleaned it."""
    prefix = person.id_number.removesuffix("id_number")
    return f"(line.{prefix}name is not null or line.{prefix}id_number_note <> 'missing')"


def _is_named(name: str, id_number: str) -> str:
    """Whether a name or a number is given, as staging sees it."""
    return f"(clean.person_name({name}) is not null or clean.id_number_note({id_number}) <> 'missing')"
