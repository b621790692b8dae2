"""What the gate asks of a delivery as the records it holds: their numbers and persons, references, amounts, codes.

Asked of ``input.<record>``, which is all that later steps read: whatever the sender's columns, codes and units are.
"""

from collections.abc import Iterator
from itertools import groupby, starmap

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.counting import CRITICAL, WARNING, ExpectQueryRowCount
from expectations.gate import sql_literal
from expectations.landing import Landed, LandingLimits
from ingestion.contract import Contract
from ingestion.records import CanonicalRecord, RecordColumn
from ingestion.value import Value

Place = tuple[CanonicalRecord, RecordColumn]


def title(place: Place) -> str:
    record, column = place
    return f"{record.title}·{column.title}"


def sent(contract: Contract) -> list[Place]:
    """Every column that some binding of the contract fills, record by record."""
    names: dict[CanonicalRecord, set[str]] = {}
    for binding in contract.bindings:
        names.setdefault(binding.record, set()).update(binding.values)
    return [
        (record, column)
        for record, filled in names.items()
        for column in record.columns
        if column.name in filled
    ]


def read_once(name: str, expression: str) -> str:
    """Join of an expression over the lines before it, under a name. PostgreSQL works it out once for each value
    where it expects few (a plan node Memoize), which it does for a join only: reading a value costs more than
    all that is then counted."""
    return f" cross join lateral (select {expression} as {name} offset 0) as {name}"


# -- numbers of persons, beside the lines that name them --------------------------------------


def numbers(contract: Contract) -> list[tuple[str, Place]]:
    """The identity numbers of persons: the column of the batch that says of a line whether all of them can be
    read (1, else 0; null without any), and whose they are."""
    return [
        (f"{record.name}__{column.name}__number", (record, column))
        for record, column in sent(contract)
        if any(person.id_number == column.name for person in record.persons)
    ]


def joined_numbers(contract: Contract, landed: Landed) -> str:
    """Joins to ``raw.<feed> as line`` that bring the columns of `numbers`."""
    joins = []
    for record, checks in groupby(numbers(contract), lambda check: check[1][0]):
        read_as = {
            name: f"case when nullif(btrim({column.name}), '') is not null"
            f" then cast(clean.id_number({column.name}) is not null as integer) end"
            for name, (_, column) in checks
        }
        readable = ", ".join(f"min({name}.{name}) as {name}" for name in read_as)
        told = _told(record, landed.feed, landed.delivery_id)
        read = "".join(starmap(read_once, read_as.items()))
        joins.append(
            f" left join (select line_number as _record_line, {readable} from {told}{read} group by line_number)"
            f" as {record.name} on {record.name}._record_line = line._line_number"
        )
    return "".join(joins)


def _told(record: CanonicalRecord, feed: str, delivery_id: str) -> str:
    """The records of one kind in a delivery of a feed, to select from; those of other feeds are not looked at."""
    return (
        f"(select * from input.{record.name} where feed = {sql_literal(feed)}"
        f" and delivery_id = {sql_literal(delivery_id)} and not is_absent) as told"
    )


# -- what is expected -------------------------------------------------------------------------


def kept_apart(contract: Contract, landed: Landed, limits: LandingLimits) -> Iterator[Expectation]:
    """Of records with the same key one is left, and none of one without: also where a file tells its lines apart by
    something else."""
    for binding in {one.record: one for one in contract.bindings if one.record.part_of is None}.values():
        record = binding.record
        delivered = f"{_told(record, landed.feed, landed.delivery_id)} where not is_revoked"
        lost = []
        if not _tells_records_apart(contract, record):
            names = [name for name in record.key if name in binding.values]
            key = ", ".join(names)
            # Of somebody without a number the name stands for it.
            given = "".join(
                f" and nullif(btrim({name}), '') is not null"
                for name in names
                if record.column(name).type == "id_number"
            )
            lost.append(
                f"select 1 from (select row_number() over (partition by {key}) as n"
                f" from (select distinct {key}, line_key, position from {delivered}{given}) as said) as numbered"
                " where n > 1"
            )
        number = record.numbered_key
        if (
            number is not None
            and number in binding.values
            and not _is_required(contract, binding.values[number])
        ):
            lost.append(f"select 1 from {delivered} and {number} is null")
        for severity, share in ((WARNING, 0.0), (CRITICAL, limits.keys_repeated)) if lost else ():
            yield ExpectQueryRowCount(
                unexpected_rows_query=" union all ".join(lost),
                max_share=share,
                severity=severity,
                description=f"{record.title} 因编号缺失或重复而丢失的不超过 {share:.0%}",
            )


