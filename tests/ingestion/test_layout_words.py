"""What a contract may say of its files, and what it is told of anything else."""

import re
from pathlib import Path
from typing import Any

import pytest
from own_layouts import column, contract, key

from ingestion.contract import Contract, load_contract
from ingestion.errors import ContractError
from ingestion.file_names import PLACEHOLDERS
from ingestion.layout import ENCODINGS, FILE_FORMATS, LAYOUT_WORDS, OF_ONE_KIND

PAGE = (Path(__file__).parents[2] / "docs" / "layouts.md").read_text(encoding="utf-8")
FIXED = [key("no", custom={"position": {"start": 1, "length": 4}})]
FULL = {"pattern": "Q{YYYYMMDD}.csv", "mode": "full"}
DELTA = {"pattern": "B{YYYYMMDD}.csv", "mode": "delta"}


@pytest.mark.parametrize(
    ("file_format", "columns", "words", "told"),
    [
        (
            "csv",
            [key("no")],
            {"delimeter": ","},
            "customProperties: delimeter is no word of a contract. Did you mean delimiter?",
        ),
        (
            "csv",
            [key("no", custom={"positon": 1})],
            {"delimiter": ","},
            "visit.no: positon is no word of a contract. Did you mean position?",
        ),
        ("csv", [key("no")], {"delimiter": "ab"}, "customProperties.delimiter: expected one character"),
        ("csv", [key("no")], {"delimiter": '"'}, "customProperties.delimiter: expected one character"),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "headerLine": -1},
            "customProperties.headerLine: expected",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "sheet": "x"},
            "customProperties.sheet: says nothing of a csv file.",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "trailingDelimiter": "yes"},
            "customProperties.trailingDelimiter: expected true or false.",
        ),
        (
            "csv",
            [key("no", custom={"position": {"start": 1, "length": 1}})],
            {"delimiter": ","},
            "schema.no: position says nothing of a csv file.",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "totalLine": {"startWith": "合计"}},
            "customProperties.totalLine: expected {startsWith: 合计, countField: 2}.",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "totalLine": {"startsWith": "合计", "countField": 2, "anywhere": True}},
            "customProperties.totalLine: anywhere: expected true or false, and no countField beside it.",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "headerLine": [2, 4]},
            "customProperties.headerLine: expected",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "headerLine": []},
            "customProperties.headerLine: expected",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "headerLine": [1, 2, 3, 4]},
            "customProperties.headerLine: expected",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "headerLine": [0, 1]},
            "customProperties.headerLine: expected",
        ),
        ("json", [key("no")], {"listAt": "data..rows"}, "customProperties.listAt: expected the keys"),
        ("json", [key("no")], {"countAt": "total"}, "customProperties.countAt: says nothing without listAt"),
        ("json", [key("no")], {"ignoredLists": "data"}, "customProperties.ignoredLists: expected a list"),
        ("jsonl", [key("no")], {"listAt": "data"}, "customProperties.listAt: says nothing of a jsonl file."),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "totalLine": {"startsWith": "合计", "count": 2}},
            "Did you mean countField?",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "archive": {"member": "a.csv"}},
            "customProperties.archive: goes with files",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "completeWhen": {"marker": "{name}.ok"}},
            "customProperties.completeWhen: goes with files",
        ),
        ("jsonl", [key("no")], {"headerLine": 1}, "a jsonl file has no header line"),
        (
            "json",
            [key("no")],
            {"totalLine": {"startsWith": "合计"}},
            "customProperties.totalLine: says nothing of a json file.",
        ),
        ("json", [key("a", "fw"), column("b", "fw.b")], {}, "schema.b: physicalName: fw is a column itself."),
        ("xlsx", [key("no")], {"sheet": 0}, "customProperties.sheet: name the sheet"),
        (
            "docx",
            [key("no")],
            {},
            "servers.format: expected one of csv, txt, jsonl, json, xlsx, xls, ods, fixed, parquet.",
        ),
        ("fixed", [key("no")], {}, "schema.no: position: say where it stands"),
        (
            "fixed",
            [*FIXED, column("b", custom={"position": {"start": 4, "length": 1}})],
            {},
            "schema.b: position: stands in no.",
        ),
        (
            "fixed",
            [key("no", custom={"position": {"start": 0, "length": 1}})],
            {},
            "position: expected {start: 1, length: 8}",
        ),
        ("fixed", FIXED, {"lineLength": 3}, "customProperties.lineLength: expected 4 or more"),
        ("fixed", FIXED, {"widthUnit": "byte"}, "customProperties.widthUnit: expected bytes or characters."),
        ("fixed", FIXED, {"encoding": "utf-16"}, "a file in utf-16 is counted in characters."),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [{"pattern": "Q{YYYYMMDD}.csv"}]},
            "customProperties.files 1: mode: expected full or delta.",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL | {"headerline": 3}]},
            "customProperties.files 1: headerline is no word of a contract. Did you mean headerLine?",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL | {"headerLine": "3."}]},
            "customProperties.files 1, headerLine: expected the number",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL, DELTA | {"pattern": "*{YYYYMMDD}.csv"}]},
            "a name can be both Q{YYYYMMDD}.csv and *{YYYYMMDD}.csv.",
        ),
        ("csv", [key("no")], {"delimiter": ",", "files": [FULL | {"pattern": "Q.csv"}]}, "says no date."),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL | {"pattern": "Q{YYYYMMDD}_{part}_{parts}.csv"}]},
            "a full in parts cannot be taken in",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL | {"without": ["no"]}]},
            "without: no is part of the key",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL | {"without": ["nothing"]}]},
            "without: nothing is no column",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL], "completeWhen": {"marker": "done"}},
            "marker: expected a name made with {name} or {stem}",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL], "completeWhen": {"unchangedSecond": 1}},
            "Did you mean unchangedSeconds?",
        ),
        (
            "csv",
            [key("no")],
            {"delimiter": ",", "files": [FULL], "archive": {"member": "a*", "ignored": ["ab.txt"]}},
            "a name can be both a* and ab.txt.",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(
    tmp_path: Path, file_format: str, columns: list[Any], words: dict[str, Any], told: str
) -> None:
    with pytest.raises(ContractError) as caught:
        contract(tmp_path, file_format, columns, **words)
    assert told in str(caught.value)


def test_files_found_by_name_lie_in_the_folder_of_the_feed(tmp_path: Path) -> None:
    made = contract(tmp_path, "csv", [key("no")], delimiter=",", files=[FULL])
    text = made.path.read_text(encoding="utf-8").replace("path: county/visit", "path: county/elsewhere")
    made.path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"servers\.path: expected county/visit"):
        load_contract(made.path)


