"""How a contract binds the columns of a file to canonical records: ``records`` among its custom properties.

A value comes from a column (its name), a constant, or one of a few functions; ``codes`` turns the sender's own
codes into those of the record, ``where`` says for which lines it holds. What is not said comes from the column
of the same name; what is in no column is said to be ``not_sent``. docs/mapping.md is the guide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingestion.agreement import check_agreement
from ingestion.layout import count_of
from ingestion.records import CanonicalRecord, RecordColumn, canonical_records
from ingestion.value import ARGUMENTS, SOURCE_WORDS, Value, Where
from ingestion.vocabulary import unknown_word

if TYPE_CHECKING:
    from ingestion.contract import Column

VALUE_WORDS = (*SOURCE_WORDS, "codes", "where")
BINDING_WORDS = ("record", "numbering", "map", "not_sent", "where", "each")
# A code that no condition names.
OTHER = "\0"
SPLIT_WORDS = ("column", "from", "length", "by", "part")

Fail = Callable[[str, str], Exception]


@dataclass(frozen=True)
class Binding:
    """A record as one contract fills it.

    values: by column of the record; what is missing is not sent. numbering: the name of the system whose numbers
    these are, null where they are the bureau's own. each: the nested column of which every item is a record;
    items: the keys of its items, which go before the columns of the line (``line.x`` where they bear one name).
    entry: which of the records this is that one line holds under one number, from 2; null where its key tells it.
    """

    record: CanonicalRecord
    values: Mapping[str, Value]
    numbering: str | None
    where: tuple[Where, ...]
    each: str | None
    items: frozenset[str] = frozenset()
    entry: int | None = None

    def source(self, name: str) -> tuple[str | None, str]:
        """In the items of which nested column a name stands, null where in the line itself, and its name there."""
        return (self.each, name) if name in self.items else (None, name.removeprefix("line."))

    @property
    def entry_column(self) -> str | None:
        """The number of the sender's that the entry joins."""
        return self.record.numbered_key if self.entry else None

    def may_hold_with(self, other: "Binding") -> bool:
        """Whether both may be of one line: no column decides between them."""
        return not any(
            here.column == there.column
            and not any(here.takes(code) and there.takes(code) for code in {*here.codes, *there.codes, OTHER})
            for here in self.where
            for there in other.where
        )

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
    bindings: tuple[Binding, ...] = ()
    for item in said:
        bindings += (_numbered(_BindingParser(item, columns, fail).binding(), bindings, fail),)
    numberings = {binding.record.name: binding.numbering for binding in bindings}
    for binding in bindings:
        whole = binding.record.part_of
        if whole in numberings and numberings[whole] != binding.numbering:
            raise fail(
                f"customProperties.records.{binding.record.name}",
                f"numbering: is another than that of {whole}.",
            )
    return bindings


def _numbered(binding: Binding, before: Sequence[Binding], fail: Fail) -> Binding:
    """With the number of its entry, where a line may hold a record before it under the same key: one of the two
    would be lost."""

    def key(one: Binding) -> list[Value | None]:
        return [one.values.get(name) for name in one.record.key]

    record = binding.record
    if record.part_of or binding.each:
        return binding
    same = [
        other for other in before if other.record == record and not other.each and key(other) == key(binding)
    ]
    if not any(map(binding.may_hold_with, same)):
        return binding
    if record.numbered_key is None:
        raise fail(
            f"customProperties.records.{record.name}",
            f"stands here twice with the same {', '.join(record.key)}, so that of two records of a line one would be "
            "lost. Map one of them otherwise, or say with where: which lines hold which.",
        )
    return replace(binding, entry=len(same) + 1)


class _BindingParser:
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
        if not isinstance(mapped, dict):
            raise self.fail("map: expected {column of the record: where it comes from}.")
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
            values[column.name] = value = self._value(column.name, said)
            check_agreement(column, value, self.columns, self.fail)
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
            return self._split(place, said)
        if function == "join":
            self._check_words(said, ("columns", "by"))
            if not isinstance(said.get("columns"), list):
                raise self.fail(f"{place}.join: expected columns, a list of them, and by.")
            return (tuple(self._known(place, name) for name in said["columns"]), str(said.get("by", "")))
        if function == "day_of":
            if not isinstance(said, list) or len(said) not in (2, 3):
                raise self.fail(f"{place}.day_of: expected the columns [year, month, day], or [year, month].")
            return tuple(self._known(place, name) for name in said)
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

    def _split(self, place: str, said: Any) -> tuple[Any, ...]:
        self._check_words(said, SPLIT_WORDS)
        by_length = said.keys() == {"column", "from", "length"}
        if not by_length and said.keys() != {"column", "by", "part"}:
            raise self.fail(f"{place}.split: expected column with from and length, or with by and part.")
        numbers = {word: count_of(said[word], 1) for word in (("from", "length") if by_length else ("part",))}
        if wrong := next((word for word, number in numbers.items() if number is None), None):
            raise self.fail(f"{place}.split.{wrong}: expected a number, counting from 1.")
        if not by_length and not (isinstance(said["by"], str) and said["by"]):
            raise self.fail(f"{place}.split.by: expected the text between two parts, in quotes.")
        self._known(place, said["column"])
        return (tuple(sorted((said | numbers).items())),)

    def _known(self, place: str, name: Any) -> str:
        if not isinstance(name, str):
            raise self.fail(f"{place}: expected the name of a column.")
        if problem := unknown_word([name], self.columns.keys(), "column of the contract"):
            raise self.fail(f"{place}: {problem}")
        return name

    def _where(self, said: Any, place: str) -> tuple[Where, ...]:
        """{column: [codes]} or {column: {not: [codes]}}, all of which must hold."""
        if said is not None and not isinstance(said, dict):
            raise self.fail(f"{place}: expected {{column: [codes]}}.")
        found = []
        for name, codes in (said or {}).items():
            is_not = isinstance(codes, dict)
            if is_not:
                self._check_words(codes, ("not",))
                codes = codes.get("not")
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

    def _check_words(self, said: Any, known: tuple[str, ...]) -> None:
        if not isinstance(said, dict):
            raise self.fail(f"expected a mapping of {', '.join(known)}.")
        if problem := unknown_word(said, known):
            raise self.fail(problem)