def _tells_records_apart(contract: Contract, record: CanonicalRecord) -> bool:
    """Whether the key of a record holds all that tells one line from another."""
    return all(
        one.each is None
        and {value.column for name in record.key if (value := one.values.get(name))} >= set(contract.key)
        for one in contract.bindings
        if one.record == record
    )


def _is_required(contract: Contract, value: Value) -> bool:
    return any(column.name == value.column and column.required for column in contract.columns)


def other_feeds(
    contract: Contract, landed: Landed, limits: LandingLimits, severity: FailureSeverity
) -> Iterator[Expectation]:
    """What the last build knows from other feeds; before the first build nothing can be asked."""
    for place in sent(contract):
        record, column = place
        told = _told(record, landed.feed, landed.delivery_id)
        sources = [name.rpartition(".") for name in column.known_in]
        if sources and all(table in landed.marts for table, _, _ in sources):
            known = " union all ".join(f"select {key} from {table}" for table, _, key in sources)
            # As marts show the number of another system.
            number = f"coalesce(told.numbering || '/' || told.{column.name}, told.{column.name})"
            yield ExpectQueryRowCount(
                unexpected_rows_query=f"select distinct told.line_number from {told}"
                f" where told.{column.name} is not null and not exists"
                f" (select from ({known}) as known (key) where known.key = {number})",
                max_share=round(1 - limits.known_expected, 6),
                spared=limits.volume_slack,
                severity=severity,
                description=f"{title(place)} 在册的不低于 {limits.known_expected:.0%}（以上次构建为准）",
            )
        if column.standard_of is not None and "marts.benefit_standard" in landed.marts:
            yield ExpectQueryRowCount(
                unexpected_rows_query=f"""select 1 from {told}
                inner join (
                    select left(standard_code, 2) as code, max(amount_yuan) as highest
                    from marts.benefit_standard group by 1
                ) as standard on standard.code = told.{column.standard_of}
                where told.{column.name} > {limits.standard_multiple} * standard.highest""",
                max_count=0,
                severity=severity,
                description=f"{title(place)} 不超过该待遇最高标准的 {limits.standard_multiple} 倍",
            )


def drift(
    contract: Contract, landed: Landed, previous_id: str, limits: LandingLimits
) -> Iterator[Expectation]:
    """Against the last accepted full delivery, also where another version of the contract read that."""
    coded = _of_known_codes(contract)
    for place in sent(contract):
        record, column = place
        now, before = _told(record, landed.feed, landed.delivery_id), _told(record, landed.feed, previous_id)
        if (record.name, column.name) in coded:
            shares = f"select {column.name} as code, count(*) / sum(count(*)) over () as share from {{told}} group by 1"
            yield ExpectQueryRowCount(
                unexpected_rows_query=f"""select coalesce(now.code, before.code)
                from ({shares.format(told=now)}) as now
                full join ({shares.format(told=before)}) as before using (code)
                where abs(coalesce(now.share, 0) - coalesce(before.share, 0)) > {limits.share_moved}""",
                max_count=0,
                severity=WARNING,
                description=f"{title(place)} 各代码所占比例与上一次全量相差不超过 {limits.share_moved:.0%}",
            )
        elif column.type == "yuan":
            mean = f"select avg({column.name}) as mean from"
            yield ExpectQueryRowCount(
                unexpected_rows_query=f"""select 1 from ({mean} {now}) as now, ({mean} {before}) as before
                where abs(now.mean - before.mean) > {limits.mean_moved} * abs(before.mean)""",
                max_count=0,
                severity=WARNING,
                description=f"{title(place)} 的平均数与上一次全量相差不超过 {limits.mean_moved:.0%}",
            )


def _of_known_codes(contract: Contract) -> set[tuple[str, str]]:
    """Columns of records read from one of the file whose codes the contract counts."""
    counted = {column.name for column in contract.columns if column.mostly is not None}
    return {
        (binding.record.name, name)
        for binding in contract.bindings
        for name, value in binding.values.items()
        if value.column is not None and binding.source(value.column) in {(None, each) for each in counted}
    }