def test_a_kind_says_otherwise_than_the_others(tmp_path: Path) -> None:
    made: Contract = contract(
        tmp_path,
        "csv",
        [key("no"), column("operation"), column("remark")],
        delimiter=",",
        encoding="gbk",
        operation={"column": "operation", "revoke": ["D"]},
        totalLine={"startsWith": "合计"},
        files=[
            FULL | {"headerLine": 3, "without": ["operation"]},
            DELTA | {"totalLine": None, "delimiter": "|"},
        ],
    )
    full, delta = (made.written_as(kind) for kind in made.files)
    assert (full.file.header_line, full.file.encoding, full.operation, full.column_names) == (
        3, "gb18030", None, ("no", "remark")
    )  # fmt: skip
    assert (delta.file.header_line, delta.file.delimiter, delta.file.total_lines, delta.operation) == (
        1, "|", (), made.operation
    )  # fmt: skip
    assert made.written_as(None) is made


def test_lines_of_fixed_width_without_their_last_fields_are_shorter(tmp_path: Path) -> None:
    def at(start: int) -> dict[str, Any]:
        return {"custom": {"position": {"start": start, "length": 4}}}

    columns = [key("no", **at(1)), column("name", **at(5)), column("operation", **at(9))]
    files = [FULL | {"without": ["operation"]}, DELTA]
    made = contract(tmp_path, "fixed", columns, files=files)
    assert [kind.layout.line_length for kind in made.files] == [8, 12]
    with pytest.raises(ContractError, match="without: name stands before other fields"):
        contract(tmp_path, "fixed", columns, files=[FULL | {"without": ["name"]}, DELTA])


def test_kinds_of_one_mode_are_ordered_by_the_list(tmp_path: Path) -> None:
    kinds = [{"pattern": f"{name}{{YYYYMMDD}}_{{n}}.csv", "mode": "delta"} for name in "AB"]
    made = contract(tmp_path, "csv", [key("no")], delimiter=",", files=[FULL, *kinds])
    numbers = []
    for name in ("A20250602_1.csv", "B20250602_1.csv", "A20250602_2.csv", "Q20250602.csv"):
        (kind,) = [kind for kind in made.files if kind.pattern.match(name)]
        named = kind.pattern.match(name)
        assert named is not None
        numbers.append(kind.sequence_no(named))
    assert numbers == [1001, 1101, 2001, 1]


def test_the_page_has_every_word_and_its_example_loads(tmp_path: Path) -> None:
    words = {
        *LAYOUT_WORDS,
        *OF_ONE_KIND,
        *PLACEHOLDERS,
        *FILE_FORMATS,
        *ENCODINGS,
        "archive",
        "completeWhen",
        "position",
    }
    assert {word for word in words if not re.search(rf"`[^`]*\b{word}\b", PAGE)} == set()
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "county__marriage.yml").write_text(example, encoding="utf-8")
    full, delta = load_contract(tmp_path / "county__marriage.yml").files
    assert (full.layout.header_line, delta.layout.header_line) == (3, 1)


def test_numbers_may_stand_in_quotes(tmp_path: Path) -> None:
    """As programs write them into YAML. The name of a sheet stays a name."""
    made = contract(
        tmp_path, "csv", [key("no")], delimiter=",", headerLine="3", layoutVersions=["1", 2],
        totalLine={"startsWith": "合计", "countField": "2"},
    )  # fmt: skip
    assert (made.file.header_line, made.layout_versions, made.file.total_lines[0].count_field) == (
        3,
        (1, 2),
        2,
    )
    place = made.path.parent
    fixed = [key("no", custom={"position": {"start": "1", "length": "4"}})]
    assert contract(place, "fixed", fixed, lineLength="9").file.line_length == 9
    assert contract(place, "xlsx", [key("no")], sheet="1").file.sheet == "1"
    with pytest.raises(ContractError, match=r"layoutVersions: expected a list of numbers such as"):
        contract(place, "xlsx", [key("no")], sheet=1, layoutVersions=["v1"])
