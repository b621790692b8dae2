"""How a contract binds the columns of a file to canonical records: ``records`` among its custom properties.

A value comes from a column (its name), a constant, or one of a few functions; ``codes`` turns the sender's own
codes into those of the record, ``where`` says for which lines it holds. What is not said comes from the column
of the same name; what is in no column is said to be ``not_sent``. docs/mapping.md is the guide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from ingestion.records import CanonicalRecord, RecordColumn, canonical_records
from ingestion.vocabulary import unknown_word

if TYPE_CHECKING:
    from ingestion.contract import Column

# Functions by the type of what they give.
FUNCTIONS: dict[str, str] = {
    "day_before": "date",
    "first_of_month": "date",
    "last_of_month": "date",
    "month_of": "month",
    "product": "number",
    "quotient": "number",
    "sum": "number",
    "count": "number",
    "split": "text",
    "join": "text",
    "first_of": "",
}
# Of a function: how many things it takes, null for any number in a list.
ARGUMENTS = {
    "day_before": 1, "first_of_month": 1, "last_of_month": 1, "month_of": 1, "count": 1, "quotient": 2,
}  # fmt: skip
SOURCE_WORDS = ("column", "constant", *FUNCTIONS)
VALUE_WORDS = (*SOURCE_WORDS, "codes", "where")
BINDING_WORDS = ("record", "numbering", "map", "not_sent", "where", "each")
SPLIT_WORDS = ("column", "from", "length", "by", "part")
# How many of the unit of a record one of the unit of a file is.
UNITS: dict[str, dict[str, str]] = {
    "分钟": {"分钟": "1", "秒": "1/60", "小时": "60"},
    "平方米": {"平方米": "1", "亩": "10000/15", "公顷": "10000", "平方公里": "1000000"},
    "月": {"月": "1", "年": "12", "季": "3"},
}
# Units in which an amount of a contract is written, by its type.
AMOUNT_UNITS = {"yuan": ("元", "元/月", "元/年"), "wan_yuan": ("万元",), "fen": ("分",)}
AMOUNTS = tuple(AMOUNT_UNITS)
TEXTS = ("text", "code", "identifier", "account", "division", "id_number", "name")
# Types of a file's column that a column of a record of a type can be read from.
READ_FROM: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TEXTS, (*TEXTS, "number", "date", "month")),
    "date": ("date", "end_date", "instant", "zoned_instant"),
    "end_date": ("date", "end_date"),
    "month": ("month",),
    "instant": ("instant", "zoned_instant"),
    "yuan": (*AMOUNTS, "number"),
    "number": ("number",),
    "share": ("share",),
}

# What a function takes, by what it gives; functions that give one of these fit as well.
TAKES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("day_before", "first_of_month", "last_of_month", "month_of"), ("date", "end_date", "month")
    ),
    **dict.fromkeys(("product", "quotient", "sum"), (*AMOUNTS, "number", "share")),
}

Fail = Callable[[str, str], Exception]


@dataclass(frozen=True)
class Where:
    """Lines whose column holds, or with is_not does not hold, one of these codes; '' is an empty column."""

    column: str
    codes: tuple[str, ...]
    is_not: bool = False


@dataclass(frozen=True)
class Value:
    """Where a column of a record comes from.

    function: ``column``, ``constant`` or one of FUNCTIONS, over arguments: names of columns, numbers, texts or
    other values. codes: own code to canonical code, null where it says nothing.
    """

    function: str
    arguments: tuple[Any, ...]
    codes: Mapping[str, str | None] = field(default_factory=dict)
    where: tuple[Where, ...] = ()

    @property
    def column(self) -> str | None:
        """The one column it is read from as it is, else null."""
        return self.arguments[0] if self.function == "column" else None


@dataclass(frozen=True)
class Binding:
    """A record as one contract fills it.

    values: by column of the record; what is missing is not sent. numbering: the name of the system whose numbers
    these are, null where they are the bureau's own. each: the nested column of which every item is a record;
    items: the keys of its items, which go before the columns of the line (``line.x`` where they bear one name).
    """

    record: CanonicalRecord
    values: Mapping[str, Value]
    numbering: str | None
    where: tuple[Where, ...]
    each: str | None
    items: frozenset[str] = frozenset()

    def source(self, name: str) -> tuple[str | None, str]:
        """In the items of which nested column a name stands, null where in the line itself, and its name there."""
        return (self.each, name) if name in self.items else (None, name.removeprefix("line."))

    @property
    def not_sent(self) -> tuple[RecordColumn, ...]:
        return tuple(column for column in self.record.columns if column.name not in self.values)


def bindings_of(said: Any, feed: str, columns: Sequence["Column"], fail: Fail) -> tuple[Binding, ...]:
    """The ``records`` of a contract; without them a contract of a record's name fills that record."""
    records = canonical_records()
    if said is None:
        if feed not in records:
            raise fail(
                "customProperties.records",
                "is missing: say which records the lines fill, or [] where they fill none.",
            )
        said = [{"record": feed}]
    if not isinstance(said, list):
        raise fail("customProperties.records", "expected a list of {record, map, ...}.")
    bindings = tuple(_Parser(item, columns, fail).binding() for item in said)
    numberings = {binding.record.name: binding.numbering for binding in bindings}
    for binding in bindings:
        whole = binding.record.part_of
        if whole in numberings and numberings[whole] != binding.numbering:
            raise fail(
                f"customProperties.records.{binding.record.name}",
                f"numbering: is another than that of {whole}.",
            )
    return bindings


