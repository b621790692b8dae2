"""Readers as properties: what a careful writer wrote is what arrives, line by line."""

import csv
import io
import json
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_inbox import CONTRACTS, DAY, line, write_workbook

from ingestion.cell_text import cell_text
from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.judge import WIDEST_WORDS, distinct
from ingestion.reading import decoding, read
from ingestion.reading.json_objects import cell_text as json_cell_text
from ingestion.reading.stream import Batch, CopyText, PlainLines, Record, told_names

UNESCAPED = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
Lines = list[tuple[int, str | None, list[str | None]]]


def delivery_of(contract: Contract, encoding: str | None = None, path: Path = Path("file")) -> Delivery:
    return Delivery(
        contract.system, contract.feed, "d", DAY, "full", 1, path, encoding or contract.file.encoding, None,
        "", 1, Decimal(0),
    )  # fmt: skip


def unescape(text: str, delimiter: str) -> str | None:
    """What PostgreSQL makes of a field of COPY text."""
    if text == "\\N":
        return None
    out, position = [], 0
    while position < len(text):
        pair = text[position : position + 2]
        if text[position] == "\\":
            out.append(UNESCAPED.get(pair, pair[1:]))
            position += 2
        else:
            assert text[position] != delimiter
            out.append(text[position])
            position += 1
    return "".join(out)


def split_copy_line(text: str, delimiter: str) -> list[str | None]:
    fields, current, position = [], "", 0
    while position < len(text):
        if text[position] == "\\":
            current += text[position : position + 2]
            position += 2
        elif text[position] == delimiter:
            fields.append(current)
            current = ""
            position += 1
        else:
            current += text[position]
            position += 1
    return [unescape(field, delimiter) for field in [*fields, current]]


def lines_of(contract: Contract, content: bytes, encoding: str | None = None) -> Lines:
    """Line number, fault and fields of every line."""
    stream = read(contract, delivery_of(contract, encoding), io.BytesIO(content))
    copy_text = CopyText(contract, stream.columns, stream.delimiter)
    out: Lines = []
    for batch in stream.batches():
        if isinstance(batch, PlainLines):
            out += copied_lines(copy_text.plain(batch), stream.delimiter)
            continue
        for record in batch:
            if record.fault is None:
                out += copied_lines(copy_text.records([record]), stream.delimiter)
            else:
                out.append((record.number, record.fault, list(record.fields)))
    return out


def copied_lines(text: bytes, delimiter: str) -> Lines:
    out: Lines = []
    for copy_line in text.decode().removesuffix("\n").split("\n"):
        number, _, *fields = split_copy_line(copy_line, delimiter)
        out.append((int(number or 0), None, fields))
    return out


def row_hashes(copy_text: CopyText, batch: Batch) -> list[str]:
    written = copy_text.plain(batch) if isinstance(batch, PlainLines) else copy_text.records(batch)
    delimiter = copy_text.delimiter
    return [
        split_copy_line(line, delimiter)[1] or "" for line in written.decode().removesuffix("\n").split("\n")
    ]


