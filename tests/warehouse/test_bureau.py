"""A bureau's own folder: laid out, examined as a whole, and in force from landing to findings; the tree stays."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from town import Town, move
from typer.testing import CliRunner

from cli.main import app
from ingestion.bureau import EXAMPLE, contract_folder
from ingestion.contract import CONTRACT_FOLDER, load_contracts
from ingestion.divisions import divisions_in_use, problem_of
from ingestion.errors import ContractError
from warehouse.bureau.divisions import read as read_divisions
from warehouse.bureau.examine import examine
from warehouse.bureau.letterhead import letterhead
from warehouse.bureau.new import lay_out
from warehouse.bureau.parameters import merged_seeds, rows_in_force, seeds
from warehouse.bureau.project import derived_folder
from warehouse.database.connection import Warehouse
from warehouse.database.doctor import examine_bureau
from warehouse.database.errors import UsageError
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.derived import sync
from warehouse.pipeline.dbt import PROJECT, project
from warehouse.pipeline.inputs import program_digest
from warehouse.pipeline.manifest import parse_digest
from warehouse.pipeline.runs import land, run

RULES, MEANS, VERIFICATION = (seed.file for seed in seeds())
PAGE = (PROJECT_ROOT / "docs" / "bureau.md").read_text(encoding="utf-8")
LETTERHEAD = "bureau: 黄石市民政局\ndepartment: 社会救助科\ntelephone: '0714-0000000'\n"
RENAMED = ("physicalName: 使用性质", "physicalName: 用途")


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder as it is laid out, in use."""
    folder = tmp_path / "bureau"
    lay_out(folder)
    monkeypatch.setenv("MINZHENG_BUREAU", str(folder))
    settings.cache_clear()
    return folder


@pytest.fixture
def contracts(bureau: Path) -> Path:
    """The bureau's contracts, the example's for a beginning."""
    for path in CONTRACT_FOLDER.glob("*.yml"):
        shutil.copy(path, bureau / "contracts")
    return bureau / "contracts"


def add(bureau: Path, file: Path, *lines: str) -> None:
    with (bureau / file).open("a", encoding="utf-8") as rows:
        rows.writelines(f"{line}\n" for line in lines)


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def faults(bureau: Path) -> list[str]:
    return [str(fault) for fault in examine(bureau).faults]


def minzheng(*words: str) -> tuple[int, str]:
    """Exit code of an error, 0 without, and what was printed or refused."""
    done = CliRunner().invoke(app, words)
    return getattr(done.exception, "exit_code", done.exit_code), f"{done.stdout}{done.exception or ''}"


def tree() -> dict[str, str]:
    """Digest of every file of the program by path, what dbt and Python leave behind apart."""
    folders = [PROJECT, *(PROJECT_ROOT / name for name in ("docs", "expectations", "ingestion", "warehouse"))]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", "target", "logs"} & set(path.parts)
    }


def test_a_new_folder_is_good_as_it_is_and_like_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new" / "bureau"
    code, said = minzheng("bureau", "new", str(folder))
    assert code == 0
    written = {path for path in folder.rglob("*") if path.is_file()}
    assert {path.relative_to(folder).as_posix() for path in written} == {
        "README.md", "letterhead.yml", "contracts/assistance__temporary_aid.yml.example",
        "divisions.csv", "rules/anomaly_rule.csv", RULES.as_posix(), MEANS.as_posix(), VERIFICATION.as_posix(),
    }  # fmt: skip
    assert all(str(path) in said for path in written)
    digest = program_digest()
    monkeypatch.setenv("MINZHENG_BUREAU", str(folder))
    code, said = minzheng("doctor", "--bureau")
    assert (code, said.splitlines()[-1].startswith("本局目录可用")) == (0, True)
    assert "those of the example bureau are in use" in said
    assert (contract_folder(), letterhead(), program_digest()) == (CONTRACT_FOLDER, "", digest)
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(written)


