"""How a file nobody has described is written, and what stands in it: its beginning is looked at, not believed.

Found are encoding, delimiter, titles, header, total lines, sheet, fields of fixed width, nested lists. What is
read is enough to know a column by; landing reads all of it, strictly.
"""

import csv
import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from ingestion.archive import member_name
from ingestion.drafting import fixed, no_table
from ingestion.drafting.values import Column, is_name
from ingestion.drafting.words import known_words, normal
from ingestion.errors import RequestError
from ingestion.file_names import printable
from ingestion.header import names_of
from ingestion.layout import MOST_HEADER_LINES, FileFormat, FileLayout, TotalLine
from ingestion.old_spreadsheet import OLE_SIGNATURE
from ingestion.reading.json_objects import NO_JSON, cell_text, parsed
from ingestion.reading.workbook import LIMITS, ParserDied, WorkbookRefused, rows_of
from ingestion.reading.workbook import parsed as parsed_workbook
from ingestion.spreadsheet import DAMAGED
from ingestion.workbook_parser import MAX_UNPACKED_BYTES

SAMPLE_BYTES = 16 << 20
SAMPLE_LINES = 20_000
# What a file is shows in so much of its beginning.
HEAD_BYTES = 4096
# Of a longer file, so much of its end is looked at for total lines.
TAIL_BYTES = 1 << 16
# Within these lines a header is looked for, and so many of the last may be totals.
MOST_TITLES = 60
MOST_TOTALS = 4
MOST_SHEETS = 20
DELIMITERS = ",\t|;^~\x01¦$#@&!"
_TOTAL = re.compile(
    r"(合计|总计|共计|小计|总数|制表|填表|审核|复核|打印|导出|负责人|TOTAL|END|EOF)", re.IGNORECASE
)
# Such lines stand among the data too.
_SUBTOTAL = re.compile(r"小计|分计|本页合计|本页小计")
# No name of a column: numbers, dates, amounts. 年月 and 日 are names.
_VALUE_LIKE = re.compile(r"[-+\d.,:/% ]+|(?=.*\d)[-+\d.,:/%年月日 ]+|.*\d{6}.*|(19|20)\d\d\D.*")
LONGEST_HEADER = 40
# A text in UTF-16 has more bytes that are 0, any other none.
SHARE_OF_NULS = 0.02
# An object that is the envelope of a list has so many objects in it, or is written on several lines.
LEAST_ELEMENTS = 5
# Keys of a number of elements in all: a code of success or a time is greater than a list too.
_COUNT_KEY = re.compile(r"total|count|num|rows|records|size|总|数|zs$|zts$", re.IGNORECASE)
# So many lines below a header are compared with it.
LINES_BELOW = 100


@dataclass(frozen=True)
class Form:
    """How a file is written, in the words of a contract. header_line: the last that names the columns; header_lines:
    how many do; list_at: where in an object a JSON array stands."""

    format: FileFormat
    encoding: str = "utf-8"
    delimiter: str | None = None
    trailing_delimiter: bool = False
    header_line: int = 0
    header_lines: int = 1
    list_at: str | None = None
    sheet: int | None = None
    width_unit: str | None = None
    line_length: int | None = None
    total_lines: tuple[TotalLine, ...] = ()


@dataclass
class Sample:
    """One file. name: its own; member, ignored: of an archive; titles: lines before the header, as one text.

    lines: of data that were looked at; notes: what somebody should know of the file.
    """

    name: str
    form: Form
    columns: list[Column]
    lines: int
    titles: str = ""
    member: str | None = None
    ignored: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def sample(path: Path) -> Sample:
    """Look at one file. Raises RequestError where it is none that can be read."""
    try:
        with path.open("rb") as file:
            return _sample(path.name, file)
    except OSError as error:
        raise RequestError(
            f"文件读不了。 {printable(path.name)}: cannot be read ({error.strerror})."
        ) from None
    except (WorkbookRefused, ParserDied, UnicodeError, RecursionError, *DAMAGED) as error:
        problem = error.problem if isinstance(error, WorkbookRefused) else "is damaged, or of no known form"
        raise RequestError(
            f"读不了：文件损坏、没有传完，或者不是认得的格式，请重新取一份，或请报送单位另存为 CSV、XLSX。 "
            f"{printable(path.name)}: {problem}. Fetch it again, or have it sent as CSV or XLSX."
        ) from None


