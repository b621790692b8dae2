"""Views ``input.<record>``: what all senders say of one kind of record, in one form.

A view is the union of the bindings of its record, each over ``raw.<feed>`` with the sender's columns, codes and
units turned into those of the record. Beside the columns of the record stand

- ``feed``, ``numbering``: whose line it is, and whose numbers are in it (null: the bureau's own);
- ``delivery_id``, ``line_number``, ``position``: the line, and which record of it, from 1; ``place``: what tells
  the persons of one line apart;
- ``line_key``, ``order_before``, ``order_after``: lines of one feed and key are versions of one another; the
  greatest before arrival, then the last arrived, then the greatest after it stands;
- ``updated_at``: when the sender says it changed the line;
- ``is_absent``: the line holds no such record (no item in its list, another kind of line), and the row only
  marks that; ``is_revoked``: that, or the line takes its record back: what an earlier version of it said no
  longer stands.

``input.column_sent`` says who sends the columns without which rules and figures cannot speak.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import psycopg
from psycopg import sql

from ingestion.binding import Binding
from ingestion.cell_list import place_of
from ingestion.cleaning import READABLE_BY, counted, in_range, line_key, own_code, own_codes, part_of
from ingestion.contract import ARRIVAL, Column, Contract
from ingestion.raw_table import table
from ingestion.records import POSTGRES_TYPES, CanonicalRecord, RecordColumn, canonical_records
from ingestion.value import MOMENTS, UNITS, Value, Where, piece_type

SCHEMA = "input"
LINEAGE = {
    "feed": ("text", "来源"),
    "numbering": ("text", "编号所属的系统；空为本局统一编号"),
    "delivery_id": ("text", "交付编号"),
    "line_number": ("integer", "源文件中的行号"),
    "position": ("integer", "行内第几条"),
    "place": ("text", "行内人员的区分"),
    "line_key": ("bigint", "行键：同一来源同一行键的行互为版本"),
    "order_before": ("jsonb", "先于到达次序的版本次序"),
    "order_after": ("jsonb", "后于到达次序的版本次序"),
    "is_absent": ("boolean", "本行不含该记录"),
    "is_revoked": ("boolean", "本行撤销或不含该记录"),
    "updated_at": ("timestamptz", "来源系统中的修改时间；空为不送"),
}  # fmt: skip
# Columns of `input.column_sent`.
SENT = "column_sent"
SENT_COLUMNS = {
    "feed": ("text", "来源"),
    "record": ("text", "统一记录的种类"),
    "column_name": ("text", "列"),
    "title_zh": ("text", "记录与列的名称"),
    "lost": ("text", "不送则不能判断的规则或数据"),
    "first_day": ("date", "自哪一业务日的交付起；空为最早"),
    "following_day": ("date", "至哪一业务日的交付止（不含）；空为至今"),
    "is_sent": ("boolean", "该来源送此列，或另有记录说明同一事项"),
}  # fmt: skip
SENT_TITLE = "各来源是否送来规则与数据所必需的列；每个来源每类记录每列每条规则，在各契约版本的时段各一行"
Expression = tuple[sql.Composable, str]


def ensure_views(connection: psycopg.Connection, contracts: Mapping[str, Contract]) -> None:
    """Make the views anew where they are not as the contracts say; the raw tables must be there."""
    known: dict[str, str] = dict(
        connection.execute(
            "select relname, obj_description(oid) from pg_class where relnamespace = to_regnamespace(%s)",
            [SCHEMA],
        ).fetchall()
    )
    for relation, query, title, meanings in _views(list(contracts.values())):
        body = query.as_string(connection)
        comment = f"{title} [{_digest(body, meanings)}]"
        if known.get(relation) == comment:
            continue
        name = sql.Identifier(SCHEMA, relation)
        connection.execute(sql.SQL("drop view if exists {} cascade").format(name))
        connection.execute(sql.SQL("create view {} as {}").format(name, sql.SQL(body)))
        connection.execute(sql.SQL("comment on view {} is {}").format(name, sql.Literal(comment)))
        for column, meaning in meanings.items():
            connection.execute(
                sql.SQL("comment on column {}.{} is {}").format(
                    name, sql.Identifier(column), sql.Literal(meaning)
                )
            )


def _views(contracts: Sequence[Contract]) -> Iterator[tuple[str, sql.Composed, str, dict[str, str]]]:
    """Name, query, Chinese title and meanings of the columns of every view."""
    for record in canonical_records().values():
        yield record.name, view(record, contracts), f"{record.title}：{record.description}", _meanings(record)
    yield SENT, columns_sent(contracts), SENT_TITLE, {name: text for name, (_, text) in SENT_COLUMNS.items()}


def record_comment(column: RecordColumn) -> str:
    """Chinese title, unit and remarks of a column of a record, one line."""
    parts = [column.title]
    if column.unit:
        parts.append(f"单位：{column.unit}")
    if column.range:
        parts.append(str(column.range))
    if column.blank:
        parts.append(f"空为{column.blank}")
    if column.description:
        parts.append(column.description)
    return "；".join(parts)


def view(record: CanonicalRecord, contracts: Iterable[Contract]) -> sql.Composed:
    """The query of a record's view; without a binding it has its columns and no row."""
    parts = [
        part
        for newest in contracts
        for contract, *days in newest.periods
        for part in _of_contract(record, contract, days)
    ]
    return sql.SQL("\nunion all\n").join(parts or [_nothing(record)])