def test_the_example_in_a_new_folder_is_a_contract_once_it_is_named_one(bureau: Path) -> None:
    (example,) = (bureau / "contracts").iterdir()
    example.rename(example.with_suffix(""))
    assert set(load_contracts()) == {"temporary_aid"}
    assert faults(bureau) == []


def test_a_folder_with_anything_in_it_is_left_alone(bureau: Path) -> None:
    before = {path: path.read_bytes() for path in bureau.rglob("*") if path.is_file()}
    code, said = minzheng("bureau", "new", str(bureau))
    assert (code, "is not an empty folder" in said) == (2, True)
    assert {path: path.read_bytes() for path in bureau.rglob("*") if path.is_file()} == before


def test_no_folder_and_one_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert minzheng("doctor", "--bureau")[0] == 2
    monkeypatch.setenv("MINZHENG_BUREAU", str(tmp_path / "nowhere"))
    with pytest.raises(ContractError, match=r"which is no folder\. `minzheng bureau new"):
        load_contracts()
    monkeypatch.setenv("MINZHENG_BUREAU", str(EXAMPLE))  # as the demo has it
    assert (contract_folder(), project()) == (CONTRACT_FOLDER, PROJECT)


def test_the_bureau_s_contracts_are_all_there_are(contracts: Path) -> None:
    edit(contracts / "shared__vehicle.yml", *RENAMED)
    assert faults(contracts.parent) == []
    assert load_contracts()["vehicle"].path.parent == contracts
    assert "用途" in load_contracts()["vehicle"].column_of_header
    (contracts / "shared__vehicle.yml").unlink()
    assert "vehicle" not in load_contracts()
    assert faults(contracts.parent) == []


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("property: delimiter", "property: delimeter", "  - {property: delimeter, value: ','}",
         "customProperties: delimeter is no word of a contract. Did you mean delimiter?"),
        ("classification: name", "classification: nome", "        classification: nome",
         "vehicle.owner_name: classification: expected one of none, identity,"),
        ("required: true", "required: perhaps", "        required: perhaps",
         "schema.0.properties.0.required: Input should be a valid boolean"),
        ("status: active", "status: [", "description:", "not readable as YAML in UTF-8. Correct the file."),
    ],
)  # fmt: skip
def test_of_a_contract_file_line_and_fix(
    contracts: Path, before: str, after: str, line: str, told: str
) -> None:
    path = contracts / "shared__vehicle.yml"
    edit(path, before, after)
    number = path.read_text(encoding="utf-8").splitlines().index(line) + 1
    (fault,) = faults(contracts.parent)
    assert fault.startswith(f"contracts/shared__vehicle.yml 第 {number} 行 line {number}: {told}")


def test_every_broken_file_is_told_and_hides_no_other(contracts: Path) -> None:
    for name in ("shared__vehicle", "shared__company", "assistance__payment"):
        edit(contracts / f"{name}.yml", "classification: none", "classification: nun")
    add(contracts.parent, RULES, "D02,vehicle_limit_yuan,420204,20000,yuan,2025-01-01,,市民政局,")
    (contracts.parent / "letterhead.yml").write_text("bureaux: 黄石市民政局\n", encoding="utf-8")
    code, said = minzheng("doctor", "--bureau")
    told = [line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("坏（")]
    assert code == 2
    assert told == [
        "contracts/assistance__payment.yml", "contracts/shared__company.yml", "contracts/shared__vehicle.yml",
        RULES.as_posix(), "letterhead.yml", "letterhead.yml",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"name: a\0b\n", "name: 民政".encode("gb18030"), b"\xff\xfe\0", None])
def test_a_contract_that_is_no_text_is_told_in_one_sentence(bureau: Path, content: bytes | None) -> None:
    """null: a folder of that name."""
    path = bureau / "contracts" / "county__visit.yml"
    path.mkdir() if content is None else path.write_bytes(content)
    (fault,) = examine(bureau).faults
    assert (fault.file.name, fault.line) == (path.name, None)
    assert fault.problem.startswith(
        "cannot be read (Is a directory)" if content is None else "not readable as YAML in UTF-8"
    )


