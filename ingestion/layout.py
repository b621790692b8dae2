"""How the files of a feed are written and named: the part of a contract that readers go by."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from ingestion.errors import ContractError
from ingestion.file_names import NameParts, NamePattern, PatternError
from ingestion.vocabulary import unknown_word

FileFormat = Literal["csv", "txt", "jsonl", "json", "xlsx", "xls", "ods", "fixed", "parquet"]
Mode = Literal["full", "delta"]
WidthUnit = Literal["bytes", "characters"]
Fail = Callable[[str, str], ContractError]

FILE_FORMATS: tuple[str, ...] = get_args(FileFormat)
DELIMITED = ("csv", "txt")
OBJECTS = ("jsonl", "json")
WORKBOOKS = ("xlsx", "xls", "ods")
# Read by a process of its own, which goes to and fro in them and knows their encoding.
PARSED_APART = (*WORKBOOKS, "parquet")
# What a sender may call an encoding; GBK and GB2312 are subsets of GB18030.
ENCODING_NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8-sig", "utf-8-bom": "utf-8-sig",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "utf-16": "utf-16", "utf16": "utf-16",
    "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
}  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be")
# No number of a contract has more digits.
COUNT = re.compile("[0-9]{1,9}")
# They end lines, open quotes or stand in words.
NO_DELIMITER = re.compile(r'[\w"\\\r\n\0\ufeff]')
# Of which formats a word says something; null: of all.
LAYOUT_WORDS: dict[str, tuple[str, ...] | None] = {
    "encoding": None,
    "headerLine": None,
    "delimiter": DELIMITED,
    "trailingDelimiter": DELIMITED,
    "sheet": WORKBOOKS,
    "widthUnit": ("fixed",),
    "lineLength": ("fixed",),
    "totalLine": (*DELIMITED, *WORKBOOKS, "fixed"),
    "absentKeys": OBJECTS,
    "listAt": ("json",),
    "countAt": ("json",),
    "ignoredLists": ("json",),
}
# What one kind of file may say otherwise than the others of its feed.
OF_ONE_KIND = ("pattern", "mode", "without", "constants", *LAYOUT_WORDS)
TRIMMED = "trimmed"
UNCHANGED_SECONDS = 300
# Files of a day and mode are ordered by their number, their part and the kind's place in the list,
# and leave room for so many kinds, parts and corrections of each.
MOST_KINDS = 10
MOST_PARTS = 100
MOST_VERSIONS = 100
MOST_HEADER_LINES = 3
LARGEST_SEQUENCE = 2**31 - 1


@dataclass(frozen=True)
class TotalLine:
    """A last line that is no data. count_field: where in it the number of data lines stands, from 1.

    is_anywhere: subtotals, which stand among the data, as many as there are.
    """

    starts_with: str
    count_field: int | None = None
    is_anywhere: bool = False


@dataclass(frozen=True)
class Position:
    """Of a field in a line of fixed width; start counts from 1."""

    start: int
    length: int

    @property
    def slice(self) -> slice:
        return slice(self.start - 1, self.end)

    @property
    def end(self) -> int:
        return self.start - 1 + self.length


@dataclass(frozen=True)
class FileLayout:
    """How a file is written.

    encoding: as Python calls it. header_line: the last that names the columns, 0 where there is none; header_lines:
    how many do; lines before them are titles.
    trailing_delimiter: every line ends with one. sheet: its name, or its place from 1.
    line_length: of fixed width, in ``width_unit``; null where blanks at the end may be left off.
    total_lines: all of them end the file, in any order. allows_absent_keys: a key that no object of
    a file has is empty, else it is a column that is missing. list_at: keys that lead to the list in a JSON object,
    empty where the file is the list; count_at: those of the number of its elements, empty where none is looked at;
    ignored_lists: paths of further lists of objects that are not read.
    """

    format: FileFormat
    encoding: str
    delimiter: str | None
    sheet: str | int | None
    header_line: int
    trailing_delimiter: bool = False
    width_unit: WidthUnit = "bytes"
    line_length: int | None = None
    total_lines: tuple[TotalLine, ...] = ()
    allows_absent_keys: bool = False
    header_lines: int = 1
    list_at: tuple[str, ...] = ()
    count_at: tuple[str, ...] = ()
    ignored_lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Archive:
    """Each file is a ZIP archive that holds the data as one member; members named as ``ignored`` are none."""

    member: NamePattern
    ignored: tuple[NamePattern, ...]


@dataclass(frozen=True)
class CompleteWhen:
    """When a file is whole: unchanged for so long, or a marker lies beside it ({name}, {stem})."""

    unchanged_seconds: int = UNCHANGED_SECONDS
    marker: str | None = None

    def marker_of(self, name: str) -> str | None:
        if self.marker is None:
            return None
        return self.marker.replace("{name}", name).replace("{stem}", name.rpartition(".")[0] or name)


AS_USUAL = CompleteWhen()


@dataclass(frozen=True)
class FileKind:
    """Files of one name pattern. without: columns that stand in none of them; constants: what all their lines say in
    some of these.

    rank: place among the kinds of its mode; null where it is the only one.
    """

    pattern: NamePattern
    mode: Mode
    layout: FileLayout
    without: frozenset[str]
    constants: tuple[tuple[str, str], ...]
    rank: int | None = None

    def sequence_no(self, named: NameParts) -> int:
        """Of the first version of a file; its corrections follow."""
        place = named.n or 0
        if self.pattern.has_parts:
            place = place * MOST_PARTS + (named.part or 0)
        if self.rank is not None:
            place = place * MOST_KINDS + self.rank
        return place * MOST_VERSIONS + 1


def layout_of(
    file_format: str | None, given: Mapping[str, Any], last_position: int, fail: Fail
) -> FileLayout:
    """given: custom properties by name; last_position: where the last field of fixed width ends."""
    if file_format not in FILE_FORMATS:
        raise fail("servers.format", f"expected one of {', '.join(FILE_FORMATS)}.")
    for word, formats in LAYOUT_WORDS.items():
        if formats is not None and word in given and file_format not in formats:
            raise fail(f"customProperties.{word}", f"says nothing of a {file_format} file. Take it out.")
    encoding = given.get("encoding", "utf-8")
    if encoding not in ENCODINGS:
        raise fail("customProperties.encoding", f"expected one of {', '.join(ENCODINGS)}.")
    width_unit = given.get("widthUnit", "bytes")
    if width_unit not in get_args(WidthUnit):
        raise fail("customProperties.widthUnit", "expected bytes or characters.")
    if file_format == "fixed" and encoding.startswith("utf-16") and width_unit == "bytes":
        raise fail("customProperties.widthUnit", f"a file in {encoding} is counted in characters.")
    absent_keys = given.get("absentKeys", "refuse")
    if absent_keys not in ("refuse", "empty"):
        raise fail("customProperties.absentKeys", "expected refuse or empty.")
    header_line, header_lines = _header_line(file_format, given, fail)
    return FileLayout(
        format=file_format,  # type: ignore[arg-type]
        encoding=ENCODING_NAMES[encoding],
        delimiter=_delimiter(file_format, given, fail),
        sheet=_sheet(file_format, given, fail),
        header_line=header_line,
        trailing_delimiter=_flag("trailingDelimiter", given, fail),
        width_unit=width_unit,
        line_length=_line_length(given, last_position, fail),
        total_lines=_total_lines(given, fail),
        allows_absent_keys=absent_keys == "empty",
        header_lines=header_lines,
        list_at=_keys("listAt", "the list", "data.records", given, fail),
        count_at=_keys("countAt", "the number of its elements", "data.total", given, fail),
        ignored_lists=_ignored_lists(given, fail),
    )


def archive_of(value: Any, fail: Fail) -> Archive | None:
    """value: of the custom property ``archive``."""
    if value is None:
        return None
    place = "customProperties.archive"
    if not isinstance(value, Mapping) or not isinstance(value.get("member"), str):
        raise fail(place, "expected {member: pattern, ignored: [patterns]}.")
    if problem := unknown_word(value, ("member", "ignored")):
        raise fail(place, problem)
    member = _pattern(value["member"], place, fail)
    ignored = tuple(_pattern(one, place, fail) for one in value.get("ignored") or ())
    for one in ignored:
        if one.overlaps(member):
            raise fail(place, f"a name can be both {member.text} and {one.text}. Make one of them narrower.")
    return Archive(member, ignored)


def complete_when(value: Any, fail: Fail) -> CompleteWhen:
    """value: of the custom property ``completeWhen``."""
    place = "customProperties.completeWhen"
    if value is None:
        return AS_USUAL
    if not isinstance(value, Mapping) or len(value) != 1:
        raise fail(place, f"expected {{unchangedSeconds: {UNCHANGED_SECONDS}}} or {{marker: '{{name}}.ok'}}.")
    if problem := unknown_word(value, ("unchangedSeconds", "marker")):
        raise fail(place, problem)
    if "marker" in value:
        marker = str(value["marker"])
        rest = marker.replace("{name}", "").replace("{stem}", "")
        if rest == marker or marker == "{name}" or re.search(r"[{}*/]", rest):
            raise fail(place, "marker: expected a name made with {name} or {stem}, such as '{name}.ok'.")
        return CompleteWhen(0, marker)
    seconds = count_of(value["unchangedSeconds"], 0)
    if seconds is None:
        raise fail(place, "unchangedSeconds: expected seconds, 0 or more.")
    return CompleteWhen(seconds)


def file_kinds(
    value: Any,
    file_format: str | None,
    given: Mapping[str, Any],
    ends: Mapping[str, int],
    may_be_without: Mapping[str, bool],
    fail: Fail,
) -> tuple[FileKind, ...]:
    """value: of the custom property ``files``; given: what holds of all kinds.

    ends: of fixed width, column to where it ends. may_be_without: column to whether a file can do without it.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(entry, Mapping) for entry in value):
        raise fail("customProperties.files", "expected a list of {pattern, mode}.")
    kinds: list[FileKind] = []
    modes = [entry.get("mode") for entry in value]
    for number, entry in enumerate(value, 1):
        place = f"customProperties.files {number}"
        if problem := unknown_word(entry, OF_ONE_KIND):
            raise fail(place, problem)
        if entry.get("mode") not in get_args(Mode):
            raise fail(place, "mode: expected full or delta.")
        mode: Mode = entry["mode"]
        pattern = _pattern(entry.get("pattern"), place, fail)
        if not pattern.has_date:
            raise fail(
                place, f"{pattern.text}: says no date. Write {{YYYYMMDD}} or {{YYYYMM}} where it stands."
            )
        if pattern.has_parts and mode == "full":
            raise fail(place, "a full in parts cannot be taken in: nobody could tell which line is of which part. "
                       "Have it sent as one file.")  # fmt: skip
        for other in kinds:
            if other.pattern.overlaps(pattern):
                raise fail(place, f"a name can be both {other.pattern.text} and {pattern.text}. "
                           "Make one of them narrower.")  # fmt: skip
        same_mode = modes[: number - 1].count(mode)
        if same_mode >= MOST_KINDS:
            raise fail(place, f"more than {MOST_KINDS} kinds of the mode {mode}.")
        own = {word: held for word, held in entry.items() if word in LAYOUT_WORDS}
        constants = _constants(entry.get("constants") or {}, place, fail)
        without = _without((*(entry.get("without") or ()), *constants), may_be_without, place, fail)
        kinds.append(
            FileKind(
                pattern=pattern,
                mode=mode,
                layout=layout_of(
                    file_format,
                    {**given, **own},
                    _end_without(without, ends, place, fail),
                    partial(_fail_within, fail, place),
                ),
                without=without,
                constants=tuple(constants.items()),
                rank=same_mode if modes.count(mode) > 1 else None,
            )
        )
    return tuple(kinds)