def _sample(name: str, file: BinaryIO) -> Sample:
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head:
        raise RequestError(f"文件是空的，请重新取一份。 {printable(name)}: is empty. Fetch it again.")
    no_table.refuse(printable(name), head)
    if head.startswith(b"PK"):
        with zipfile.ZipFile(file) as package:
            parts = set(package.namelist())
        file.seek(0)
        if "[Content_Types].xml" in parts:
            no_table.refuse_package(printable(name), parts)
            return _workbook(name, file, "xlsx")
        if "content.xml" in parts and "mimetype" in parts:
            return _workbook(name, file, "ods")
        return _archive(name, file)
    if head.startswith(OLE_SIGNATURE):
        no_table.refuse_office(printable(name), file.read(MAX_UNPACKED_BYTES))
        return _workbook(name, file, "xls")
    if head.startswith(b"PAR1"):
        return _table(name, Form("parquet"), *_parquet(file))
    return _text(name, file)


# Archives -------------------------------------------------------------------------------------


def _archive(name: str, file: BinaryIO) -> Sample:
    """The largest member is the data; the others are ignored."""
    with zipfile.ZipFile(file) as package:
        members = sorted(
            (info for info in package.infolist() if not info.is_dir()),
            key=lambda info: info.file_size,
            reverse=True,
        )
        if not members:
            raise RequestError(f"压缩包是空的。 {printable(name)}: is an archive of nothing.")
        if members[0].file_size > MAX_UNPACKED_BYTES:
            raise RequestError(
                f"解压后过大。 {printable(name)}: unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB."
            )
        data, *others = [member_name(info).replace("\\", "/").rpartition("/")[2] for info in members]
        with package.open(members[0]) as content, TemporaryFile() as copy:
            while piece := content.read(1 << 20):
                copy.write(piece)
            copy.seek(0)
            found = _sample(data, copy)
    found.name, found.member, found.ignored = name, data, tuple(others)
    return found


# Workbooks and Parquet --------------------------------------------------------------------------


def _workbook(name: str, file: BinaryIO, form: FileFormat) -> Sample:
    """The sheet with the most in it; others of the same header are told."""
    best: tuple[int, list[tuple[int, list[str | None]]], int] = (-1, [], 1)
    read: dict[int, list[list[str | None]]] = {}
    for sheet in range(1, MOST_SHEETS + 1):
        layout = FileLayout(form, "utf-8", None, sheet, 0)
        try:
            os.lseek(file.fileno(), 0, os.SEEK_SET)  # the parser goes on from where we are
            messages = parsed_workbook(file, layout, LIMITS)
            next(messages, None)
            rows = _first_rows(messages)
        except WorkbookRefused as refused:
            if refused.code == "sheet_missing" and best[1]:
                break
            raise
        read[sheet] = [texts for _, texts in rows]
        cells = sum(sum(1 for text in texts if text) for _, texts in rows)
        if cells > best[0]:
            best = (cells, rows, sheet)
    _, rows, sheet = best
    found = _table(name, Form(form, sheet=sheet), rows)
    header = dict(rows).get(found.form.header_line)
    if others := [str(place) for place, texts in read.items() if place != sheet and header in texts]:
        found.notes.append(
            f"第 {'、'.join(others)} 张表列名相同，也是数据，而一份文件只读一张表：收时会整份拒收，请报送单位合为一张。"
        )
    return found