def test_what_a_draft_left_open_is_told(bureau: Path) -> None:
    path = bureau / "contracts" / "marriage__marriage_event.yml"
    shutil.copy(CONTRACT_FOLDER / path.name, path)
    assert not any(line.startswith("待填") for line in examine(bureau).found)
    number = path.read_text(encoding="utf-8").split("\nteam:\n")[0].count("\n") + 3
    edit(path, "\nteam:\n  name: ", "\nteam:\n  name: 待填  # ")
    told = f"待填 to be filled in: contracts/{path.name} 第 {number} 行 lines"
    assert told in examine(bureau).found


def test_the_doctor_of_the_machine_says_whether_the_folder_is_good(bureau: Path) -> None:
    assert [(check.good, check.detail) for check in examine_bureau()] == [(True, str(bureau))]
    add(bureau, RULES, OWN[:-1])
    assert [(check.good, "。 1 faults in" in check.detail) for check in examine_bureau()] == [(False, True)]


def test_the_page_shows_rows_that_are_taken_and_what_the_doctor_says(contracts: Path) -> None:
    rows, told = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (contracts.parent / RULES).write_text(rows, encoding="utf-8")
    assert faults(contracts.parent) == []
    edit(contracts / "shared__vehicle.yml", "property: delimiter", "property: delimeter")
    edit(contracts.parent / RULES, "vehicle_value_limit_yuan", "vehicle_limit_yuan")
    assert [fault.shown for fault in examine(contracts.parent).faults] == told.splitlines()


def test_two_contracts_of_one_feed(contracts: Path) -> None:
    text = (contracts / "shared__vehicle.yml").read_text(encoding="utf-8")
    (contracts / "traffic__vehicle.yml").write_text(
        text.replace("value: shared}", "value: traffic}"), encoding="utf-8"
    )
    (fault,) = faults(contracts.parent)
    assert "feed vehicle is already described by" in fault


OWN = "D02,vehicle_value_limit_yuan,420204,20000,yuan,2025-01-01,,市民政局,"
ROW_FAULTS = [
    (RULES, [OWN.replace("D02", "D2")], 2, "rule_code D2 has no parameter. Did you mean D02?"),
    (RULES, [OWN.replace("value_", "")], 2, "vehicle_limit_yuan is no parameter of D02. Did you mean vehicle_value_l"),
    (RULES, [OWN.replace("yuan,2", "day,2")], 2, "unit day: vehicle_value_limit_yuan is counted in yuan."),
    (RULES, [OWN.replace("20000", "20000.125")], 2, "value: at most 12 digits before the point and 2 after it."),
    (RULES, [OWN.replace("20000", "2e4")], 2, "value: write a number as 50000 or 0.3."),
    (RULES, [OWN.replace("20000", "")], 2, "value is empty: fill it in."),
    (RULES, [OWN.replace("市民政局", "")], 2, "source is empty: fill it in."),
    (RULES, [OWN.replace("420204", "4202")], 2, "division_code: 4202: write the six digits of a county"),
    (RULES, [OWN.replace("420204", "420299")], 2, "division_code: 420299 is in no list of divisions."),
    (RULES, [OWN.replace("420204", "420221")], 2, "division_code: 420221 (大冶县) is a former code: write 420281."),
    (RULES, [OWN.replace("01-01", "02-30")], 2, "valid_from: write a day as 2025-01-31."),
    (RULES, [OWN.replace("01,,", "01,2025-01-01,")], 2, "valid_to: the first day on which it holds no more"),
    (RULES, [OWN[:-1]], 2, "8 cells, 9 wanted."),
    (RULES, [OWN + '"'], 2, "quotes are not in pairs"),
    (RULES, [OWN, OWN.replace("20000", "1")], 3, "says the same from the same day as line 2: keep one of them."),
    (RULES, [OWN, "", OWN.replace("2025", "2026")], 4, "begins before line 2 ends: write valid_to 2026-01-01 there."),
    (RULES, [OWN.replace("420204", "000000")], 2,
     "begins while the program's row from 2000-01-01 (value 50000) holds: give that row here too, with valid_to 2025"),
    (RULES, ["C05,female_age_years,000000,18,year,1950-05-01,,婚姻法,"], 2,
     "does not end before the program's next row begins: write valid_to 1981-01-01, or give that row here too."),
    (RULES, ["D02,vehicle_value_limit_yuan,000000,50000,yuan,2000-01-01,2025-01-01,市民政局,"], 2,
     "leaves D02 vehicle_value_limit_yuan without a value for the country from 2025-01-01 on"),
    (MEANS, ["420204,adult_age_years,18,year,2025-01-01,,市民政局,"], 2,
     "adult_age_years is the same in the whole country: write 000000."),
    (MEANS, ["420204,max_company,1,company,2025-01-01,,市民政局,"], 2,
     "max_company is no parameter of the program. Did you mean max_companies?"),
    (VERIFICATION, ["report_validity_days,30,day,2026-01-01,,市民政局,"], 2, "begins while the program's row from"),
    (VERIFICATION, ["report_validity_days,30,day,2000-01-01,2026-01-01,市民政局,"], 2,
     "leaves report_validity_days without a value for the country from 2026-01-01 on"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "lines", "number", "told"), ROW_FAULTS)