# Everything a text may hold that PostgreSQL can store; 𠮷 and 𬎆 take four bytes in GB18030.
texts = st.text(
    st.one_of(
        st.sampled_from(',"|\\N\n\r\t\u2028\x0b\x1c 丽𠮷𬎆①Ⅳ·'),
        st.characters(codec="utf-8", exclude_characters="\0\ufeff"),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(
    rows=st.lists(st.lists(texts, min_size=8, max_size=8), max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    # Python's writer leaves a lone carriage return bare where it is no part of the line end.
    form=st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r\n")]),
    chunk=st.integers(1, 60),
    block=st.integers(1, 200),
)
@example([["\\N", "\\.", "", "\\", "a\\", "", "", ""]], "utf-8", (csv.QUOTE_MINIMAL, "\r\n"), 7, 7)
def test_csv_round_trip(
    rows: list[list[str]], encoding: str, form: tuple[int, str], chunk: int, block: int
) -> None:
    contract = CONTRACTS["vehicle"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=form[0], lineterminator=form[1])  # type: ignore[arg-type]
    writer.writerow(contract.column_of_header)
    writer.writerows(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "CHUNK_BYTES", chunk)
        patch.setattr(decoding, "BLOCK_BYTES", block)
        found = lines_of(contract, buffer.getvalue().encode(encoding), encoding)
    assert found == [(n, None, row) for n, row in enumerate(rows, 2)]


@settings(max_examples=60)
@given(st.data())
def test_every_line_of_any_text_arrives_once(data: st.DataObject) -> None:
    """Whatever the text, no line vanishes: each is read or has a reason, numbers ascend."""
    contract = CONTRACTS["social_insurance"]
    body = data.draw(st.text(st.sampled_from('|"ab\\\r\n\0'), max_size=200))
    header = "|".join(contract.column_of_header) + "\n"
    found = lines_of(contract, (header + body).encode())
    numbers = [n for n, _, _ in found]
    assert numbers == sorted(set(numbers))
    if '"' not in body:
        physical = body.split("\n")
        assert numbers == [n for n, text in enumerate(physical, 2) if text.strip()]


@settings(max_examples=80)
@given(
    name=texts, amount=st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.none())
)
def test_json_lines_round_trip(name: str, amount: float | None) -> None:
    contract = CONTRACTS["company"]
    values = {column.header: None for column in contract.columns}
    officers = [{"角色": None, "姓名": name, "证件号": None, "出资比例": amount}]
    record = values | {"名称": name, "注册资本万元": amount, "人员": officers}
    for ascii_only in (True, False):
        ((number, fault, fields),) = lines_of(contract, json.dumps(record, ensure_ascii=ascii_only).encode())
        found = dict(zip(contract.column_names, fields, strict=True))
        assert (number, fault) == (1, None)
        assert found["company_name"] == name
        assert found["company_type"] is None
        assert json.loads(found["officers"] or "") == officers
        # The same number: an exponent loses its padding, by which a spreadsheet's would be known.
        assert json.loads(found["registered_capital_wan_yuan"] or "null") == amount


def test_items_of_a_list_may_all_lack_what_a_record_can_be_without() -> None:
    """A share, but not the number by which the officer is known."""
    contract = CONTRACTS["company"]
    values = {column.header: None for column in contract.columns}
    officer = {"角色": "法定代表人", "姓名": "甲", "证件号": "1"}
    for lacking in [None, *officer]:
        items = [{key: value for key, value in officer.items() if key != lacking}]
        content = json.dumps(values | {"人员": items}).encode()
        if lacking is None:
            assert [fault for _, fault, _ in lines_of(contract, content)] == [None]
        else:
            with pytest.raises(DeliveryFault, match=rf"人员\[\]: column {lacking} is missing"):
                lines_of(contract, content)


def test_json_numbers_stay_as_written() -> None:
    contract = CONTRACTS["company"]
    record = json.dumps({column.header: None for column in contract.columns}, ensure_ascii=False)
    written = record.replace('"注册资本万元": null', '"注册资本万元": 860.00')
    assert "860.00" in lines_of(contract, written.encode())[0][2]
    assert json_cell_text(420202197305297073) == "420202197305297073"
    assert json_cell_text(True) == "true"


@given(st.lists(st.one_of(st.none(), texts), min_size=8, max_size=8), st.sampled_from(",|\t"))
def test_copy_text_round_trip(fields: list[str | None], delimiter: str) -> None:
    contract = CONTRACTS["vehicle"]
    copy_text = CopyText(contract, contract.column_names, delimiter)
    written = copy_text.records([Record(7, fields, "raw")])
    assert written.endswith(b"\n")
    assert copied_lines(written, delimiter) == [(7, None, fields)]
    other_order = CopyText(contract, contract.column_names[::-1], delimiter)
    assert row_hashes(copy_text, [Record(7, fields, "raw")]) == row_hashes(
        other_order, [Record(7, fields[::-1], "raw")]
    )


def test_what_a_file_says_for_its_lines_is_part_of_them() -> None:
    """The same line in a file of deletes is no repeat of the one that it takes back."""
    contract = CONTRACTS["vehicle"]
    columns = contract.column_names[:-1]
    line = ["1"] * len(columns)
    said = [
        CopyText(contract, columns, ",", constants={contract.column_names[-1]: word} if word else {})
        for word in ("报废", "正常", "")
    ]
    assert len({tuple(row_hashes(text, [Record(7, line, "raw")])) for text in said}) == 3
    whole = CopyText(contract, contract.column_names, ",")
    assert row_hashes(whole, [Record(7, [*line, "报废"], "raw")]) == row_hashes(
        said[0], [Record(7, line, "raw")]
    )


@given(
    st.lists(st.lists(st.text("ab丽𠮷 ·", max_size=4), min_size=8, max_size=8), min_size=1, max_size=5),
    st.sets(st.integers(0, 4)),
    st.booleans(),
)
def test_plain_lines_are_copied_as_records_would_be(
    rows: list[list[str]], leave_out: set[int], is_reversed: bool
) -> None:
    contract = CONTRACTS["vehicle"]
    columns = contract.column_names[:: -1 if is_reversed else 1]
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    plain = PlainLines.of(2, data, ",", 8)
    assert plain is not None
    assert [plain.field(3, n).decode() for n in range(len(rows))] == [row[3] for row in rows]
    kept = [Record(n + 2, row, "") for n, row in enumerate(rows) if n not in leave_out]
    as_plain, as_records = (CopyText(contract, columns, ",") for _ in range(2))
    assert as_plain.plain(plain, leave_out) == as_records.records(kept)
    assert np.array_equal(np.concatenate(as_plain.hashes), np.concatenate(as_records.hashes))


@given(st.lists(st.text("ab丽𠮷", max_size=40), min_size=1, max_size=12))
def test_distinct_values_of_plain_lines(values: list[str]) -> None:
    """Also those longer than the machine words they are compared by."""
    for repeat in (1, 3):
        fields = [(value * repeat).encode() for value in values]
        ends = np.cumsum([len(field) for field in fields])
        lengths = np.array([len(field) for field in fields])
        data = np.frombuffer(b"".join(fields) + bytes(WIDEST_WORDS), np.uint8)
        codes, found = distinct(data, ends - lengths, lengths)
        assert [found[code] for code in codes] == fields
        assert len(set(found)) == len(found)


def test_the_hash_tells_null_from_empty_and_fields_apart() -> None:
    contract = CONTRACTS["vehicle"]
    copy_text = CopyText(contract, contract.column_names, ",")
    lines = (["a", "b"], ["ab", ""], ["a", "b", None], [None, "a", "b"])
    padded = [Record(1, [*line, *[""] * (8 - len(line))], "") for line in lines]
    assert len(set(row_hashes(copy_text, padded))) == len(lines)
    plain = ",".join(contract.column_of_header) + "\na,b,,,,,,\n"
    quoted = plain.replace("a,", '"a",')
    found = set()
    for text in (plain, quoted):
        stream = read(contract, delivery_of(contract), io.BytesIO(text.encode("gb18030")))
        for batch in stream.batches():
            found.update(row_hashes(copy_text, batch))
    assert len(found) == 1, "the same whichever way the file is read"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("", ""), (" 甲 ", " 甲 "), (1200, "1200"), (88.5, "88.5"),
        (4.20222193405271e17, "4.20222193405271e+17"), (420222193405271000, "420222193405271000"),
        (datetime(2024, 3, 5), "2024-03-05"), (datetime(2024, 3, 5, 8, 30), "2024-03-05 08:30:00"),
        (datetime(2024, 3, 5, 8, 30, 0, 250_000), "2024-03-05 08:30:00.250000"),
        (date(2024, 3, 5), "2024-03-05"), (time(8, 30), "08:30:00"),
    ],
)  # fmt: skip
def test_cells_as_text(value: object, text: str | None) -> None:
    assert cell_text(value) == text


