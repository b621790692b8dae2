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
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from ingestion.archive import member_name
from ingestion.drafting import fixed
from ingestion.drafting.values import Column, is_name
from ingestion.drafting.words import known_words, normal
from ingestion.errors import RequestError
from ingestion.file_names import printable
from ingestion.layout import FileFormat, FileLayout
from ingestion.old_spreadsheet import OLE_SIGNATURE
from ingestion.reading.json_objects import NO_JSON, cell_text, parsed
from ingestion.reading.workbook import LIMITS, ParserDied, WorkbookRefused, rows_of
from ingestion.reading.workbook import parsed as parsed_workbook
from ingestion.spreadsheet import DAMAGED
from ingestion.workbook_parser import MAX_UNPACKED_BYTES

SAMPLE_BYTES = 16 << 20
SAMPLE_LINES = 20_000
# Of a longer file, so much of its end is looked at for total lines.
TAIL_BYTES = 1 << 16
# Within these lines a header is looked for, and so many of the last may be totals.
MOST_TITLES = 15
MOST_TOTALS = 4
MOST_SHEETS = 20
DELIMITERS = ",\t|;^~\x01¦$#@&!"
_TOTAL = re.compile(
    r"(合计|总计|共计|小计|总数|制表|填表|审核|复核|打印|导出|负责人|TOTAL|END|EOF)", re.IGNORECASE
)
# No name of a column: numbers, dates, amounts.
_VALUE_LIKE = re.compile(r"[-+\d.,:/%年月日 ]+|.*\d{6}.*|(19|20)\d\d\D.*")
LONGEST_HEADER = 40
# So many lines below a header are compared with it.
LINES_BELOW = 100


@dataclass(frozen=True)
class Form:
    """How a file is written, in the words of a contract; total_lines: (startsWith, countField or null)."""

    format: FileFormat
    encoding: str = "utf-8"
    delimiter: str | None = None
    trailing_delimiter: bool = False
    header_line: int = 0
    sheet: int | None = None
    width_unit: str | None = None
    line_length: int | None = None
    total_lines: tuple[tuple[str, int | None], ...] = ()


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
    except (WorkbookRefused, ParserDied, UnicodeError, *DAMAGED) as error:
        problem = error.problem if isinstance(error, WorkbookRefused) else "is damaged, or of no known form"
        raise RequestError(f"{printable(path.name)}: {problem}.") from None


def _sample(name: str, file: BinaryIO) -> Sample:
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"PK"):
        with zipfile.ZipFile(file) as package:
            parts = set(package.namelist())
        file.seek(0)
        if "[Content_Types].xml" in parts:
            return _workbook(name, file, "xlsx")
        if "content.xml" in parts and "mimetype" in parts:
            return _workbook(name, file, "ods")
        return _archive(name, file)
    if head.startswith(OLE_SIGNATURE):
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
    """The sheet with the most in it."""
    best: tuple[int, list[tuple[int, list[str | None]]], int] = (-1, [], 1)
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
        cells = sum(sum(1 for text in texts if text) for _, texts in rows)
        if cells > best[0]:
            best = (cells, rows, sheet)
    _, rows, sheet = best
    return _table(name, Form(form, sheet=sheet), rows)


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
    while data and _TOTAL.match(data[-1].strip()) and len(totals) < MOST_TOTALS:
        totals.append((_TOTAL.match(data.pop().strip()) or [""])[0])
    columns = fixed.columns_of(data[:SAMPLE_LINES], encoding, width, unit)
    form = Form(
        "fixed",
        encoding,
        width_unit=unit,
        line_length=width,
        total_lines=tuple((text, None) for text in totals),
    )
    found = Sample(name, form, columns, len(data))
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
        place = _header_place(cells, width)
        if place is not None:
            header_line, names = cells[place]
            titles = " ".join(text for _, texts in cells[:place] for text in texts if text)
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


def _header_place(cells: Sequence[tuple[int, Sequence[str]]], width: int) -> int | None:
    """Place of the row that names the columns; null where none does."""
    for place, (_, texts) in enumerate(cells[:MOST_TITLES]):
        filled = [text for text in texts if text]
        if len(filled) < max(2, 0.8 * width) and not (width == 1 and filled):
            continue
        if len(set(filled)) == len(filled) and all(map(_is_name, filled)):
            return None if _holds_people(texts, cells[place + 1 :]) else place
        return None  # the first whole row is data
    return None


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
) -> tuple[list[tuple[int, list[str]]], tuple[tuple[str, int | None], ...]]:
    """The data, and the total lines behind it with the field that counts its lines."""
    totals: list[tuple[str, list[str]]] = []
    while cells and len(totals) < MOST_TOTALS:
        texts = cells[-1][1]
        filled = [text for text in texts if text]
        said = _TOTAL.match(filled[0]) if filled else None
        if said is None or len(filled) > max(3, 0.6 * width):
            break
        totals.append((said[0], texts))
        cells = cells[:-1]
    count = str(len(cells))
    return cells, tuple(
        (word, next((place for place, text in enumerate(texts, 1) if text.replace(",", "") == count), None))
        for word, texts in reversed(totals)
    )


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
        raise RequestError(f"没有 JSON 对象。 {printable(name)}: holds no JSON object.")
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