def test_of_a_parameter_file_line_and_fix(
    bureau: Path, file: Path, lines: list[str], number: int, told: str
) -> None:
    add(bureau, file, *lines)
    (fault,) = faults(bureau)
    assert fault.startswith(f"{file.as_posix()} 第 {number} 行 line {number}: {told}")
    with pytest.raises(UsageError, match=f"line {number}: "):
        merged_seeds(bureau)
    assert not derived_folder().exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"rule_code,paramter\n", "第 1 行 line 1: the first line must be rule_code,parameter,division_code,"),
        (b"", "第 1 行 line 1: the first line must be rule_code,"),
        ("依据".encode("gb18030"), "is not UTF-8: save it as CSV UTF-8."),
    ],
)  # fmt: skip
def test_a_parameter_file_as_a_whole(bureau: Path, content: bytes, told: str) -> None:
    (bureau / RULES).write_bytes(content)
    (fault,) = faults(bureau)
    assert fault.removeprefix(RULES.as_posix()).lstrip(" :").startswith(told)
    assert ("Did you mean parameter?" in fault) is (b"paramter" in content)


def test_own_rows_stand_beside_the_program_s_or_in_the_place_of_one(bureau: Path) -> None:
    """As a spreadsheet saves them, too: with a byte order mark."""
    text = (bureau / RULES).read_text(encoding="utf-8")
    (bureau / RULES).write_text("\ufeff" + text, encoding="utf-8")
    add(bureau, RULES, OWN,
        "D02,vehicle_value_limit_yuan,000000,50000,yuan,2000-01-01,2025-01-01,市民政局,",
        "D02,vehicle_value_limit_yuan,000000,60000,yuan,2025-01-01,,市民政局,")  # fmt: skip
    assert faults(bureau) == []
    before, after = rows_in_force(None, seeds()[0].name), rows_in_force(bureau, seeds()[0].name)
    told = [
        (row["division_code"], row["value"], row["valid_from"], row["valid_to"])
        for row in after
        if row["rule_code"] == "D02"
    ]
    assert told == [
        ("000000", "50000", "2000-01-01", "2025-01-01"), ("000000", "60000", "2025-01-01", ""),
        ("420204", "20000", "2025-01-01", ""),
    ]  # fmt: skip
    others = [row for row in before if row["rule_code"] != "D02"]
    assert sorted(map(str, others)) == sorted(str(row) for row in after if row["rule_code"] != "D02")
    assert list(merged_seeds(bureau)) == [Path("rules/rule_parameter.csv")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bureau: 7140000\n", "第 1 行 line 1: bureau: write text, in quotes where it is a number"),
        ("# x\nbureau: 黄石市民政局\ndepartmnt: 科\n", "第 3 行 line 3: departmnt is no word of a letterhead. Did you"),
        ("department: 科\n", "bureau: fill in the bureau's name."),
        ("bureau: \"a\\nb\"\n", "第 1 行 line 1: bureau: one line of at most"),
        ("- 黄石市民政局\n", "第 1 行 line 1: expected lines such as bureau:"),
        ("bureau: [\n", "第 2 行 line 2: not readable as YAML in UTF-8. Correct the file."),
        ("bureau: 甲局\nbureau: 乙局\n", "第 2 行 line 2: bureau stands here and in line 1. Keep one of them."),
    ],
)  # fmt: skip
def test_of_the_letterhead_line_and_fix(bureau: Path, text: str, told: str) -> None:
    (bureau / "letterhead.yml").write_text(text, encoding="utf-8")
    (fault,) = faults(bureau)
    assert fault.removeprefix("letterhead.yml").lstrip(" :").startswith(told)
    with pytest.raises(UsageError, match=r"letterhead\.yml"):
        letterhead()