def test_workbook_lines(tmp_path: Path) -> None:
    contract = CONTRACTS["cremation"]
    values = line("cremation", 1)
    rows = [[*contract.column_of_header, None], [], [values[column.name] for column in contract.columns]]
    write_workbook(tmp_path / "a.xlsx", "火化登记", [*rows, [*rows[2], "mehr"]])
    found = lines_of(contract, (tmp_path / "a.xlsx").read_bytes())
    assert [(number, fault) for number, fault, _ in found] == [(3, None), (4, "field_count")]


def test_workbook_that_claims_endless_rows(tmp_path: Path) -> None:
    """A row number far down costs no memory and no hours, and is not passed over."""
    contract = CONTRACTS["cremation"]
    path = tmp_path / "a.xlsx"
    write_workbook(path, "火化登记", [list(contract.column_of_header), ["K1"]])
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'r="2"', b'r="999999999999"').replace(
        b'"A2"', b'"A1048577"'
    )
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    with pytest.raises(DeliveryFault, match="the sheet is damaged"):
        lines_of(contract, path.read_bytes())


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LINE_LIMIT", 1000)
    monkeypatch.setattr(decoding, "CHUNK_BYTES", 100)
    header = ",".join(CONTRACTS["stay"].column_of_header) + "\n"
    with pytest.raises(DeliveryFault) as caught:
        lines_of(CONTRACTS["stay"], (header + "x" * 5000).encode())
    assert caught.value.reason_code == "line_too_long"


def test_names_found_in_a_file_are_counted_never_repeated() -> None:
    wanted = ["金额", "姓名"]
    assert (
        told_names(["发放金额", "420202199001011231", "张三", "x" * 300], wanted)
        == "4 unknown names, near 金额"
    )
    assert told_names(["张三"], wanted) == "1 unknown name"
