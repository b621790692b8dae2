"""Readers of layouts as properties: what a careful writer of any of them wrote arrives, line by line, and a
line that cannot be read is told at its number. The inputs are of our own making."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_layouts import column, contract, key
from test_reading import Lines, delivery_of, lines_of

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.reading import decoding, read
from ingestion.reading.stream import Record, records_of

Make = Callable[..., Contract]

# What may stand in a field between other characters than blanks, quotes and delimiters.
words = st.text(st.sampled_from("a1张𠮷㐂·-Ⅳ"), max_size=6)
rows_of_three = st.lists(
    st.tuples(st.text(st.sampled_from("a1张𠮷"), min_size=1, max_size=6), words, words),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return lambda *given, **words: contract(tmp_path_factory.mktemp("contract"), *given, **words)


def good(lines: Lines) -> list[tuple[int, list[str | None]]]:
    assert all(fault is None for _, fault, _ in lines), lines
    return [(number, fields) for number, _, fields in lines]


def faults(lines: Lines) -> list[tuple[int, str]]:
    return [(number, fault) for number, fault, _ in lines if fault is not None]


def refusal(made: Contract, content: bytes) -> str:
    with pytest.raises(DeliveryFault) as caught:
        lines_of(made, content)
    return caught.value.reason_code


COLUMNS = [key("no"), column("name"), column("remark")]

# Delimited ------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    rows=rows_of_three,
    delimiter=st.sampled_from(";|\t^~ .\x01｜§"),
    encoding=st.sampled_from(["utf-8", "gbk", "utf-16"]),
    titles=st.integers(-1, 3),
    is_trailed=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    chunk=st.integers(2, 40),
)
def test_any_delimiter_titles_and_encoding(
    make: Make,
    rows: list[tuple[str, ...]],
    delimiter: str,
    encoding: str,
    titles: int,
    is_trailed: bool,
    end: str,
    chunk: int,
) -> None:
    """titles: lines before the header, -1: there is none."""
    made = make(
        "txt",
        COLUMNS,
        delimiter=delimiter,
        encoding=encoding,
        headerLine=titles + 1,
        trailingDelimiter=is_trailed,
    )
    head = [['标题 "'], ["no", "name", "remark"]]
    written = [*head[:1] * max(titles, 0), *head[1:][: titles + 1], *map(list, rows)]
    last = delimiter if is_trailed else ""
    content = "".join(delimiter.join(fields) + last + end for fields in written).encode(made.file.encoding)
    before, decoding.CHUNK_BYTES = decoding.CHUNK_BYTES, chunk
    try:
        lines = lines_of(made, content)
    finally:
        decoding.CHUNK_BYTES = before
    first = titles + 2
    kept = [
        (number, fields)
        for number, fields in enumerate(map(list, rows), first)
        if delimiter.join(fields).strip()
    ]
    assert good(lines) == kept


def test_columns_in_another_order_below_titles(make: Make) -> None:
    made = make("csv", COLUMNS, delimiter=";", headerLine=3)
    content = "表,一\n\n备注;no;name\nx;1;甲\n".replace("备注", "remark")
    stream = read(made, delivery_of(made), io.BytesIO(content.encode()))
    assert stream.columns == ("remark", "no", "name")
    ((record,),) = [list(records_of(batch)) for batch in stream.batches()]
    assert (record.number, list(record.fields)) == (4, ["x", "1", "甲"])


def test_a_header_that_is_not_where_it_should_be(make: Make) -> None:
    made = make("csv", COLUMNS, delimiter=",", headerLine=2)
    with pytest.raises(DeliveryFault, match="line 2 is not the expected header"):
        lines_of(made, b"no,name,remark\n1,a,b\n")
    assert refusal(made, b"title") == "missing_column"


@pytest.mark.parametrize("line", ["1|a", "1|a|b|c|", "1|a|b", "1|a|b|x", '1|"a|b|'])
def test_a_line_without_its_trailing_delimiter_was_cut(make: Make, line: str) -> None:
    made = make("txt", COLUMNS, delimiter="|", headerLine=0, trailingDelimiter=True)
    (told,) = faults(lines_of(made, f"0|a|b|\n{line}\n2|a||\n".encode()))
    assert told in [(2, "field_count"), (2, "unreadable_line")]


@pytest.mark.parametrize("last", ['丙村",3', '"丙,村"","3'])
def test_a_stray_quote_swallows_no_whole_line(make: Make, last: str) -> None:
    """Though the record fits the header: the first person would get what the last has."""
    made = make("csv", COLUMNS, delimiter=",")
    lines = lines_of(made, f'no,name,remark\nQ0,"甲村,1\nQ1,"乙,村",2\nQ2,{last}\nQ3,丁村,4\n'.encode())
    assert faults(lines)[0] == (2, "unreadable_line")
    assert [number for number, _, _ in lines] == [2, 3, 4, 5]
    assert lines[1][2] == ["Q1", "乙,村", "2"]
    assert lines[3][2] == ["Q3", "丁村", "4"]


@pytest.mark.parametrize(
    "fields", [["A1", "甲村\n3号", "x"], ["A1", "甲", "3号,\n东\n西,门"], ["A,\n1", "甲\n,乙", "\n\n"]]
)
def test_a_line_end_within_quotes_is_text(make: Make, fields: list[str]) -> None:
    made = make("csv", COLUMNS, delimiter=",")
    quoted = ",".join(f'"{field}"' for field in fields)
    assert good(lines_of(made, f"no,name,remark\n{quoted}\n2,a,b\n".encode())) == [
        (2, fields), (3, ["2", "a", "b"])
    ]  # fmt: skip
    one = make("csv", COLUMNS[:1], delimiter=",")
    assert good(lines_of(one, b'no\n"1\n2"\n')) == [(2, ["1\n2"])]


def test_a_return_or_a_long_field_is_no_stray_quote(make: Make) -> None:
    made = make("csv", COLUMNS, delimiter=",")
    lines = lines_of(made, f'no,name,remark\n1,a\rb,c\n2,{"x" * 200_000},c\n3,"",\n'.encode())
    assert faults(lines) == [(2, "lone_return"), (3, "field_too_long")]


def test_utf_16_without_a_mark_is_not_guessed(make: Make) -> None:
    made = make("csv", COLUMNS, delimiter=",", encoding="utf-16")
    assert refusal(made, "no,name,remark\n".encode("utf-16-le")) == "encoding"
    for order, other in (("utf-16-le", "utf-16-be"), ("utf-16-be", "utf-16-le")):
        stated = make("csv", COLUMNS, delimiter=",", encoding=order)
        for mark in ("", "\ufeff"):
            content = f"{mark}no,name,remark\n1,张𠮷,a\n".encode(order)
            assert good(lines_of(stated, content)) == [(2, ["1", "张𠮷", "a"])]
        assert refusal(stated, "\ufeffno,name,remark\n1,a,b\n".encode(other)) == "encoding"
    assert refusal(made, "no,name,remark\n1,a,b\n".encode("utf-16")[:-1]) == "encoding"


# Total lines ----------------------------------------------------------------------------------

TOTALS = {"startsWith": "合计", "countField": 2}


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("合计,2\n", None),
        ('"合计","2 行",\n\n', None),
        (" 合计：,2,\n", None),
        ("合计,3\n", "row_count"),
        ("合计,两\n", "row_count"),
        ("合计\n", "row_count"),
        ("", "total_missing"),
    ],
)
def test_a_total_line_is_no_data_and_must_hold(make: Make, end: str, reason: str | None) -> None:
    made = make("csv", COLUMNS, delimiter=",", totalLine=TOTALS)
    content = f"no,name,remark\n1,a,b\n2,c,d\n{end}".encode()
    if reason is None:
        assert [number for number, _ in good(lines_of(made, content))] == [2, 3]
    else:
        assert refusal(made, content) == reason


def test_a_total_line_among_the_data_is_told(make: Make) -> None:
    made = make("csv", COLUMNS, delimiter=",", totalLine=[{"startsWith": "合计"}, {"startsWith": "制表"}])
    content = "no,name,remark\n1,a,b\n合计,1,\n2,c,d\n制表：甲\n合计,2,\n".encode()
    assert faults(lines_of(made, content)) == [(3, "total_line")]
    assert refusal(made, content.replace("制表：甲\n".encode(), b"")) == "total_missing"


# Fixed width ----------------------------------------------------------------------------------


def padded(text: str, width: int, unit: str, encoding: str) -> str:
    used = len(text.encode(encoding)) if unit == "bytes" else len(text)
    return text + " " * (width - used)


@settings(max_examples=40)
@given(
    rows=rows_of_three,
    unit=st.sampled_from(["bytes", "characters"]),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
    lines_before=st.integers(0, 2),
)
def test_fields_of_fixed_width(
    make: Make, rows: list[tuple[str, ...]], unit: str, encoding: str, lines_before: int
) -> None:
    places = {"no": 3, "name": 30, "remark": 61}  # with a gap before and between them
    made = make(
        "fixed",
        [
            {**one, "customProperties": [{"property": "position", "value": {"start": start, "length": 24}}]}
            for one, start in zip(COLUMNS, places.values(), strict=True)
        ],
        encoding=encoding,
        widthUnit=unit,
        headerLine=lines_before,
    )
    text = "标题\n" * lines_before
    for fields in rows:
        line = "##"
        for field, gap in zip(fields, ["###", "#######", ""], strict=True):
            line += padded(field, 24, unit, encoding) + gap
        text += line + "\r\n"
    expected = [(number, [*fields]) for number, fields in enumerate(rows, lines_before + 1)]
    assert good(lines_of(made, text.encode(encoding))) == expected


def fixed(make: Make, **more: Any) -> Contract:
    def at(start: int, length: int) -> dict[str, Any]:
        return {"custom": {"position": {"start": start, "length": length}}}

    return make("fixed", [key("no", **at(1, 3)), column("name", **at(4, 4))], encoding="gb18030", **more)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("001张三", None), ("001  张", None), ("001张", "line_length"), ("001张三三", "line_length"),
        ("00张三 ", "misplaced_field"), ("001a\0cd", "nul_character"),
    ],
)  # fmt: skip
def test_a_line_whose_fields_are_not_where_they_should_be(make: Make, line: str, fault: str | None) -> None:
    lines = lines_of(fixed(make), f"000abcd\n\n{line}\n".encode("gb18030"))
    assert [(number, told) for number, told, _ in lines] == [(1, None), (3, fault)]


def test_blanks_left_off_where_the_contract_says_so(make: Make) -> None:
    made = fixed(make, lineLength="trimmed")
    lines = lines_of(made, "001\n002甲\n003甲乙   \n004甲乙丙\n".encode("gb18030"))
    assert [(number, told) for number, told, _ in lines] == [
        (1, None),
        (2, None),
        (3, None),
        (4, "line_length"),
    ]
    assert lines[1][2] == ["002", "甲"]


# JSON -----------------------------------------------------------------------------------------

PATHS = [
    key("no", "id"), column("name", "who.name"), column("place", "who.at.place"),
    column("items", "who.list", logicalType="array", items={
        "logicalType": "object", "properties": [column("kind", "k.v")],
    }),
]  # fmt: skip

values = st.one_of(st.text(max_size=5), st.integers(-5, 10**6), st.none())
objects = st.fixed_dictionaries(
    {
        "id": st.text("abc1", min_size=1, max_size=4),
        "who": st.one_of(
            st.none(),
            st.just(""),
            st.fixed_dictionaries(
                {
                    "name": values,
                    "at": st.one_of(st.none(), st.fixed_dictionaries({"place": values})),
                    "list": st.lists(st.fixed_dictionaries({"k": st.just({"v": "x"})}), max_size=2),
                }
            ),
        ),
    }
)


def text_of(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@settings(max_examples=40)
@given(
    elements=st.lists(objects, max_size=5),
    indent=st.sampled_from([None, 0, 2]),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    is_array=st.booleans(),
    chunk=st.integers(2, 50),
)
def test_paths_into_objects(
    make: Make, elements: list[dict[str, Any]], indent: int | None, encoding: str, is_array: bool, chunk: int
) -> None:
    made = make("json" if is_array else "jsonl", PATHS, encoding=encoding, absentKeys="empty")
    before, decoding.CHUNK_BYTES = decoding.CHUNK_BYTES, chunk
    storable = [one for one in elements if "\\u0000" not in json.dumps(one) and "\\ud" not in json.dumps(one)]
    if is_array:
        text = json.dumps(storable, ensure_ascii=False, indent=indent)
    else:
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in storable)
    try:
        lines = lines_of(made, text.encode(encoding))
    finally:
        decoding.CHUNK_BYTES = before
    expected = []
    for number, one in enumerate(storable, 1):
        who = one["who"] or {}
        found = [one["id"], who.get("name"), (who.get("at") or {}).get("place"), who.get("list")]
        expected.append((number, [text_of(value) for value in found]))
    assert good(lines) == expected


TWO = [key("no", "id"), column("name", "who.name")]


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        ('{"id": "2", "who": {"name": NaN}}', "invalid_json"),
        ('{"id": "2", "id": "3", "who": {"name": "a"}}', "invalid_json"),
        ('{"id": "2", "who": {"name": "a",}}', "invalid_json"),
        ('{"id": "2" "who": {"name": "]},{"}}', "invalid_json"),
        ("", "invalid_json"),
        ("truth", "invalid_json"),
        ("7", "not_an_object"),
        ("[1, 2]", "not_an_object"),
        ('{"id": "2", "who": "somebody"}', "unreadable_value"),
        ('{"id": "2", "who": {"name": {"first": "a"}}}', "unreadable_value"),
        ('{"id": "2", "who": {"name": "\\ud800"}}', "invalid_character"),
    ],
)
@pytest.mark.parametrize("chunk", [3, 1 << 18])
def test_a_broken_element_is_told_by_its_number(
    make: Make, monkeypatch: pytest.MonkeyPatch, element: str, fault: str, chunk: int
) -> None:
    monkeypatch.setattr(decoding, "CHUNK_BYTES", chunk)
    made = make("json", TWO)
    whole = '{"id": "1", "who": {"name": "a, ]}"}}'
    lines = lines_of(made, f"\n[{whole}, {element} ,\n{whole}]\n".encode())
    assert [(number, told) for number, told, _ in lines] == [(1, None), (2, fault), (3, None)]


@pytest.mark.parametrize(
    "content",
    [
        "", "{}", '{"id": "1", "who": {"name": "a"}}', '[{"id": "1", "who": {"name": "a"}}', "[", "[{}",
        '[{"id": "1", "who": {"name": "a"}} {"id": "2"}]', '[{"id": "1", "who": {"name": "a"}}],',
        '[{"id": "1", "who": {"name": "a',
    ],
)  # fmt: skip
def test_what_is_no_whole_array_is_refused(make: Make, content: str) -> None:
    assert refusal(make("json", TWO), content.encode()) == "unreadable_file"


def test_an_empty_array_has_no_lines(make: Make) -> None:
    assert lines_of(make("json", TWO), b" [ ] ") == []


@pytest.mark.parametrize(
    ("word", "content", "reason"),
    [
        ("refuse", '[{"id": "1", "who": {"nom": "a"}}]', "missing_column"),
        ("empty", '[{"id": "1", "who": {"nom": "a"}}]', "unknown_column"),
        ("refuse", '[{"id": "1"}]', "missing_column"),
    ],
)
def test_a_renamed_key_refuses_the_file(make: Make, word: str, content: str, reason: str) -> None:
    assert refusal(make("json", TWO, absentKeys=word), content.encode()) == reason


LISTED = [key("no", "id"), column("items", "who", logicalType="array", items={
    "logicalType": "object", "properties": [
        column("name", "at.name", required=True), column("number", "sfz", required=True), column("share", "cz"),
    ],
})]  # fmt: skip


def test_subtotals_are_passed_over_among_the_data(make: Make) -> None:
    made = make("csv", COLUMNS, delimiter=",", totalLine=[{"startsWith": "小计", "anywhere": True}, TOTALS])
    data = "no,name,remark\n小计,,\n1,a,b\n小计,1,\n2,a,b\n小计,1,\n"
    assert good(lines_of(made, f"{data}合计,2,\n".encode())) == [(3, ["1", "a", "b"]), (5, ["2", "a", "b"])]
    assert good(lines_of(made, "no,name,remark\n1,a,b\n合计,1,\n".encode())) == [(2, ["1", "a", "b"])]
    assert refusal(made, data.encode()) == "total_missing"
    assert refusal(made, f"{data}合计,5,\n".encode()) == "row_count"


OF_PEOPLE = [
    column("office"), column("name", required=True, classification="name", custom={"type": "name"}),
    key("number", classification="identity", custom={"type": "id_number"}), column("amount", required=True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "is_data"),
    [
        ("小计,,,500", False), ("小计,3人,,1500", False), (",小计,,1500", False), ("小计（城关镇）,,,", False),
        ("小计划办,张三,420104199001011234,500", True), ("小计,张三,,500", True),
        ("小计,,420104199001011234,500", True),
        (",小计,420104199001011234,500", True), (",,小计01,500", False),
    ],
)  # fmt: skip
def test_nobody_is_passed_over_as_a_subtotal(make: Make, line: str, is_data: bool) -> None:
    made = make("csv", OF_PEOPLE, delimiter=",", totalLine={"startsWith": "小计", "anywhere": True})
    content = f"office,name,number,amount\n甲,李四,420104199001011235,1\n{line}\n"
    stream = read(made, delivery_of(made), io.BytesIO(content.encode()))
    records = [record for batch in stream.batches() for record in records_of(batch)]
    assert [record.fault for record in records] == [None, *["total_line"] * is_data]
    assert stream.passed_over == ({} if is_data else {"小计": 1})


def people(make: Make, **more: Any) -> Contract:
    def at(start: int, length: int, kind: str) -> dict[str, Any]:
        return {"custom": {"type": kind, "position": {"start": start, "length": length}}}

    return make(
        "fixed",
        [
            key("number", classification="identity", **at(1, 18, "id_number")),
            column("name", required=True, classification="name", **at(19, 8, "name")),
            column("born", logicalType="date", custom={"position": {"start": 27, "length": 8}}),
        ],
        encoding="gb18030", **more,
    )  # fmt: skip


def person(number: str, name: str = "张三", born: str = "19900101") -> str:
    return padded(number, 18, "bytes", "gb18030") + padded(name, 8, "bytes", "gb18030") + born


@pytest.mark.parametrize("number", ["420104199001011234", "420104900101123", "E12345678", "无"])
def test_somebody_in_the_place_of_a_header_or_a_total_is_not_lost(make: Make, number: str) -> None:
    rest = [person("420104199001011235", "李四"), person("420104199001011236", "王五")]
    content = "\n".join([person(number), *rest]) + "\n"
    assert refusal(people(make, headerLine=1), content.encode("gb18030")) == "header_is_data"
    content = "\n".join([*rest, person(number)]) + "\n"
    made = people(make, totalLine={"startsWith": number[0]})
    assert refusal(made, content.encode("gb18030")) == "total_missing"


@pytest.mark.parametrize(
    "head", ["H20250630", "H20250630000012".ljust(34), "H202506300000000001民政局".ljust(31)]
)
def test_a_header_of_fixed_width_is_passed_over(make: Make, head: str) -> None:
    made = people(make, headerLine=1, totalLine={"startsWith": "T", "countField": 2})
    content = f"{head}\n{person('420104199001011234')}\nT 1\n"
    assert [number for number, _ in good(lines_of(made, content.encode("gb18030")))] == [2]


GROUPED = [key("no", "编号"), column("come", "起止/入"), column("gone", "起止/出"), column("remark", "备注")]


def test_a_header_of_two_lines_names_columns_by_group_and_name(make: Make) -> None:
    made = make("csv", GROUPED, delimiter=",", headerLine=[2, 3])
    lines = lines_of(made, "名册,,,\n编号,起止,,备注\n,入,出,\n1,a,b,c\n".encode())
    assert good(lines) == [(4, ["1", "a", "b", "c"])]
    lines = lines_of(made, "名册,,,\n起止,,编号,\n入,出,,备注\na,b,1,c\n".encode())  # in any order
    assert good(lines) == [(4, ["a", "b", "1", "c"])]
    assert refusal(made, "名册,,,\n编号,起止,,备注\n1,a,b,c\n".encode()) == "missing_column"


WITHIN = (
    '{"code": 0, "data": {"total": 2, "page": {"no": 1, "rows": %s, "end": [1, {"rows": []}]}}, "msg": "}]"}'
)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_an_array_within_objects_is_read_at_its_place(
    make: Make, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "CHUNK_BYTES", chunk)
    made = make("json", TWO, listAt="data.page.rows")
    rows = '[{"id": "1", "who": {"name": "a"}}, {"id": "2", "who": {"name": "b"}}]'
    assert good(lines_of(made, (WITHIN % rows).encode())) == [(1, ["1", "a"]), (2, ["2", "b"])]
    assert lines_of(made, (WITHIN % "[]").encode()) == []


ROW = '{"id": "1", "who": {"name": "a"}}'


@pytest.mark.parametrize(
    ("beside", "words", "reason"),
    [
        ('"delete": [{"id": "2"}]', {}, "unread_list"),
        ('"delete": [{"id": "2"}]', {"ignoredLists": ["data.delete"]}, None),
        ('"more": {"delete": [{"id": "2"}]}', {}, "unread_list"),
        ('"more": {"delete": [{"id": "2"}]}', {"ignoredLists": ["data.delete"]}, "unread_list"),
        ('"more": {"delete": [{"id": "2"}]}', {"ignoredLists": ["data.more.delete"]}, None),
        ('"delete": [], "pages": [1, 2]', {}, None),
        ('"delete": [{"id": "2", "id": "3"}]', {}, "unreadable_file"),
        ('"total": 1', {"countAt": "data.total"}, None),
        ('"total": "1"', {"countAt": "data.total"}, None),
        ('"page": {"total": 1}', {"countAt": "data.page.total"}, None),
        ('"total": 9000', {"countAt": "data.total"}, "row_count"),
        ('"total": true', {"countAt": "data.total"}, "row_count"),
        ('"pages": 1', {"countAt": "data.total"}, "row_count"),
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_no_list_and_no_page_beside_the_list_is_lost(
    make: Make, beside: str, words: dict[str, Any], reason: str | None, is_before: bool
) -> None:
    rows = f'"rows": [{ROW}]'
    inside = f"{beside}, {rows}" if is_before else f"{rows}, {beside}"
    made, content = make("json", TWO, listAt="data.rows", **words), f'{{"data": {{{inside}}}}}'.encode()
    if reason is None:
        assert good(lines_of(made, content)) == [(1, ["1", "a"])]
    else:
        assert refusal(made, content) == reason


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "has nothing at data."),
        ('{"data": []}', "has nothing at data.page."),
        ('{"data": {}}', "has nothing at data.page."),
        ('{"data": {"page": {"no": 1}}}', "has nothing at data.page.rows."),
        ('{"data": {"page": {"rows": null}}}', "is not one JSON array."),
        ('{"data": {"page": {"rows": [], "rows": [1]}}}', "has rows twice in one object."),
        ('{"data": {"page": {"rows": []}', "is cut."),
        ('{"data": {"page": {"rows": []}}} {}', "goes on after its end."),
        ('{"data": {"page" {"rows": []}}}', "is no JSON object."),
    ],
)
def test_an_object_without_the_array_is_refused(make: Make, content: str, problem: str) -> None:
    with pytest.raises(DeliveryFault, match=re.escape(problem)) as caught:
        lines_of(make("json", TWO, listAt="data.page.rows"), content.encode())
    assert caught.value.reason_code == "unreadable_file"


@pytest.mark.parametrize(
    ("words", "items", "reason"),
    [
        ({}, '{"at": {"name": "a"}, "SFZ": "1"}', "missing_column"),
        ({}, '{"at": {"nom": "a"}, "sfz": "1"}', "missing_column"),
        ({}, '{"at": {"name": "a"}}', "missing_column"),
        (
            {},
            '{"at": {"name": "a"}, "sfz": "1"}, {"at": {"name": "b"}, "sfz": "2", "cz": "", "age": 3}',
            "unknown_column",
        ),
        ({"absentKeys": "empty"}, '{"at": {"name": "a"}, "SFZ": "1"}', "unknown_column"),
        ({"additionalColumns": "keep"}, '{"at": {"name": "a"}, "SFZ": "1"}', "missing_column"),
    ],
)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_renamed_key_in_the_items_of_a_list_refuses_the_file(
    make: Make, form: str, words: dict[str, str], items: str, reason: str
) -> None:
    line = f'{{"id": "1", "who": [{items}]}}'
    content = f"[{line}]" if form == "json" else f"{line}\n"
    assert refusal(make(form, LISTED, **words), content.encode()) == reason


@pytest.mark.parametrize(
    ("words", "content"),
    [
        ({}, '{"id": "1", "who": []}'),  # of nobody nothing is missing
        ({}, '{"id": "1", "who": [{"sfz": "1", "at": {"name": "a"}}]}'),  # what need not be there
        ({"absentKeys": "empty"}, '{"id": "1", "who": [{"sfz": "1"}]}'),
        ({"additionalColumns": "keep"}, '{"id": "1", "who": [{"sfz": "1", "age": 3, "at": {"name": "a"}}]}'),
    ],
)
def test_keys_that_the_items_of_a_list_may_have(make: Make, words: dict[str, str], content: str) -> None:
    assert [fault for _, fault, _ in lines_of(make("jsonl", LISTED, **words), content.encode())] == [None] * (
        1 + content.count("\n")
    )


def test_keys_that_may_stand_in_no_object(make: Make) -> None:
    made = make("jsonl", TWO, absentKeys="empty")
    assert good(lines_of(made, b'{"id": "1"}\n{"id": "2", "who": null}\n')) == [
        (1, ["1", None]),
        (2, ["2", None]),
    ]


def test_further_keys_are_kept_by_their_paths(make: Make) -> None:
    made = make("jsonl", TWO, additionalColumns="keep")
    ((_, fields),) = good(lines_of(made, b'{"id": "1", "who": {"name": "a", "age": 7}}\n'))
    assert (fields[:2], json.loads(fields[2] or "")) == (["1", "a"], {"who.age": "7"})


# Columns that stand in some files only --------------------------------------------------------


def test_columns_that_a_kind_of_file_has_not_stay_empty(make: Make) -> None:
    kinds = [{"pattern": "Q{YYYYMMDD}.csv", "mode": "full", "without": ["name"]}]
    made = make("csv", COLUMNS, delimiter=",", files=kinds)
    (kind,) = made.files
    described = made.written_as(kind)
    stream = read(
        described, delivery_of(described, path=Path("Q20250602.csv")), io.BytesIO(b"remark,no\nx,1\n")
    )
    assert stream.columns == ("remark", "no")
    assert [list(records_of(batch)) for batch in stream.batches()] == [[Record(2, ["x", "1"], "x,1")]]
    with pytest.raises(DeliveryFault, match="unknown additional column"):
        read(described, delivery_of(described), io.BytesIO(b"remark,no,name\nx,1,a\n"))