def test_the_letterhead_on_one_line(bureau: Path) -> None:
    (bureau / "letterhead.yml").write_text(LETTERHEAD, encoding="utf-8")
    assert letterhead() == "黄石市民政局\u3000社会救助科\u3000电话 0714-0000000"
    assert f"抬头 letterhead: {letterhead()}" in examine(bureau).found


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("contracts/a__b.yaml", "is read by nothing. Contracts are files named <system>__<feed>.yml."),
        (
            "parameters/rule_parameters.csv",
            "is read by nothing. Known: rule_parameter.csv, means_parameter.csv,",
        ),
        ("letterhead.yaml", "is read by nothing. Did you mean letterhead.yml?"),
        ("contract/a__b.yml", "is read by nothing. Did you mean contracts?"),
        ("rules/z01.py", "is read by nothing. Rules are <code>_<slug>.sql, .yml"),
    ],
)
def test_what_nobody_reads_is_told(bureau: Path, place: str, told: str) -> None:
    (bureau / place).parent.mkdir(exist_ok=True)
    (bureau / place).touch()
    (bureau / ".git").mkdir()
    (bureau / "notes.md").touch()
    (fault,) = faults(bureau)
    named = place if place.startswith(("contracts/", "parameters/", "rules/")) else place.split("/")[0]
    assert fault.startswith(f"{named}: {told}")


def test_what_derives_from_the_folder_lies_below_the_home(contracts: Path) -> None:
    before, kept = tree(), parse_digest(project())
    edit(contracts / "shared__vehicle.yml", *RENAMED)
    add(contracts.parent, RULES, OWN)
    place = project()
    assert place == settings().home / "bureau" / "dbt_project"
    assert OWN in (place / "seeds" / "rules" / "rule_parameter.csv").read_text(encoding="utf-8")
    same = [path.relative_to(PROJECT) for path in (PROJECT / "models").rglob("*.sql")]
    assert all((place / path).read_bytes() == (PROJECT / path).read_bytes() for path in same)
    assert parse_digest(place) != kept
    (place / "models" / "left_over.sql").write_text("select 1")
    project()
    assert not (place / "models" / "left_over.sql").exists()

    written = sync.write_own()
    assert {path.relative_to(derived_folder()).parts[0] for path in written} == {"docs", "expectations"}
    pages = derived_folder() / "docs"
    assert "| 用途 |" in (pages / "data_dictionary.md").read_text(encoding="utf-8")
    assert str(contracts / "shared__vehicle.yml") in (pages / "data_dictionary.md").read_text(
        encoding="utf-8"
    )
    assert "| 420204 | 20000 |" in (pages / "rules.md").read_text(encoding="utf-8")
    assert tree() == before