def position_of(value: Any, place: str, fail: Fail) -> Position | None:
    """value: of the custom property ``position`` of a column."""
    if value is None:
        return None
    given = value if isinstance(value, Mapping) else {}
    start, length = (count_of(given.get(word), 1) for word in ("start", "length"))
    if start is None or length is None:
        raise fail(place, "position: expected {start: 1, length: 8}, start counting from 1.")
    if problem := unknown_word(given, ("start", "length")):
        raise fail(place, f"position: {problem}")
    return Position(start, length)


def _fail_within(fail: Fail, place: str, at: str, problem: str) -> ContractError:
    return fail(f"{place}, {at.removeprefix('customProperties.')}", problem)


def count_of(value: Any, least: int) -> int | None:
    """A whole number of a contract, also in quotes; null where it is none, or less."""
    if isinstance(value, str) and COUNT.fullmatch(value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None


def _flag(word: str, given: Mapping[str, Any], fail: Fail) -> bool:
    value = given.get(word, False)
    if not isinstance(value, bool):
        raise fail(f"customProperties.{word}", "expected true or false.")
    return value


def _delimiter(file_format: str, given: Mapping[str, Any], fail: Fail) -> str | None:
    if file_format not in DELIMITED:
        return None
    delimiter = given.get("delimiter")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or NO_DELIMITER.match(delimiter):
        raise fail(
            "customProperties.delimiter",
            "expected one character between two fields, such as comma, vertical bar, semicolon or tab, "
            "and no letter, digit, quote or backslash.",
        )
    return delimiter


def _sheet(file_format: str, given: Mapping[str, Any], fail: Fail) -> str | int | None:
    if file_format not in WORKBOOKS:
        return None
    sheet = given.get("sheet")
    if isinstance(sheet, str) and sheet:  # also one that is called 1
        return sheet
    if (place := count_of(sheet, 1)) is not None:
        return place
    raise fail("customProperties.sheet", "name the sheet that holds the data, or its place from 1.")


def _header_line(file_format: str, given: Mapping[str, Any], fail: Fail) -> tuple[int, int]:
    """The last line that names the columns, 0: none; and how many do."""
    named_inside = file_format in (*OBJECTS, "parquet")
    said = given.get("headerLine", 0 if named_inside or file_format == "fixed" else 1)
    lines = [count_of(one, 1) for one in said] if isinstance(said, list) else [count_of(said, 0)]
    last = lines[-1] if lines else None
    is_in_a_row = last is not None and lines == [*range(last - len(lines) + 1, last + 1)]
    if last is None or not is_in_a_row or len(lines) > MOST_HEADER_LINES:
        raise fail(
            "customProperties.headerLine",
            "expected the number of the line that names the columns, 0: none; or [3, 4]: lines in a row that name "
            f"them together, at most {MOST_HEADER_LINES}.",
        )
    if named_inside and last:
        raise fail("customProperties.headerLine", f"a {file_format} file has no header line: expected 0.")
    if file_format == "fixed" and len(lines) > 1:
        raise fail(
            "customProperties.headerLine",
            "says in a fixed file how many lines are passed over: expected a number.",
        )
    return last, len(lines)


def _keys(word: str, what: str, example: str, given: Mapping[str, Any], fail: Fail) -> tuple[str, ...]:
    value = given.get(word)
    if value is None:
        return ()
    keys = tuple(value.split(".")) if isinstance(value, str) else ()
    if not all(keys) or not keys:
        raise fail(f"customProperties.{word}", f"expected the keys that lead to {what}, such as {example}.")
    if word != "listAt" and given.get("listAt") is None:
        raise fail(f"customProperties.{word}", "says nothing without listAt. Take it out.")
    return keys


def _ignored_lists(given: Mapping[str, Any], fail: Fail) -> tuple[str, ...]:
    value = given.get("ignoredLists")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(
        isinstance(path, str) and all(path.split(".")) for path in value
    ):
        raise fail("customProperties.ignoredLists", "expected a list of keys, such as [data.columns].")
    return tuple(value)


def _line_length(given: Mapping[str, Any], last_position: int, fail: Fail) -> int | None:
    said = given.get("lineLength", last_position)
    if said == TRIMMED:
        return None
    length = count_of(said, last_position)
    if length is None:
        raise fail(
            "customProperties.lineLength",
            f"expected {last_position} or more, where the last field ends, or {TRIMMED}: blanks at the end "
            "may be left off.",
        )
    return length


def _total_lines(given: Mapping[str, Any], fail: Fail) -> tuple[TotalLine, ...]:
    value = given.get("totalLine")
    entries = value if isinstance(value, list) else [] if value is None else [value]
    place = "customProperties.totalLine"
    lines = []
    for entry in entries:
        if (
            not isinstance(entry, Mapping)
            or not isinstance(entry.get("startsWith"), str)
            or not entry["startsWith"]
        ):
            raise fail(place, "expected {startsWith: 合计, countField: 2}.")
        if problem := unknown_word(entry, ("startsWith", "countField", "anywhere")):
            raise fail(place, problem)
        count_field = count_of(entry.get("countField"), 1)
        if count_field is None and entry.get("countField") is not None:
            raise fail(place, "countField: expected the place of the number of lines, from 1.")
        is_anywhere = entry.get("anywhere", False)
        if not isinstance(is_anywhere, bool) or (is_anywhere and count_field is not None):
            raise fail(place, "anywhere: expected true or false, and no countField beside it.")
        lines.append(TotalLine(entry["startsWith"], count_field, is_anywhere))
    return tuple(lines)


def _pattern(text: Any, place: str, fail: Fail) -> NamePattern:
    if not isinstance(text, str):
        raise fail(place, "pattern: expected a name such as 'HYDJ_QL_{YYYYMMDD}.csv'.")
    try:
        return NamePattern(text)
    except PatternError as error:
        raise fail(place, str(error)) from None


def _constants(value: Any, place: str, fail: Fail) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(said, str) and said for said in value.values()):
        raise fail(place, "constants: expected {column: 'what all lines of these files say'}, in quotes.")
    return dict(value)


def _without(names: Any, may_be_without: Mapping[str, bool], place: str, fail: Fail) -> frozenset[str]:
    for name in names:
        if name not in may_be_without:
            raise fail(place, f"without: {name} is no column of the schema.")
        if not may_be_without[name]:
            raise fail(place, f"without: {name} is part of the key, which every line has.")
    return frozenset(names)


def _end_without(without: frozenset[str], ends: Mapping[str, int], place: str, fail: Fail) -> int:
    """Where the last field ends of files without some columns; 0 where none has a place."""
    end = max((at for name, at in ends.items() if name not in without), default=0)
    if within := next((name for name in sorted(without) if ends.get(name, end) < end), None):
        raise fail(
            place,
            f"without: {within} stands before other fields, which would have no place of their own. A field whose "
            "place is blank need not be named.",
        )
    return end