def _parquet(file: BinaryIO) -> tuple[list[tuple[int, list[str | None]]], list[str]]:
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    messages = parsed_workbook(file, FileLayout("parquet", "utf-8", None, None, 0), LIMITS)
    header = [str(text) for text in next(messages, [])]
    return _first_rows(messages), header


def _first_rows(messages: Iterator[Any]) -> list[tuple[int, list[str | None]]]:
    """Of Parquet rows may come as lines of several at once."""
    rows = (
        row
        for number, told, *faulty in messages
        for row in ([(number, told)] if faulty else rows_of(number, told))
    )
    return list(islice(rows, SAMPLE_LINES))


# Text ---------------------------------------------------------------------------------------------


def _text(name: str, file: BinaryIO) -> Sample:
    content = file.read(SAMPLE_BYTES)
    is_cut = len(content) == SAMPLE_BYTES
    encoding, head = _decoded(content, is_cut)
    tail: list[str] = []
    if is_cut:
        file.seek(-TAIL_BYTES, io.SEEK_END)
        tail = file.read().decode(encoding, errors="replace").splitlines()[1:]
    start = head.lstrip()[:1]
    if start == "[":
        return _objects(name, Form("json", encoding), _array_elements(head, is_cut))
    if start == "{":
        path, elements, notes = ("", [], []) if is_cut else _list_within(head)
        if path:
            found = _objects(name, Form("json", encoding, list_at=path), elements)
            found.notes += notes
            return found
        return _objects(name, Form("jsonl", encoding), map(parsed, filter(str.strip, head.split("\n"))))
    lines = [line.removesuffix("\r") for line in head.split("\n")]
    if is_cut:
        lines = [*lines[:-1], *tail]
    delimiter = _delimiter(lines)
    if delimiter is None and (width := fixed.width_of(lines, encoding)) is not None:
        return _fixed(name, lines, encoding, *width)
    delimiter = delimiter or ","
    rows = [(number, fields) for number, fields in _split(lines, delimiter) if any(map(str.strip, fields))]
    is_trailed = _is_trailed(rows)
    if is_trailed:
        rows = [(number, fields[:-1] if not fields[-1] else fields) for number, fields in rows]
    suffix = name.rpartition(".")[2].lower()
    form = Form("csv" if suffix == "csv" else "txt", encoding, delimiter, is_trailed)
    return _table(name, form, rows)


def _decoded(content: bytes, is_cut: bool) -> tuple[str, str]:
    """Encoding in the words of a contract, and the text. Raises UnicodeError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", content[: len(content) // 2 * 2].decode("utf-16")
    first, second = content[0::2].count(0), content[1::2].count(0)
    if first + second > SHARE_OF_NULS * len(content):  # of digits, marks and line ends one byte of two is 0
        encoding = "utf-16-le" if second > first else "utf-16-be"
        return encoding, content[: len(content) // 2 * 2].decode(encoding)
    if is_cut:
        content = content[: content.rfind(b"\n") + 1]
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", content.decode("utf-8-sig")
    try:
        return "utf-8", content.decode()
    except UnicodeDecodeError:
        return "gb18030", content.decode("gb18030")


def _delimiter(lines: Sequence[str]) -> str | None:
    """The one that cuts most lines into the same number of fields; null where none does."""
    looked = [line for line in lines if line.strip()][:500]
    best: tuple[float, int, str] | None = None
    for delimiter in DELIMITERS:
        widths = Counter(len(fields) for _, fields in _split(looked, delimiter))
        ((width, count),) = widths.most_common(1) or [(1, 0)]
        if width < 2:
            continue
        share = count / len(looked)
        if share >= 0.4 and (best is None or (round(share, 1), width) > best[:2]):
            best = (round(share, 1), width, delimiter)
    return best[2] if best else None


def _split(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and its fields; a quoted field that holds line ends counts its lines."""
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    number = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            number = reader.line_num + 1
            continue
        yield number, [text.strip("\n") for text in fields]
        number = reader.line_num + 1