def test_pages_of_a_bureau_without_parameters_make_no_project_of_its_own(contracts: Path) -> None:
    assert project() == PROJECT
    assert {path.relative_to(derived_folder()).parts[0] for path in sync.write_own()} == {
        "docs",
        "expectations",
    }


def deliver_renamed(town: Town, inbox: Path) -> str:
    """The town's later full delivery of vehicles, with a column under another name. Returns its id."""
    place = Path("shared", "vehicle", "20250630")
    folder = inbox / place
    shutil.copytree(town.later / place, inbox.with_name("copy"))
    move(inbox.with_name("copy"), folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    file = folder / manifest["file"]
    content = file.read_bytes().decode("gb18030").replace("使用性质", "用途", 1).encode("gb18030")
    file.write_bytes(content)
    manifest["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return str(manifest["delivery_id"])


@pytest.mark.builds
def test_a_contract_and_a_county_s_own_threshold_change_what_comes_out(
    contracts: Path, town: Town, published_town: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, bureau, before = published_town, contracts.parent, tree()
    inbox = tmp_path / "inbox"
    delivery_id = deliver_renamed(town, inbox)
    hits = """
        select division_code, (evidence -> 'facts' ->> 'limit_yuan')::numeric, count(*)
        from pub.current_finding where rule_code = 'D02' and outcome = 'hit' group by 1, 2
    """
    monkeypatch.delenv("MINZHENG_BUREAU")
    (refused,) = land(database, inbox)
    assert (refused.outcome, refused.reason_code) == ("rejected", "missing_column")
    with database.connect() as connection:
        of_country = connection.execute(hits).fetchall()
    county, *_ = of_country[0]
    assert {limit for _, limit, _ in of_country} == {50_000}

    edit(contracts / "shared__vehicle.yml", *RENAMED)
    add(bureau, RULES, OWN.replace("420204", county).replace("20000", "9000000"))
    monkeypatch.setenv("MINZHENG_BUREAU", str(bureau))
    done = run(database, inbox)
    assert [(result.delivery_id, result.outcome) for result in done.deliveries] == [(delivery_id, "landed")]
    assert (done.held, done.publication and done.publication.generation) == ([], 2)
    with database.connect() as connection:
        of_bureau = connection.execute(hits).fetchall()
        served = connection.execute(
            "select value from pub.current_rule_parameter where rule_code = 'D02' and division_code = %s",
            [county],
        ).fetchall()
    # Of the county nobody is named any more, and for all others the country's limit stays.
    assert county not in {division for division, *_ in of_bureau}
    assert {limit for _, limit, _ in of_bureau} <= {50_000}
    assert served == [(9_000_000,)]
    assert tree() == before


DIVISIONS = Path("divisions.csv")
ZONE = "420299,新港园区,420200,2024-05-01,,"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            [ZONE.replace("420299", "42029")],
            "code 42029: write 6 digits (9 of a street or township, 12 of a village).",
        ),
        ([ZONE.replace("新港园区", "")], "name is empty: fill it in."),
        ([ZONE.replace("2024-05-01", "")], "valid_from is empty: write the day from which it holds."),
        ([ZONE.replace("05-01", "13-01")], "valid_from: write a day as 2025-01-31."),
        ([ZONE.replace("01,,", "01,2024-01-01,")], "valid_to: the first day on which it holds no more"),
        ([ZONE + "420202"], "successor: goes with valid_to, the day from which the other code holds."),
        (
            [ZONE.replace("01,,", "01,2025-01-01,420221")],
            "successor 420221 is no division in force: correct it",
        ),
        ([ZONE.replace("420200", "420290")], "parent 420290 is no division: correct it, or add its row."),
        ([ZONE.replace("420200", "420202")], "parent 420202 is no larger division than 420299."),
        (
            [ZONE.replace("420200", "420221").replace("420299", "420221001")],
            "parent 420221 is not in force while",
        ),
        ([ZONE, ZONE.replace("2024", "2025")], "begins before line 6 ends: write valid_to 2025-05-01 there."),
        (
            ["420200,黄石市,420000,1980-01-01,2025-01-01,"],
            "ends, and 420201 in it does not: give its row here too.",
        ),
        (["420299,新港园区"], "2 cells, 6 wanted."),
    ],
)
def test_of_a_division_file_and_fix(bureau: Path, lines: list[str], told: str) -> None:
    add(bureau, DIVISIONS, *lines)
    number = (bureau / DIVISIONS).read_text(encoding="utf-8").count("\n")
    (fault,) = [fault for fault in faults(bureau) if f"line {number}: " in fault]
    assert told.replace("line 6", f"line {number - 1}") in fault
    with pytest.raises(UsageError, match=r"divisions\.csv"):
        project()