def _is_of_type(constant: str, kind: str) -> bool:
    """Whether a constant can be read: days as 2025-06-30, months as 2025-06, numbers as 1.5."""
    try:
        if kind in ("date", "end_date"):
            date.fromisoformat(constant)
        elif kind == "month":
            date.fromisoformat(f"{constant}-01")
        elif kind in ("yuan", "number", "share"):
            return Decimal(constant).is_finite()
        elif kind == "instant":
            return datetime.fromisoformat(constant).tzinfo is not None
    except (ValueError, ArithmeticError):
        return False
    return True


class _Parser:
    def __init__(self, said: Any, columns: Sequence["Column"], fail: Fail) -> None:
        self.place = "customProperties.records"
        self._fail = fail
        self._check_words(said, BINDING_WORDS)
        records = canonical_records()
        if problem := unknown_word([str(said.get("record"))], records.keys(), "record"):
            raise self.fail(f"record: {problem}")
        self.said = said
        self.record = records[said["record"]]
        self.place = f"customProperties.records.{self.record.name}"
        self.columns = {column.name: column for column in columns}
        self.each = said.get("each")
        self.items: frozenset[str] = frozenset()
        if self.each is not None:
            if self.each not in self.columns or not self.columns[self.each].items:
                raise self.fail(f"each: {self.each} is no list among the columns.")
            items = {item.name: item for item in self.columns[self.each].items}
            self.items = frozenset(items)
            self.columns |= items
            self.columns |= {f"line.{column.name}": column for column in columns}

    def fail(self, problem: str) -> Exception:
        return self._fail(self.place, problem)

    def binding(self) -> Binding:
        mapped = self.said.get("map") or {}
        names = tuple(column.name for column in self.record.columns)
        not_sent = tuple(self.said.get("not_sent") or ())
        if problem := unknown_word((*mapped, *not_sent), names, f"column of {self.record.name}"):
            raise self.fail(problem)
        if both := set(mapped) & set(not_sent):
            raise self.fail(f"{sorted(both)[0]} is mapped and not_sent.")
        values = {}
        for column in self.record.columns:
            if column.name in not_sent:
                if column.is_required:
                    raise self.fail(
                        f"{column.name} is not_sent, and no {self.record.name} is known without it."
                    )
                continue
            said = mapped.get(column.name, column.name if column.name in self.columns else None)
            if said is None:
                raise self.fail(
                    f"{column.name} ({column.title}) comes from nowhere: map it to a column or a constant"
                    + ("." if column.is_required else ", or list it under not_sent.")
                )
            values[column.name] = self._checked(column, self._value(column.name, said))
        numbering = self.said.get("numbering")
        return Binding(
            record=self.record,
            values=values,
            numbering=None if numbering is None else str(numbering),
            where=self._where(self.said.get("where"), "where"),
            each=self.each,
            items=self.items,
        )

    def _value(self, place: str, said: Any) -> Value:
        if isinstance(said, str):
            said = {"column": said}
        if not isinstance(said, dict):
            raise self.fail(f"{place}: expected a column's name, or one of {', '.join(SOURCE_WORDS)}.")
        self._check_words(said, VALUE_WORDS)
        functions = [word for word in said if word in SOURCE_WORDS]
        if len(functions) != 1:
            raise self.fail(f"{place}: expected one of {', '.join(SOURCE_WORDS)}.")
        (function,) = functions
        codes = said.get("codes") or {}
        if not isinstance(codes, dict):
            raise self.fail(f"{place}.codes: expected own code: code of the record.")
        for own in codes:
            self._check_code(f"{place}.codes", own)
        return Value(
            function=function,
            arguments=self._arguments(place, function, said[function]),
            codes={own: None if code is None else str(code) for own, code in codes.items()},
            where=self._where(said.get("where"), f"{place}.where"),
        )

    def _arguments(self, place: str, function: str, said: Any) -> tuple[Any, ...]:
        if function == "constant":
            return (str(said),)
        if function == "column":
            return (self._known(place, said),)
        if function == "split":
            self._check_words(said, SPLIT_WORDS)
            by_length = said.keys() == {"column", "from", "length"}
            if not by_length and said.keys() != {"column", "by", "part"}:
                raise self.fail(f"{place}.split: expected column with from and length, or with by and part.")
            self._known(place, said["column"])
            return (tuple(sorted(said.items())),)
        if function == "join":
            self._check_words(said, ("columns", "by"))
            return (tuple(self._known(place, name) for name in said["columns"]), str(said.get("by", "")))
        if function == "count":
            if self._known(place, said) and not self.columns[said].items:
                raise self.fail(f"{place}.count: {said} is no list.")
            return (said,)
        given = said if isinstance(said, list) else [said]
        if ARGUMENTS.get(function, len(given)) != len(given) or not given:
            raise self.fail(f"{place}.{function}: takes {ARGUMENTS.get(function, 'at least 1')} values.")
        return tuple(
            Value("constant", (str(item),)) if isinstance(item, (int, float)) else self._value(place, item)
            for item in given
        )

    def _known(self, place: str, name: Any) -> str:
        if not isinstance(name, str):
            raise self.fail(f"{place}: expected the name of a column.")
        if problem := unknown_word([name], self.columns.keys(), "column of the contract"):
            raise self.fail(f"{place}: {problem}")
        return name

    def _where(self, said: Any, place: str) -> tuple[Where, ...]:
        """{column: [codes]} or {column: {not: [codes]}}, all of which must hold."""
        found = []
        for name, codes in (said or {}).items():
            is_not = isinstance(codes, dict)
            if is_not:
                self._check_words(codes, ("not",))
                codes = codes["not"]
            if not isinstance(codes, list):
                raise self.fail(f"{place}.{name}: expected a list of codes.")
            for code in codes:
                self._check_code(f"{place}.{name}", "" if code is None else code)
            known = self._known(place, name)
            found.append(Where(known, tuple("" if code is None else code for code in codes), is_not))
        return tuple(found)

    def _check_code(self, place: str, code: Any) -> None:
        if not isinstance(code, str):  # to YAML 01 is 1, and NO is false
            raise self.fail(f"{place}: put the code {code} into quotes, as the file writes it.")

    def _checked(self, column: RecordColumn, value: Value) -> Value:
        """Codes and types agree with those of the record."""
        self._check_type(column, value)
        if not column.codes:
            return value
        if value.codes:
            unknown = {code for code in value.codes.values() if code is not None} - set(column.codes)
        elif value.function == "constant":
            unknown = set(value.arguments) - set(column.codes)
        elif value.column is not None:
            unknown = set(self.columns[value.column].codes) - set(column.codes)
        else:
            unknown = set()
        if unknown:
            raise self.fail(
                f"{column.name}: {', '.join(sorted(unknown))} is no code of {column.title}. "
                f"Map own codes with codes: {{own: code}}. Known: {', '.join(column.codes)}."
            )
        return value

    def _check_type(self, column: RecordColumn, value: Value) -> None:
        if value.function == "first_of":
            for inner in value.arguments:
                self._check_type(column, inner)
            return
        if value.function == "constant":
            if not _is_of_type(value.arguments[0], column.type):
                raise self.fail(f"{column.name}: {value.arguments[0]} is no constant of type {column.type}.")
            return
        if value.column is None:
            given = FUNCTIONS[value.function]
            self._check_taken(column, value)
            fits = column.type == given or (given == "number" and column.type in ("yuan", "share"))
            if not (
                fits
                or (given == "text" and column.type in TEXTS)
                or (column.type == "end_date" and given == "date")
            ):
                self._disagree(column, value.function, given)
            return
        source = self.columns[value.column]
        if value.codes:
            if source.type not in TEXTS and source.type != "number":
                self._disagree(column, source.header, source.type)
            return
        if source.type not in READ_FROM[column.type]:
            self._disagree(column, source.header, source.type)
        if column.unit is not None and (source.unit or column.unit) not in UNITS[column.unit]:
            raise self.fail(
                f"{column.name}: {source.header} is in {source.unit}, which is not known. "
                f"Known: {', '.join(UNITS[column.unit])}."
            )

    def _check_taken(self, column: RecordColumn, value: Value) -> None:
        """A function over what it can work with, down to the columns."""
        for inner in value.arguments:
            if not isinstance(inner, Value):
                continue
            if inner.column is not None:
                source = self.columns[inner.column]
                if source.type not in TAKES[value.function]:
                    raise self.fail(
                        f"{column.name}: {value.function} takes {', '.join(TAKES[value.function])}; {source.header} "
                        f"is of type {source.type}. Correct its type in schema."
                    )
            elif inner.function != "constant":
                if FUNCTIONS[inner.function] not in TAKES[value.function]:
                    self._disagree(column, inner.function, FUNCTIONS[inner.function])
                self._check_taken(column, inner)

    def _disagree(self, column: RecordColumn, header: str, given: str) -> NoReturn:
        raise self.fail(
            f"{column.name} is of type {column.type}, {header} of type {given}. Correct the type of the column in "
            "schema, or use a function."
        )

    def _check_words(self, said: Any, known: tuple[str, ...]) -> None:
        if not isinstance(said, dict):
            raise self.fail(f"expected a mapping of {', '.join(known)}.")
        if problem := unknown_word(said, known):
            raise self.fail(problem)