def _is_trailed(rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether a further delimiter ends the lines: the last field has no name and is empty in all whole lines."""
    width = Counter(len(fields) for _, fields in rows).most_common(1)[0][0]
    whole = [fields for _, fields in rows if len(fields) == width]
    return width > 2 and not any(fields[-1] for fields in whole)


def _fixed(name: str, lines: Sequence[str], encoding: str, width: int, unit: str) -> Sample:
    data = [line for line in lines if line.strip()]
    totals: list[str] = []
    while (
        data
        and _TOTAL.match(data[-1].strip())
        and not fixed.may_be_somebody(data[-1])
        and len(totals) < MOST_TOTALS
    ):
        totals.append((_TOTAL.match(data.pop().strip()) or [""])[0])
    titles, mark, is_open = fixed.ends_of(data, encoding, unit)
    titles_text = data[0] if titles else ""
    data = data[titles : len(data) - bool(mark)]
    columns = fixed.columns_of(data[:SAMPLE_LINES], encoding, width, unit)
    form = Form(
        "fixed",
        encoding,
        header_line=titles,
        width_unit=unit,
        line_length=width,
        total_lines=tuple(TotalLine(text) for text in (*totals, *([mark] if mark else []))),
    )
    found = Sample(name, form, columns, len(data), titles_text)
    if titles or mark:
        found.notes.append("首行或末行的开头与其余各行都不同，作为文件头、文件尾不当数据读：请核对。")
    if is_open:
        found.notes.append(
            "首行或末行的开头与其余各行都不同，而内容又像是某人的一行：当数据读。"
            "若是文件头、文件尾，请写明 headerLine、totalLine。"
        )
    found.notes.append("定长文件没有列名：字段起止由内容推断，相邻的数字字段可能连在一起，须对照接口说明。")
    return found


# Tables -------------------------------------------------------------------------------------------


def _table(
    name: str,
    form: Form,
    rows: Sequence[tuple[int, Sequence[str | None]]],
    header: Sequence[str] | None = None,
) -> Sample:
    """rows: with their numbers; header: where the file has one apart from its rows."""
    cells = [(number, [(text or "").strip() for text in texts]) for number, texts in rows]
    if not cells:
        raise RequestError(f"没有内容。 {printable(name)}: holds no line.")
    titles, header_line = "", 0
    if header is None:
        width = _width(cells, form)
        place, header_lines = _header_place(cells, width)
        if header_lines:
            form = replace(form, header_lines=header_lines)
            header_line = cells[place][0]
            names = names_of([texts for _, texts in cells[place + 1 - header_lines : place + 1]])
            titles = " ".join(
                text for _, texts in cells[: place + 1 - header_lines] for text in texts if text
            )
            cells = cells[place + 1 :]
            while names and not names[-1]:
                names.pop()
        else:
            names = [f"第{column}列" for column in range(1, width + 1)]
    else:
        names = list(header)
    data, totals = _without_totals(cells, len(names))
    columns = [Column(text) for text in names]
    for _, texts in data[:SAMPLE_LINES]:
        for column, text in zip(columns, [*texts, *[""] * len(names)], strict=False):
            _note(column, text)
    described = replace(form, header_line=header_line, total_lines=totals)
    found = Sample(name, described, columns, len(data), titles)
    if header is None and not header_line:
        found.notes.append("没有列名行：各列只凭内容辨认，须对照接口说明。")
    return found


def _width(cells: Sequence[tuple[int, list[str]]], form: Form) -> int:
    if form.delimiter is not None:
        return Counter(len(texts) for _, texts in cells).most_common(1)[0][0]
    return max(len(texts) for _, texts in cells)  # of a sheet, empty cells at the end are not written


def _header_place(cells: Sequence[tuple[int, Sequence[str]]], width: int) -> tuple[int, int]:
    """Place of the last row that names the columns, and how many rows do: none where it is 0."""
    for place, (_, texts) in enumerate(cells[:MOST_TITLES]):
        for lines in range(MOST_HEADER_LINES, 1, -1):
            if _is_header_of(lines, cells, place, width):
                return place + lines - 1, lines
        filled = [text for text in texts if text]
        if len(filled) < max(2, 0.8 * width) and not (width == 1 and filled):
            continue
        if len(set(filled)) == len(filled) and all(map(_is_name, filled)):
            return place, 0 if _holds_people(texts, cells[place + 1 :]) else 1
        break  # the first whole row is data
    return 0, 0


def _is_header_of(lines: int, cells: Sequence[tuple[int, Sequence[str]]], place: int, width: int) -> bool:
    """Whether so many rows are one header: all but the last name groups, of columns or of the groups below."""
    rows = [[*texts, *[""] * (width - len(texts))] for _, texts in cells[place : place + lines]]
    if len(rows) < lines or cells[place + lines - 1][0] != cells[place][0] + lines - 1:
        return False
    named = [text for row in rows for text in row if text]
    names = [name for name in names_of(rows) if name]
    return (
        all(sum(map(bool, row)) > 1 and not all(row) for row in rows)
        and all(any(map(all, zip(above, below, strict=True))) for above, below in pairwise(rows))
        and len(names) >= max(3, 0.8 * width)
        and len(set(names)) == len(names)
        and all(map(_is_name, named))
        and any(normal(text) in known_words() for row in rows[1:] for text in row)
        and not _holds_people(rows[-1], cells[place + lines :])
    )


def _holds_people(texts: Sequence[str], below: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Whether a first line of words is somebody's, as those below it are: then it is data, and is never repeated."""
    if sum(normal(text) in known_words() for text in texts) * 3 >= len(texts):
        return False
    for place, text in enumerate(texts):
        others = [row[place] for _, row in below[:LINES_BELOW] if place < len(row) and row[place]]
        if is_name(text) and others and 2 * sum(map(is_name, others)) >= len(others):
            return True
    return False


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_HEADER and not _VALUE_LIKE.fullmatch(text)


def _without_totals(
    cells: list[tuple[int, list[str]]], width: int
) -> tuple[list[tuple[int, list[str]]], tuple[TotalLine, ...]]:
    """The data, and the total lines behind it with the field that counts its lines; subtotals wherever they stand."""
    subtotals: dict[str, None] = {}
    data = []
    for number, texts in cells:
        if (word := _told_total(_SUBTOTAL, texts, width)) is not None:
            subtotals[word] = None
        else:
            data.append((number, texts))
    totals: list[tuple[str, list[str]]] = []
    while data and len(totals) < MOST_TOTALS:
        if (word := _told_total(_TOTAL, data[-1][1], width)) is None:
            break
        totals.append((word, data.pop()[1]))
    count = str(len(data))
    return data, (
        *(TotalLine(word, is_anywhere=True) for word in subtotals),
        *(
            TotalLine(
                word,
                next((place for place, text in enumerate(texts, 1) if text.replace(",", "") == count), None),
            )
            for word, texts in reversed(totals)
        ),
    )


def _told_total(words: re.Pattern[str], texts: Sequence[str], width: int) -> str | None:
    """The word by which a row shows that it is a total; null where it is data."""
    filled = [text for text in texts if text]
    said = words.match(filled[0]) if filled else None
    return said[0] if said is not None and len(filled) <= max(3, 0.6 * width) else None


def _note(column: Column, text: str | None) -> None:
    column.values.append((text or "").strip())


# JSON ---------------------------------------------------------------------------------------------


def _array_elements(text: str, is_cut: bool) -> Iterable[Any]:
    if not is_cut:
        try:
            found = json.loads(text)
        except ValueError:
            found = []
        if isinstance(found, list) and found:
            return [parsed(json.dumps(one)) for one in found[:SAMPLE_LINES]]
    return map(parsed, re.findall(r"\{.*?\}(?=\s*,\s*\{|\s*\])", text, re.DOTALL))


def _list_within(text: str) -> tuple[str, list[Any], list[str]]:
    """Keys that lead to the longest list of objects in one object, its elements, and what somebody should know of what
    stands beside it; none where a record is meant: a single line with a list of its own, as households with their
    members are written."""
    try:
        whole = json.loads(text)
        found = sorted(_lists(whole, ""), key=lambda one: -len(one[1]))
        numbers = [*_numbers(whole, "")]
    except ValueError:
        return "", [], []
    is_envelope = "\n" in text.strip() or (found and len(found[0][1]) >= LEAST_ELEMENTS)
    if not found or not is_envelope:
        return "", [], []
    (path, elements), *others = found
    notes = [
        f"除 {path} 外还有一个列表 {other}（{len(items)} 项），不读，收时整份拒收：请报送单位另作一份文件，"
        "确实不用的写入 ignoredLists。"
        for other, items in others
    ]
    notes += [
        f"{at} 是 {number}，大于列表的 {len(elements)} 项：若是分页的一页，请报送单位合为一份，"
        "并以 countAt 写明总数所在。"
        for at, number in numbers
        if number > len(elements) and _COUNT_KEY.search(at.rpartition(".")[2])
    ]
    return path, [parsed(json.dumps(one)) for one in elements[:SAMPLE_LINES]], notes


def _lists(value: dict[str, Any], stem: str) -> Iterator[tuple[str, list[Any]]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _lists(inner, f"{stem}{key}.")
        elif isinstance(inner, list) and any(isinstance(one, dict) for one in inner):
            yield stem + key, inner


def _numbers(value: dict[str, Any], stem: str) -> Iterator[tuple[str, int]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _numbers(inner, f"{stem}{key}.")
        elif isinstance(inner, int) and not isinstance(inner, bool):
            yield stem + key, inner


def _objects(name: str, form: Form, values: Iterable[Any]) -> Sample:
    columns: dict[str, Column] = {}
    lines = 0
    for value in values:
        if value is NO_JSON or not isinstance(value, dict):
            continue
        _flatten(value, "", columns, lines)
        lines += 1
        if lines >= SAMPLE_LINES:
            break
    if not columns:
        raise RequestError(
            "没有由 JSON 对象组成的数组，也不是一行一个对象；或者文件没有传完，请重新取一份。 "
            f"{printable(name)}: holds no list of JSON objects, neither one a line nor an array, or only part of it "
            "came. Fetch it again."
        )
    # An object that is null in some lines is no column of its own.
    folders = {path.rpartition(".")[0] for path in columns if "." in path}
    kept = [column for column in columns.values() if column.header not in folders]
    for column in kept:
        _fill_up(column, lines)
    return Sample(name, form, kept, lines)


def _flatten(value: dict[str, Any], stem: str, columns: dict[str, Column], before: int) -> None:
    """before: objects that came before; a column that stood in none of them was empty there."""
    for key, inner in value.items():
        path = stem + key
        if isinstance(inner, dict):
            _flatten(inner, f"{path}.", columns, before)
            continue
        column = columns.setdefault(path, Column(path))
        if isinstance(inner, list):
            items = {item.header: item for item in column.items}
            count = max((len(item.values) for item in column.items), default=0)
            for one in inner:
                if isinstance(one, dict):
                    _flatten(one, "", items, count)
                    count += 1
            column.items = [item for item in items.values() if not item.is_list]
            for item in column.items:
                _fill_up(item, count)
        else:
            _fill_up(column, before)
            _note(column, cell_text(inner))


def _fill_up(column: Column, lines: int) -> None:
    column.values += [""] * (lines - len(column.values))