def test_own_divisions_take_the_place_of_the_program_s(bureau: Path) -> None:
    """A street of a new zone, and a county that has become another since."""
    add(bureau, DIVISIONS, ZONE, "420299001,港前街道,420299,2024-05-01,,",
        "420222,阳新县,420200,1980-01-01,2025-07-01,420282", "420282,阳新市,420200,2025-07-01,,")  # fmt: skip
    assert faults(bureau) == []
    assert "区划 divisions: 4 rows of the bureau's own" in examine(bureau).found
    known = divisions_in_use()
    assert (known["420299001"]["level"], known["420222"]["successor_codes"]) == ("township", "420282")
    assert problem_of("420222", known) == "420222 (阳新县) is a former code: write 420282."
    seeds_in_use = project() / "seeds" / "divisions"
    assert "420299,新港园区,county,420200,2024-05-01,,,本局" in (seeds_in_use / "own_division.csv").read_text(
        "utf-8"
    )
    gb2260 = (seeds_in_use / "gb2260_division.csv").read_text("utf-8")
    assert "\n420222," not in gb2260
    # 阳新县 was 422323 before 1997, and follows on.
    assert re.findall(r"(?m)^(\d+),.*,420222,.*$", gb2260) == []
    assert re.findall(r"(?m)^(\d+),.*,420282,.*$", gb2260)
    assert project().is_relative_to(derived_folder())


def test_landing_and_builds_read_one_list_of_divisions(bureau: Path) -> None:
    add(bureau, DIVISIONS, '420299,"新港\n园区",420200,2024-05-01,,')
    assert divisions_in_use()["420299"]["name_zh"] == "新港\n园区"
    rows, wrong = read_divisions(bureau)
    assert ([row["name"] for row in rows.values()], wrong) == (["新港\n园区"], [])


def test_which_divisions_a_feed_covers(contracts: Path) -> None:
    path = contracts / "shared__vehicle.yml"
    text = path.read_text(encoding="utf-8")

    def covering(said: str) -> None:
        covers = f"  - {{property: divisions, value: {said}}}\n"
        path.write_text(
            text.replace("customProperties:\n", f"customProperties:\n{covers}", 1), encoding="utf-8"
        )

    assert load_contracts()["vehicle"].divisions == ()
    covering("[420202, 420281]")
    assert load_contracts()["vehicle"].divisions == ("420202", "420281")
    add(contracts.parent, DIVISIONS, ZONE)
    covering("['420299']")
    assert load_contracts()["vehicle"].divisions == ("420299",)
    for said, told in (
        ("420202", "expected a list of codes; leave it out where it covers all."),
        ("[]", "expected a list of codes; leave it out where it covers all."),
        ("[420221]", "420221 (大冶县) is a former code: write 420281."),
        ("[420298]", "420298 is in no list of divisions. Did you mean 420299?"),
        ("['000000']", "000000: write the six digits of a county, a city or a province"),
    ):
        covering(said)
        (fault,) = faults(contracts.parent)
        assert f"customProperties.divisions: {told}" in fault