def _of_contract(
    record: CanonicalRecord, contract: Contract, days: Sequence[date | None]
) -> Iterator[sql.Composed]:
    """What one version of a contract says of a record."""
    selects = [
        _Select(contract, binding, contract.bindings[:place], days)
        for place, binding in enumerate(contract.bindings)
        if binding.record == record
    ]
    if len(selects) < 2:
        yield from (select.query() for select in selects)
        return
    # Of several bindings the records of a line follow one another, binding by binding.
    names = [*LINEAGE, *(column.name for column in record.columns)]
    place = sql.SQL("case when _is_numbered then concat(place, position) else place end as place")
    yield sql.SQL(
        "select {names} from (\nselect {own}, _is_numbered, (row_number() over (partition by delivery_id, line_number"
        " order by is_absent, _binding, position))::integer as position\nfrom (\n{parts}\n) as part) as numbered"
    ).format(
        names=sql.SQL(", ").join(place if name == "place" else sql.Identifier(name) for name in names),
        own=sql.SQL(", ").join(sql.Identifier(name) for name in names if name != "position"),
        parts=sql.SQL("\nunion all\n").join(
            select.part(number) for number, select in enumerate(selects, start=1)
        ),
    )


def columns_sent(contracts: Sequence[Contract]) -> sql.Composed:
    """The query of `input.column_sent`. Of several bindings of one record to one file every one must send it."""
    sent: dict[tuple[str | date | None, ...], bool] = {}
    for first_day, following_day in _periods(contracts):
        in_force = [contract.on(first_day or date.min) for contract in contracts]
        bound = {binding.record.name for contract in in_force for binding in contract.bindings}
        for contract in in_force:
            for binding in contract.bindings:
                record = binding.record
                for column in record.columns:
                    is_sent = column.name in binding.values or column.told_by in bound
                    for lost in column.loses:
                        title = f"{record.title}·{column.title}"
                        row = (contract.feed, record.name, column.name, title, lost, first_day, following_day)
                        sent[row] = sent.get(row, True) and is_sent
    columns = sql.SQL(", ").join(
        sql.SQL("told.{0}::{1} as {0}").format(sql.Identifier(name), sql.SQL(kind))
        for name, (kind, _) in SENT_COLUMNS.items()
    )
    rows = sql.SQL(",\n").join(
        sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, (*row, is_sent))))
        for row, is_sent in sent.items()
    )
    names = sql.SQL(", ").join(map(sql.Identifier, SENT_COLUMNS))
    if not sent:
        rows = sql.SQL("({})").format(sql.SQL(", ").join([sql.SQL("null")] * len(SENT_COLUMNS)))
    return sql.SQL("select {} from (values\n{}) as told ({}) where told.feed is not null").format(
        columns, rows, names
    )


def _periods(contracts: Iterable[Contract]) -> list[tuple[date | None, date | None]]:
    """First business day and the one after the last of the times in which no contract changes its version; null
    where there is none."""
    days = {version.first_day for contract in contracts for version in contract.versions}
    begun = [None, *sorted(day for day in days if day is not None)]
    return list(zip(begun, [*begun[1:], None], strict=True))


def _meanings(record: CanonicalRecord) -> dict[str, str]:
    """Chinese meaning of every column of a view."""
    beside = {name: text for name, (_, text) in LINEAGE.items()}
    return beside | {column.name: record_comment(column) for column in record.columns}


def _digest(body: str, meanings: Mapping[str, str]) -> str:
    """Tells a view from one that reads otherwise, or says otherwise what its columns mean."""
    return hashlib.sha256(json.dumps([body, meanings]).encode()).hexdigest()[:16]


def _nothing(record: CanonicalRecord) -> sql.Composed:
    columns = {name: definition for name, (definition, _) in LINEAGE.items()}
    columns |= {column.name: POSTGRES_TYPES[column.type] for column in record.columns}
    return sql.SQL("select {} where false").format(
        sql.SQL(", ").join(
            sql.SQL("null::{} as {}").format(sql.SQL(kind), sql.Identifier(name))
            for name, kind in columns.items()
        )
    )


class _Select:
    """One binding of one contract as a query over its raw table.

    before: the bindings of the contract before it; days: the first of the deliveries it reads, and the one after
    the last (see `Contract.periods`).
    """

    def __init__(
        self,
        contract: Contract,
        binding: Binding,
        before: Sequence[Binding],
        days: Sequence[date | None],
    ) -> None:
        self.days = days
        self.contract = contract
        self.binding = binding
        self.is_together = contract.lines_of_a_key == "together" and binding.each is None
        self.columns = {column.name: column for column in contract.columns}
        self.items = {
            item.name: item for item in (contract.column(binding.each).items if binding.each else ())
        }
        roles = {person.role for other in before for person in other.record.persons}
        # Whose line a record of several lines stands in: its own, or that of what it is a part of.
        whole = next((one for one in contract.bindings if one.record.name == binding.record.part_of), binding)
        self.leading = whole.where
        self.is_role_taken = any(person.role in roles for person in binding.record.persons)
        is_part = binding.record.part_of is not None
        is_further = any(other.record == binding.record for other in before)
        # A role is the person's of its line once; beyond that it says of which record, and which of it.
        self.place = f"_{binding.record.name}" if self.is_role_taken and not is_part else ""
        self.is_numbered = is_part or binding.each is not None or is_further

    def query(self) -> sql.Composed:
        place = sql.SQL("{}::text").format(sql.Literal(self.place))
        if self.is_numbered:
            place = sql.SQL("concat({}, {})").format(sql.Literal(self.place), self._position())
        return self._selected({"place": place})

    def part(self, number: int) -> sql.Composed:
        """The query of one of several bindings, of which each numbers its own records; the place is without it."""
        return self._selected(
            {
                "place": sql.SQL("{}::text").format(sql.Literal(self.place)),
                "_binding": sql.Literal(number),
                "_is_numbered": sql.Literal(self.is_numbered),
            }
        )

    def _selected(self, more: Mapping[str, sql.Composable]) -> sql.Composed:
        lineage = {
            "feed": sql.SQL("{}::text").format(sql.Literal(self.contract.feed)),
            "numbering": sql.SQL("{}::text").format(sql.Literal(self.binding.numbering)),
            "delivery_id": sql.SQL("line._delivery_id"),
            "line_number": sql.SQL("line._first_line" if self.is_together else "line._line_number"),
            "position": self._position(),
            "place": more["place"],
            "line_key": line_key(self.contract),
            "order_before": self._order(before=True),
            "order_after": self._order(before=False),
            "is_absent": self._any(self._absences()),
            "is_revoked": self._any([*self._revocations(), *self._absences()]),
            "updated_at": self._updated_at(),
            **more,
        }
        selected = [sql.SQL("{} as {}").format(said, sql.Identifier(name)) for name, said in lineage.items()]
        selected += [
            sql.SQL("{}::{} as {}").format(
                self._of_record(column), sql.SQL(POSTGRES_TYPES[column.type]), sql.Identifier(column.name)
            )
            for column in self.binding.record.columns
        ]
        return sql.SQL("select\n    {}\nfrom {}{}{}").format(
            sql.SQL(",\n    ").join(selected), self._lines(), self._of_its_days(), self._unfolded()
        )

    # Lines and their versions -------------------------------------------------------------------

    def _lines(self) -> sql.Composed:
        if not self.is_together:
            return sql.SQL("{} as line").format(table(self.contract))
        return sql.SQL(
            "(select line.*, row_number() over (partition by _delivery_id, {key} order by {revokes}, {own}"
            "_line_number) as _position, first_value(_line_number) over (partition by _delivery_id, {key} order by "
            "{revokes}, {leading}_line_number) as _first_line from {lines} as line "
            # A line that cannot be read is part of the record: what is left of it must not stand for the whole.
            "where not exists (select from ops.rejected_row as rejected where rejected.delivery_id = "
            "line._delivery_id and rejected.key_hash = {key})) as line"
        ).format(
            key=line_key(self.contract),
            revokes=self._any(self._revocations()),
            own=self._those_first(self.binding.where),
            leading=self._those_first(self.leading),
            lines=table(self.contract),
        )

    def _those_first(self, conditions: tuple[Where, ...]) -> sql.Composable:
        return sql.SQL("({}) desc, ").format(self._all(conditions)) if conditions else sql.SQL("")

    def _of_its_days(self) -> sql.Composable:
        """The deliveries of other days are read by other versions of the contract."""
        bounds = [
            sql.SQL("delivery.business_date {} {}").format(sql.SQL(sign), sql.Literal(day))
            for sign, day in zip((">=", "<"), self.days, strict=True)
            if day is not None
        ]
        if not bounds:
            return sql.SQL("")
        return sql.SQL("\ninner join ops.delivery on line._delivery_id = delivery.delivery_id and {}").format(
            sql.SQL(" and ").join(bounds)
        )

    def _unfolded(self) -> sql.Composable:
        if self.binding.each is None:
            first = self.is_together and self.binding.record.part_of is None
            return sql.SQL("\nwhere line._position = 1") if first else sql.SQL("")
        return sql.SQL("\nleft join lateral {} with ordinality as listed (_item, _position) on true").format(
            _items_of(self._line(self.binding.each))
        )

    def _position(self) -> sql.Composable:
        if self.binding.each is not None:
            position = "listed._position::integer"
        else:
            position = "line._position::integer" if self.is_together else "1"
        return sql.SQL(position)

    def _order(self, before: bool) -> sql.Composable:
        order = self.contract.order
        arrival = order.index(ARRIVAL) if ARRIVAL in order else len(order)
        named = order[:arrival] if before else order[arrival + 1 :]
        if not named:
            return sql.SQL("null::jsonb")
        numbers = []
        for name in named:
            source = self._line(name)
            is_time = source.type in (*MOMENTS, "date", "month")
            numbers.append(
                sql.SQL("extract(epoch from {})" if is_time else "{}").format(self._cleaned(source))
            )
        # Lists of numbers compare one by one, nothing coming before any number.
        return sql.SQL("jsonb_build_array({})").format(sql.SQL(", ").join(numbers))

    def _updated_at(self) -> sql.Composable:
        name = self.contract.updated_at
        return sql.SQL("null::timestamptz") if name is None else self._cleaned(self._line(name))

    def _revocations(self) -> list[sql.Composable]:
        operation = self.contract.operation
        if operation is None or not operation.revoke:
            return []
        code = self._code(self._line(operation.column))
        return [sql.SQL("coalesce({} = any({}), false)").format(code, own_codes(operation.revoke))]

    def _absences(self) -> list[sql.Composable]:
        no_item: list[sql.Composable] = []
        if self.binding.each is not None:
            no_item.append(sql.SQL("listed._item is null"))
        # A line that takes back takes its part out of the record; all of them take the record.
        if self.is_together and self.binding.record.part_of is not None:
            no_item += self._revocations()
        return [*no_item, *(sql.SQL("not {}").format(self._holds(where)) for where in self.binding.where)]

    @staticmethod
    def _any(reasons: list[sql.Composable]) -> sql.Composable:
        return sql.SQL(" or ").join(reasons) if reasons else sql.SQL("false")

    # Values -------------------------------------------------------------------------------------

    def _of_record(self, column: RecordColumn) -> sql.Composable:
        value = self.binding.values.get(column.name)
        if value is None:
            return sql.SQL("null")
        read = self._in_range(self._read(value, column), column, value.is_computed)
        if column.type == "text" and (column.is_required or column.name in self.binding.record.key):
            # Landing took it as given, and a record without it is lost: a word for nothing stands as it is written.
            read = sql.SQL("coalesce({})").format(sql.SQL(", ").join([read, *self._written(value)]))
        if column.name == self.binding.entry_column:
            return sql.SQL("({} || {})").format(read, sql.Literal(f"#{self.binding.entry}"))
        return read

    @staticmethod
    def _in_range(read: sql.Composable, column: RecordColumn, is_computed: bool) -> sql.Composable:
        """Null outside: of a line that the contract wants kept, or that landed before there was a range, and of what
        was worked out, which landing does not judge."""
        known = column.bounds if is_computed else column.range
        if known is None:
            return read
        number = sql.SQL("({})::{}").format(read, sql.SQL(POSTGRES_TYPES[column.type]))
        return sql.SQL("case when {} then {} end").format(in_range(number, known), number)

    def _read(self, value: Value, column: RecordColumn) -> sql.Composable:
        if value.function == "first_of":
            read: sql.Composable = sql.SQL("coalesce({})").format(
                sql.SQL(", ").join(
                    sql.SQL("{}::{}").format(self._read(inner, column), sql.SQL(POSTGRES_TYPES[column.type]))
                    for inner in value.arguments
                )
            )
        elif value.codes:
            read = self._coded(value, column.type)
        elif value.column is not None:
            read = self._converted(self._find(value.column), column)
        elif value.function == "constant":
            read = _constant(value.arguments[0], column.type)
        else:
            read, kind = self._computed(value, column.unit)
            if kind == "text":
                read = self._as_text(read, column.type)
        return self._where(read, value.where)

    def _written(self, value: Value) -> list[sql.Composable]:
        """What stands in the columns of a text, whether it says something or not, in their order."""
        if value.function == "first_of":
            written = [text for inner in value.arguments for text in self._written(inner)]
        elif value.column is not None and not value.codes:
            written = [sql.SQL("nullif(trim({}), '')").format(self._find(value.column).text)]
        elif value.function in ("split", "join") and not value.codes:
            written = [self._computed(value, None)[0]]
        else:
            written = []
        return [self._where(text, value.where) for text in written]

    def _where(self, read: sql.Composable, conditions: tuple[Where, ...]) -> sql.Composable:
        if not conditions:
            return read
        return sql.SQL("case when {} then {} end").format(self._all(conditions), read)

    def _coded(self, value: Value, kind: str) -> sql.Composed:
        source = self._code(self._find(value.column)) if value.column else self._computed(value, None)[0]
        cases = sql.SQL(" ").join(
            sql.SQL("when {} then {}").format(own_code(own), _constant(code, kind))
            for own, code in value.codes.items()
        )
        return sql.SQL("case {} {} end").format(source, cases)

    def _converted(self, source: "_Source", column: RecordColumn) -> sql.Composable:
        if column.type in ("id_number", "name"):
            return source.text
        if POSTGRES_TYPES[column.type] == "text":
            return self._as_text(source.text, column.type)
        if column.type == "date" and source.type in MOMENTS:
            return sql.SQL("({} at time zone 'Asia/Shanghai')::date").format(self._cleaned(source))
        if column.type == "end_date":
            return sql.SQL("clean.end_date({})").format(source.text)
        return self._counted(source, column.unit)

    def _counted(self, source: "_Source", unit: str | None) -> sql.Composable:
        """In a unit, where it is counted in one of the same kind."""
        factor = UNITS.get(unit or "", {}).get(source.unit or "", "1")
        return counted(self._cleaned(source), factor)

    @staticmethod
    def _as_text(text: sql.Composable, kind: str) -> sql.Composable:
        if kind in ("id_number", "name"):
            return text
        if kind == "text":
            return sql.SQL("clean.text({})").format(text)
        function, _ = READABLE_BY.get(kind, ("compact", ""))
        return sql.SQL(f"clean.{function}({{}})").format(text)

    def _computed(self, value: Value, unit: str | None) -> Expression:
        """What a function gives, with its type. unit: in which its arguments are counted, where they have one."""
        given = value.arguments
        match value.function:
            case "count":
                return sql.SQL("(select count(*) from {})").format(_items_of(self._find(given[0]))), "number"
            case "split":
                return part_of(self._find(dict(given[0])["column"]).text, given[0]), "text"
            case "join":
                names, by = given
                return sql.SQL("nullif(concat_ws({}, {}), '')").format(
                    sql.Literal(by), sql.SQL(", ").join(self._code(self._find(name)) for name in names)
                ), "text"
            case "day_of":
                parts: list[sql.Composable] = [self._code(self._find(name)) for name in given]
                if len(parts) == 2:
                    parts.append(sql.SQL("'1'"))
                return sql.SQL("clean.date({})").format(sql.SQL(" || '-' || ").join(parts)), "date"
        terms = [self._term(inner, value.given, unit, piece_type(value.function)) for inner in given]
        match value.function:
            case "day_before":
                return sql.SQL("({} - 1)").format(terms[0]), "date"
            case "first_of_month":
                return sql.SQL("date_trunc('month', {})::date").format(terms[0]), "date"
            case "last_of_month":
                return sql.SQL("(date_trunc('month', {}) + interval '1 month - 1 day')::date").format(
                    terms[0]
                ), "date"
            case "month_of":
                return sql.SQL("date_trunc('month', {})::date").format(terms[0]), "month"
            case "product":
                return sql.SQL("({})").format(sql.SQL(" * ").join(terms)), "number"
            case "quotient":
                return sql.SQL("({} / nullif({}, 0))").format(*terms), "number"
            case "sum":
                return sql.SQL("({})").format(sql.SQL(" + ").join(terms)), "number"
        raise AssertionError(value.function)

    def _term(self, value: Value, kind: str, unit: str | None, piece: str) -> sql.Composable:
        """An argument of a function. kind: what its constants are of; piece: as what it reads a piece of a text."""
        if value.codes or value.function == "constant":
            said = self._coded(value, kind) if value.codes else _constant(value.arguments[0], kind)
            read: sql.Composable = sql.SQL("{}::{}").format(said, sql.SQL(POSTGRES_TYPES[kind]))
        elif value.column is not None:
            read = self._counted(self._find(value.column), unit)
        else:
            read, given = self._computed(value, unit)
            if given == "text":
                read = self._as_text(read, piece)
        return self._where(read, value.where)

    # Columns ------------------------------------------------------------------------------------

    def _find(self, name: str) -> "_Source":
        inside, name = self.binding.source(name)
        if inside is None:
            return self._line(name)
        header = self.items[name].header
        is_cut = self.contract.column(self.binding.each or "").cell_list is not None
        path = sql.Literal([place_of(header)] if is_cut else header.split("."))
        return _Source(self.items[name], sql.SQL("(listed._item #>> {})").format(path))

    def _line(self, name: str) -> "_Source":
        return _Source(self.columns[name], sql.SQL("line.{}").format(sql.Identifier(name)))

    def _code(self, source: "_Source") -> sql.Composed:
        return sql.SQL("clean.compact({})").format(source.text)

    def _cleaned(self, source: "_Source") -> sql.Composed:
        """A value read as its contract says it is written."""
        function, _ = READABLE_BY.get(source.type, ("compact", ""))
        if source.type == "wan_yuan":
            function = "wan_yuan"  # which landing reads as a number, however large
        return sql.SQL(f"clean.{function}({{}})").format(source.text)

    def _all(self, conditions: tuple[Where, ...]) -> sql.Composed:
        return sql.SQL(" and ").join(map(self._holds, conditions))

    def _holds(self, where: Where) -> sql.Composed:
        code = self._code(self._find(where.column))
        test = sql.SQL("coalesce({}, '') = any({})").format(code, own_codes(where.codes))
        if (
            "" in where.codes
        ):  # words for nothing too: a member called 无 is none, one called 待查 is not yet known
            test = sql.SQL("({} or clean.says_nothing({}))").format(test, code)
        return sql.SQL("not ({})").format(test) if where.is_not else sql.SQL("({})").format(test)


class _Source:
    """A column of a line or of an item: its text as received, its type and unit."""

    def __init__(self, column: Column, text: sql.Composable) -> None:
        self.text = text
        self.cell_list = column.cell_list
        self.type: str = column.type
        self.unit = column.unit


def _items_of(source: _Source) -> sql.Composed:
    """The items of a list kept as text, as a set; anything but a list has none."""
    whole = (
        source.cell_list.as_json(source.text)
        if source.cell_list
        else sql.SQL("nullif({}, '')::jsonb").format(source.text)
    )
    return sql.SQL("jsonb_path_query({}, 'strict $[*]', silent => true)").format(whole)


def _constant(said: str | None, kind: str) -> sql.Literal:
    """A constant of a contract, as the database reads one of its type."""
    return sql.Literal(f"{said}-01" if said is not None and kind == "month" else said)