RULE = "X01,high_amount,金额偏高,High,断言,理由,aid_household,yellow,,市民政局,误报,消除,社会救助科,active"
SQL = "select {{ rule_parameter('x01', 'most_yuan', 'division_code') }}\n"
TESTS = """\
models: [{name: x01_high_amount}]
unit_tests:
  - {name: x01_high_amount__above, model: x01_high_amount, expect: {rows: [{outcome: hit}]}}
  - {name: x01_high_amount__below, model: x01_high_amount, expect: {rows: [{outcome: clear}]}}
"""
PARAMETER = "X01,most_yuan,000000,2000,yuan,2025-01-01,,市民政局,"


@pytest.fixture
def own_rule(bureau: Path) -> Path:
    """A bureau with a rule of its own that is good."""
    add(bureau, Path("rules/anomaly_rule.csv"), RULE)
    add(bureau, RULES, PARAMETER)
    (bureau / "rules" / "x01_high_amount.sql").write_text(SQL, encoding="utf-8")
    (bureau / "rules" / "x01.yml").write_text(TESTS, encoding="utf-8")
    assert faults(bureau) == []
    return bureau


def test_an_own_rule_is_part_of_the_project_in_use(own_rule: Path) -> None:
    assert "规则 rules: 1 of the bureau's own" in examine(own_rule).found
    place = project()
    assert (place / "models/rules/own/x01_high_amount.sql").read_text("utf-8") == SQL
    assert "select 'X01' as rule_code, * from {{ ref('x01_high_amount') }}" in (
        place / "models/rules/rule_result.sql"
    ).read_text("utf-8")
    assert RULE in (place / "seeds/rules/anomaly_rule.csv").read_text("utf-8")
    assert not (PROJECT / "models/rules/own").exists()


def test_an_own_rule_is_in_the_bureau_s_handbook(own_rule: Path) -> None:
    sync.write_own()
    page = (derived_folder() / "docs" / "rules.md").read_text(encoding="utf-8")
    assert "| [X01](#x01) | " in page
    section = page.partition('<a id="x01"></a>')[2]
    assert "- **断言**：断言" in section
    assert "- **命中 Hits (tested)**：" in section
    assert "| most_yuan | 全国 | 2000 |" in section
    suites = derived_folder() / "expectations" / "suites"
    assert any("X01" in path.read_text(encoding="utf-8") for path in suites.glob("*.json"))


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("anomaly_rule.csv", "X01,high", "B01,high", "rule_code B01 is taken by the program (dibao_in_two"),
        ("anomaly_rule.csv", "X01,high", "X1,high", "rule_code X1: write a letter and two digits, such as X01."),
        ("anomaly_rule.csv", "yellow", "orange", "severity orange: write one of red, yellow."),
        ("anomaly_rule.csv", "断言", "", "assertion_zh is empty: fill it in."),
        ("anomaly_rule.csv", RULE, "", "has no row in rules/anomaly_rule.csv: add one whose code and slug make"),
        ("anomaly_rule.csv", "high_amount", "low_amount", "has no model: write rules/x01_low_amount.sql."),
        ("x01.yml", "[{name: x01_high_amount}]", "[]", "is described in no .yml beside it"),
        ("x01.yml", "outcome: hit", "outcome: clear", "has no unit test in which it hits"),
        ("x01.yml", "outcome: clear", "outcome: hit", "has no near miss"),
        ("x01.yml", "models: [", "models: ", "not readable as YAML in UTF-8"),
        ("x01_high_amount.sql", "most_yuan", "least_yuan", "least_yuan of X01 has no value for the country (000000)"),
    ],
)  # fmt: skip
def test_of_an_own_rule_file_and_fix(own_rule: Path, file: str, before: str, after: str, told: str) -> None:
    edit(own_rule / "rules" / file, before, after)
    assert any(fault.startswith("rules/") and told in fault for fault in faults(own_rule))
    with pytest.raises(UsageError):
        project()
