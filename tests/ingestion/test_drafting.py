"""Drafts of contracts: of files of our own in other senders' words, of the given layouts and of the given feeds."""

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import psycopg
import pytest
from drafted import OF_ORDER, score, targets
from example_pack import FOLDERS, LAYOUTS, PACK
from landing_database import emptied

from ingestion.contract import Contract, load_contracts
from ingestion.drafting.draft import draft, loaded
from ingestion.drafting.form import Form, sample
from ingestion.drafting.names import named
from ingestion.drafting.values import Column
from ingestion.drafting.words import spoken
from ingestion.drafting.write import Draft, amount_kind, questions_of, text_of, type_of
from ingestion.errors import RequestError
from ingestion.layout import TotalLine
from ingestion.records import canonical_records
from ingestion.trial import tried
from lab.simulator.identity_numbers import check_character
from warehouse.database.connection import Warehouse

FEEDS = PACK.parent / "feeds" / "sample_huangshi"
# The draft of a file that names its columns is right in nine of ten at least.
AIM = 0.9
# Files that name no columns: what only their description says cannot be seen in them.
NAMELESS = {"02_register_fixed_width": 0.5, "08_vehicles_pipe_no_header": 0.7}
SURNAMES, GIVEN = "王李张刘陈杨赵黄", ("建国", "秀英", "志强", "桂兰", "丽娟")


def person(number: int) -> tuple[str, str]:
    """Name and number of an invented person."""
    first17 = f"420204{1940 + number}{number % 12 + 1:02}{number % 28 + 1:02}{100 + number:03}"
    return SURNAMES[number % 8] + GIVEN[number % 5], first17 + check_character(first17)


def housing_fund(folder: Path) -> Path:
    path = folder / "公积金缴存明细_202505.csv"
    rows = ["公积金账号;职工姓名;身份证号码;单位名称;缴存年月;月缴存额(元);账户状态"]
    for number in range(40):
        name, identity = person(number)
        state = "封存" if number % 7 == 0 else "正常"
        rows.append(f"GJ{number:09};{name};{identity};城建公司;2025-05;{300 + number}.50;{state}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-16")
    return path


def allowance(folder: Path) -> Path:
    path = folder / "高龄津贴享受人员_20250630.csv"
    header = "序号,补贴编号,姓名,公民身份号码,补贴类型,享受开始日期,停发日期,一卡通账号,所属区划"
    rows = ["某市高龄津贴享受人员名册,,,,,,,,", header]
    for number in range(40):
        name, identity = person(number)
        kind = "孤儿" if number % 9 == 0 else "高龄津贴"
        rows.append(
            f"{number + 1},BT{number:06},{name},{identity},{kind},2024/3/1,,62170000000{number + 1000:08},420204"
        )
    path.write_text("\r\n".join([*rows, "合计,40,,,,,,,"]) + "\r\n", encoding="gb18030")
    return path


def school(folder: Path) -> Path:
    path = folder / "xueji_20250901.json"
    lines = []
    for number in range(40):
        name, identity = person(number)
        lines.append(
            {"xjh": f"G{number:07}", "xs": {"xingming": name, "zhengjianhao": identity}, "ruxueriqi": "2023-09-01",
             "xjzt": "休学" if number % 8 == 0 else "在校"}
        )  # fmt: skip
    path.write_text(json.dumps(lines, ensure_ascii=False), encoding="utf-8")
    return path


def register(folder: Path) -> Path:
    path = folder / "HJRK20250601.dat"
    lines = []
    for number in range(40):
        name, identity = person(number)
        sex = "M" if number % 2 else "F"
        lines.append(f"{identity}{name:<8}{sex}{identity[6:14]}420204{f'新街{number}号':<12}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-16")
    return path


def changes(folder: Path) -> Path:
    name, identity = person(5)
    other, second = person(6)
    full = f"RZBH|XM|SFZH|RYRQ|LYRQ\nR1|{name}|{identity}|20240301|\nR2|{other}|{second}|20240401|20250501\n"
    delta = f"CZBZ|RZBH|XM|SFZH|RYRQ|LYRQ|BBH\n新增|R3|{name}|{identity}|20250601||1\n作废|R1|||||2\n"
    (folder / "养老入住_全量_20250601.txt").write_text(full, encoding="utf-8")
    (folder / "养老入住_增量_20250602.txt").write_text(delta, encoding="utf-8")
    return folder


def answer_of_an_interface(folder: Path) -> Path:
    path = folder / "hydj20250630.json"
    couples = [
        {"ywbh": f"H{n:06}", "ywlx": "结婚" if n % 3 else "离婚", "djrq": "2025-06-01",
         "dsr": {side: dict(zip(("xm", "sfzh"), person(n + place), strict=True))
                 for side, place in (("nan", 0), ("nv", 20))}}
        for n in range(12)
    ]  # fmt: skip
    path.write_text(json.dumps({"code": 0, "data": {"pages": [1], "rows": couples}}), encoding="utf-8")
    return path


def two_headers(folder: Path) -> Path:
    path = folder / "养老台账_20250630.csv"
    rows = ["入住老人台账,,,,,", "台账编号,老人,,起止,,床号", ",姓名,身份证号,入院,出院,"]
    rows += [f"T{n:03},{person(n)[0]},{person(n)[1]},2025-01-0{n % 9 + 1},,{300 + n}" for n in range(10)]
    path.write_text(
        "\n".join([*rows[:8], "小计,5,,,,", *rows[8:], "小计,5,,,,", "合计,10,,,,"]), encoding="utf-8"
    )
    return path


def three_headers(folder: Path) -> Path:
    """Below twenty lines of words, a header of three lines; one code with its meaning beside it."""
    path = folder / "两补_20250630.csv"
    rows = [f"说明{n}：由财务科导出,,,,,,," for n in range(20)]
    rows += ["序号,人员信息,,,补贴信息,,,备注", ",姓名,证件,,项目,享受期间,,", ",,类型,号码,,起,止,"]
    for n in range(10):
        kind = "01-困难残疾人生活补贴" if n % 2 else "02-重度残疾人护理补贴"
        rows.append(f"{n + 1},{person(n)[0]},居民身份证,{person(n)[1]},{kind},2025-01-0{n % 9 + 1},至今,")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def nested_places(folder: Path) -> Path:
    """A county has a name too, and is nobody."""
    path = folder / "养老入住_20250630.jsonl"
    lines = [
        {"ruzhubianhao": f"R{n:05}", "person": {"xm": person(n)[0], "zjhm": person(n)[1],
                                      "county": {"code": "420281", "name": "大冶市"}},
         "ruzhuriqi": "2025-06-01T08:00:00+08:00", "liyuanriqi": "2025-06-09" if n % 3 else None}
        for n in range(12)
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def one_benefit(folder: Path) -> Path:
    path = folder / "glff_20250630.csv"
    rows = [
        f"P{n:05},{person(n)[0]},{person(n)[1]},GL{n},高龄津贴,202506,2025/6/9,{100 + n},已发"
        for n in range(12)
    ]
    path.write_text("\n".join(["LSH,XM,SFZH,YWBH,XMMC,SSQ,FFRQ,JE,ZT", *rows]), encoding="gb18030")
    return path


def head_and_foot(folder: Path) -> Path:
    path = folder / "CL20250630.dat"
    lines = [f"D鄂B{n:05}{' ' * 3}{person(n)[0]:<6}{person(n)[1]}{2010 + n}.1.2  " for n in range(12)]
    lines = ["H20250630".ljust(len(lines[0])), *lines, "T000012".ljust(len(lines[0]))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-16")
    return path


OWN: dict[str, tuple[Callable[[Path], Path], str, dict[str, str | None]]] = {
    "three headers": (three_headers, "entitlement", {
        "序号": None, "人员信息/姓名": "name", "人员信息/证件/类型": None, "人员信息/证件/号码": "id_number",
        "补贴信息/项目": "benefit_code", "补贴信息/享受期间/起": "started_on", "补贴信息/享受期间/止": "ended_on",
        "备注": None,
    }),
    "nested places": (nested_places, "stay", {
        "ruzhubianhao": "stay_no", "person.xm": "name", "person.zjhm": "id_number", "person.county.code": None,
        "person.county.name": None, "ruzhuriqi": "entered_on", "liyuanriqi": "left_on",
    }),
    "one benefit": (one_benefit, "payment", {
        "LSH": "payment_no", "XM": "payee_name", "SFZH": "payee_id_number", "YWBH": "case_no", "XMMC": "benefit_code",
        "SSQ": "benefit_month", "FFRQ": "paid_on", "JE": "amount_yuan", "ZT": "payment_status",
    }),
    "housing fund": (housing_fund, "income_record", {
        "公积金账号": None, "职工姓名": "name", "身份证号码": "id_number", "单位名称": "payer",
        "缴存年月": "income_month", "月缴存额(元)": "amount_yuan", "账户状态": None,
    }),
    "allowance": (allowance, "entitlement", {
        "序号": None, "补贴编号": "entitlement_no", "姓名": "name", "公民身份号码": "id_number",
        "补贴类型": "benefit_code", "享受开始日期": "started_on", "停发日期": "ended_on",
        "一卡通账号": "account_no", "所属区划": "division_code",
    }),
    "school": (school, "person_status", {
        "xjh": "status_no", "xs.xingming": "name", "xs.zhengjianhao": "id_number", "ruxueriqi": "started_on",
        "xjzt": "person_status",
    }),
    "interface": (answer_of_an_interface, "marriage_event", {
        "ywbh": "event_no", "ywlx": "event_type", "djrq": "registered_on", "dsr.nan.xm": "husband_name",
        "dsr.nan.sfzh": "husband_id_number", "dsr.nv.xm": "wife_name", "dsr.nv.sfzh": "wife_id_number",
    }),
    "two headers": (two_headers, "stay", {
        "台账编号": "stay_no", "老人/姓名": "name", "老人/身份证号": "id_number", "起止/入院": "entered_on",
        "起止/出院": "left_on", "床号": "bed_code",
    }),
    "head and foot": (head_and_foot, "vehicle", {
        "第1-1位": None, "第2-11位": "plate_no", "第12-17位": "owner_name", "第18-35位": "owner_id_number",
        "第36-45位": "registered_on",
    }),
    "register": (register, "population", {
        "第1-18位": "id_number", "第19-26位": "name", "第27-27位": "sex_code", "第28-35位": "born_on",
        "第36-41位": "division_code", "第42-53位": "address",
    }),
}  # fmt: skip


@pytest.fixture(scope="module")
def cleaning(landing_database: Warehouse) -> psycopg.Connection:
    """A connection with the cleaning functions, in which nothing is written."""
    with emptied(landing_database) as connection:
        yield connection


@pytest.fixture
def drafted(cleaning: psycopg.Connection, tmp_path: Path) -> Callable[[Callable[[Path], Path]], Draft]:
    def of(write: Callable[[Path], Path]) -> Draft:
        found, *others = draft(cleaning, [write(tmp_path)])
        assert others == []
        return found

    return of


def contract_of(found: Draft) -> Contract:
    contract = loaded(found)
    assert isinstance(contract, Contract), contract
    return contract


@pytest.mark.parametrize("which", OWN)
def test_columns_of_senders_nobody_described_are_known(which: str, drafted: Callable[..., Draft]) -> None:
    write, record, wanted = OWN[which]
    found = drafted(write)
    assert found.matched.records[0].record.name == record
    took = {
        column.header: targets(found, found.matched.target_of(column), column, None)
        for column in found.columns
    }
    right = [
        header
        for header, name in wanted.items()
        if took.get(header) == ({f"{record}.{name}"} if name else set())
    ]
    assert len(right) >= AIM * len(wanted), took
    contract_of(found)


@pytest.mark.parametrize("which", OWN)
def test_no_draft_tells_a_value_of_a_person(which: str, drafted: Callable[..., Draft]) -> None:
    found = drafted(OWN[which][0])
    text = text_of(found)
    for number in range(40):
        name, identity = person(number)
        assert name not in text
        assert identity not in text
    assert "62170000000" not in text
    assert "新街" not in text


@pytest.mark.parametrize(
    ("write", "form"),
    [
        (housing_fund, Form("csv", "utf-16", ";", header_line=1)),
        (allowance, Form("csv", "gb18030", ",", header_line=2, total_lines=(TotalLine("合计", 2),))),
        (school, Form("json")),
        (answer_of_an_interface, Form("json", list_at="data.rows")),
        (
            two_headers,
            Form(
                "csv",
                delimiter=",",
                header_line=3,
                header_lines=2,
                total_lines=(TotalLine("小计", is_anywhere=True), TotalLine("合计", 2)),
            ),
        ),
        (
            head_and_foot,
            Form(
                "fixed",
                "utf-16",
                header_line=1,
                width_unit="characters",
                line_length=45,
                total_lines=(TotalLine("T"),),
            ),
        ),
        (register, Form("fixed", "utf-16", width_unit="characters", line_length=53)),
    ],
)
def test_the_form_of_a_file_is_found(write: Callable[[Path], Path], form: Form, tmp_path: Path) -> None:
    assert sample(write(tmp_path)).form == form


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_text_without_a_mark_shows_its_order_by_its_bytes(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "20250630.txt"
    path.write_bytes("".join(f"编号|姓名\r\n{n}|{person(n)[0]}\r\n" for n in range(9)).encode(encoding))
    assert sample(path).form == Form("txt", encoding, "|", header_line=1)


def test_a_further_sheet_of_the_same_header_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("农村"), book.create_sheet("说明")):
        sheet.append(["说明"] if sheet.title == "说明" else ["编号", "年月", "单位"])
        sheet.append(["A1", "202506", "甲厂"])
    book.save(tmp_path / "名册20250630.xlsx")
    looked = sample(tmp_path / "名册20250630.xlsx")
    assert looked.form.header_line == 1  # 年月 is a name, as 单位 is
    assert [note[:8] for note in looked.notes] == ["第 2 张表列名"]


def test_where_nothing_says_what_record_it_is_somebody_is_asked(drafted: Callable[..., Draft]) -> None:
    """Values alone make it a register of people: pensions of a system that calls its columns by numbers."""

    def pensions(folder: Path) -> Path:
        path = folder / "P20250630.csv"
        rows = [f"P{n:05},{person(n)[0]},{person(n)[1]},{1800 + n}.5" for n in range(20)]
        path.write_text("\n".join(["c01,c02,c03,c04", *rows]), encoding="utf-8")
        return path

    asked = questions_of(drafted(pensions))
    assert any("看不出是什么记录" in question and "--record" in question for question in asked)
    assert not any("看不出是什么记录" in question for question in questions_of(drafted(housing_fund)))


def test_the_one_amount_that_is_left_is_it_in_the_unit_its_name_says(drafted: Callable[..., Draft]) -> None:
    def aid(folder: Path) -> Path:
        path = folder / "临时救助_20250630.csv"
        rows = [f"L{n:05},{person(n)[0]},{person(n)[1]},2025-06-0{n % 9 + 1},{30000 + n}" for n in range(20)]
        path.write_text("\n".join(["救助编号,姓名,身份证号,申请日期,x_fen", *rows]), encoding="utf-8")
        return path

    contract = contract_of(drafted(aid))
    assert (contract.column("amount_yuan").header, contract.column("amount_yuan").type) == ("x_fen", "fen")


def test_words_in_place_of_days_are_told(drafted: Callable[..., Draft]) -> None:
    def stays(folder: Path) -> Path:
        path = folder / "入住名册_20250630.csv"
        left = ["在院", "2025-06-01", "长期"]
        rows = [f"R{n},{person(n)[0]},{person(n)[1]},2025-01-05,{left[min(n % 4, 2)]}" for n in range(20)]
        path.write_text("\n".join(["入住编号,姓名,身份证号,入住日期,离院日期", *rows]), encoding="utf-8")
        return path

    assert "# 不写日期的：长期 10、在院 5；读不出的整行拒收" in text_of(drafted(stays))


def test_members_in_numbered_columns_are_told(drafted: Callable[..., Draft]) -> None:
    def households(folder: Path) -> Path:
        path = folder / "低保_20250630.csv"
        rows = [f"D{n:05},低保,在保,,{person(n)[0]},{person(n + 9)[0]}" for n in range(20)]
        path.write_text(
            "\n".join(["家庭编号,救助类别,状态,停保日期,成员1姓名,成员2姓名", *rows]), encoding="utf-8"
        )
        return path

    assert "# ！成员1姓名：一行里有几个人或几件事" in text_of(drafted(households))


def test_what_stands_together_in_one_cell_is_told(drafted: Callable[..., Draft]) -> None:
    def households(folder: Path) -> Path:
        path = folder / "低保_20250630.csv"
        rows = []
        for n in range(20):
            (one, first), (other, second) = person(n), person(n + 9)
            rows.append(f"D{n:05},低保,{one}/配偶/{first}；{other}/子/{second},202501-20250{n % 9 + 1}")
        path.write_text("\n".join(["家庭编号,救助类别,家庭成员,保障起止", *rows]), encoding="utf-8")
        return path

    text = text_of(drafted(households))
    assert "# ！家庭成员：一格里有几个人" in text
    assert "# ！保障起止：起止在一格里" in text
    assert person(0)[1] not in text


def test_months_in_columns_are_told(drafted: Callable[..., Draft]) -> None:
    def payments(folder: Path) -> Path:
        path = folder / "低保发放_2025.csv"
        rows = [f"D{n:05},{person(n)[0]},{person(n)[1]},300,310,320" for n in range(20)]
        path.write_text("\n".join(["低保证号,户主姓名,身份证号,一月,二月,3月金额", *rows]), encoding="utf-8")
        return path

    assert "# ！一月：一行里有几个人或几件事" in text_of(drafted(payments))


def test_a_file_without_a_header_names_none_and_tells_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "CL20250601.txt"
    rows = [f"鄂B{number:05}|K33|{person(number)[0]}|{person(number)[1]}|" for number in range(20)]
    path.write_text("\n".join(rows), encoding="gb18030")
    looked = sample(path)
    assert (looked.form.header_line, looked.form.trailing_delimiter) == (0, True)
    assert [column.header for column in looked.columns] == ["第1列", "第2列", "第3列", "第4列"]


def test_a_first_line_that_is_somebody_s_is_no_header(cleaning: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "名单20250601.csv"
    path.write_text("\n".join(f"{person(n)[0]},第{n}村民小组" for n in range(20)), encoding="utf-8")
    (found,) = draft(cleaning, [path])
    assert found.form.header_line == 0
    assert person(0)[0] not in text_of(found)


@pytest.mark.parametrize(
    ("end", "is_taken"),
    [
        ("130204900101123   张三    19900101", False), ("130204199001011234王五    19900101", False),
        ("E12345678         张三    19900101", False), ("无                张三    19900101", False),
        ("E12345678         SMITH   19900101", False), ("H20250630000012".ljust(34), True),
        ("T000000000000020000012345", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_first", [True, False])
def test_somebody_in_the_first_or_last_line_is_no_header_and_no_total(
    tmp_path: Path, end: str, is_taken: bool, is_first: bool
) -> None:
    people = map(person, range(20))
    lines = [f"{number}{name}{' ' * (8 - 2 * len(name))}19900101" for name, number in people]
    path = tmp_path / "HJ20250601.dat"
    path.write_text("\n".join([end, *lines] if is_first else [*lines, end]), "gb18030")
    looked = sample(path)
    assert bool(looked.form.header_line or looked.form.total_lines) is is_taken
    assert looked.lines == 20 + (not is_taken)
    assert any("又像是某人的一行" in note for note in looked.notes) is not is_taken


def test_what_stands_beside_a_list_in_an_object_is_told(tmp_path: Path) -> None:
    people = [{"xm": person(n)[0], "sfz": person(n)[1]} for n in range(6)]
    whole = {"code": 200, "total": 9000, "data": {"insert": people, "delete": people[:2]}}
    path = tmp_path / "hj.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    looked = sample(path)
    assert looked.form.list_at == "data.insert"
    assert [("data.delete（2 项）" in note, "total 是 9000" in note) for note in looked.notes] == [
        (True, False),
        (False, True),
    ]
    path.write_text('{"a":' * 3000 + "1" + "}" * 3000, encoding="utf-8")
    with pytest.raises(RequestError):
        sample(path)


def test_fulls_and_changes_of_one_sender_are_one_contract(drafted: Callable[..., Draft]) -> None:
    contract = contract_of(drafted(changes))
    assert [(kind.pattern.text, kind.mode, kind.without) for kind in contract.files] == [
        ("养老入住_全量_{YYYYMMDD}.txt", "full", {"operation", "version_no"}),
        ("养老入住_增量_{YYYYMMDD}.txt", "delta", set()),
    ]
    assert contract.operation is not None
    assert (contract.operation.insert, contract.operation.revoke) == (("新增",), ("作废",))
    assert contract.order == ("version_no",)
    assert contract.key == ("stay_no",)


def test_what_a_drafted_contract_says_comes_through(
    cleaning: psycopg.Connection, drafted: Callable[..., Draft], tmp_path: Path
) -> None:
    contract = contract_of(drafted(allowance))
    trial = tried(cleaning, contract, [tmp_path / "高龄津贴享受人员_20250630.csv"])
    assert trial.came_through == 40
    (filled,) = trial.records
    assert filled.rows == 40
    assert {row["benefit_code"] for row in filled.first} <= {"GL", "GE"}
    assert filled.empty == {"ended_on": 40}


def test_own_codes_nobody_can_tell_are_asked_for(drafted: Callable[..., Draft]) -> None:
    found = drafted(school)
    assert "'休学': null  # 5 行，待填" in text_of(found)
    assert any("xjzt" in question for question in questions_of(found))


def test_a_unit_nobody_wrote_is_taken_for_that_of_the_record_and_told(drafted: Callable[..., Draft]) -> None:
    def homes(folder: Path) -> Path:
        path = folder / "不动产登记_20250601.csv"
        rows = [f"{n + 1:014},{person(n)[0]},{person(n)[1]},{80 + n}.5" for n in range(30)]
        path.write_text("\n".join(["不动产单元号,权利人,证件号码,面积", *rows]), encoding="utf-8")
        return path

    found = drafted(homes)
    assert contract_of(found).column("area_square_meters").unit == "平方米"
    assert "没有写明单位，按平方米；存疑" in text_of(found)


@pytest.mark.parametrize(
    ("header", "kind", "is_told"),
    [
        ("金额(分)", "fen", False), ("金额（单位：分）", "fen", False), ("金额(FEN)", "fen", False),
        ("金额分", "fen", True), ("JE_FEN", "fen", True), ("amountFen", "fen", True),
        ("个人自付部分", "yuan", True), ("GRZFBUFEN", "yuan", True), ("金额(自付部分)", "yuan", True),
        ("积分", "yuan", True), ("10月分", "yuan", True), ("身分", "yuan", True),
        ("评估价(万元)", "wan_yuan", False), ("金额万元", "wan_yuan", True), ("JE_WAN", "wan_yuan", True),
        ("JE_WANYUAN", "wan_yuan", True), ("金额(元)", "yuan", False), ("金额", "yuan", True),
    ],
)  # fmt: skip
def test_a_unit_is_what_says_so_and_in_doubt_without_brackets(header: str, kind: str, is_told: bool) -> None:
    described = next(one for one in canonical_records()["payment"].columns if one.type == "yuan")
    unit = {"fen": "分", "yuan": "元", "wan_yuan": "万元"}[kind]
    assert type_of(described, Column(header)) == (kind, unit)
    assert amount_kind(header) == (kind, not is_told)


def test_a_header_that_its_values_contradict_is_no_guess_to_rely_on(
    cleaning: psycopg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "入住_20250601.csv"
    rows = ["入住编号,姓名,身份证号,入住日期", *(f"R{n},{12.5 + n},{person(n)[1]},待定" for n in range(20))]
    path.write_text("\n".join(rows), encoding="utf-8")
    (found,) = draft(cleaning, [path])
    guesses = {column.header: found.matched.target_of(column) for column in found.columns}
    assert guesses["身份证号"] is not None
    assert guesses["姓名"] is None
    assert guesses["入住日期"] is None


@pytest.mark.parametrize(
    ("name", "pattern", "mode"),
    [
        ("HYDJ_QL_20250602.csv", "HYDJ_QL_{YYYYMMDD}.csv", "full"),
        ("低保变更2025-06-02.xlsx", "低保变更{YYYY}-{MM}-{DD}.xlsx", "delta"),
        ("FF20250610.1-2.txt", "FF{YYYYMMDD}.{part}-{parts}.txt", None),
        ("月报2025年6月.csv", "月报{YYYY}年{M}月.csv", None),
        ("月报2025年6月5日.csv", "月报{YYYY}年{M}月{D}日.csv", None),
        ("rzmc_202505.xls", "rzmc_{YYYYMM}.xls", None),
        ("核对_20250601_03.csv", "核对_{YYYYMMDD}_{n}.csv", None),
        ("420204194001011005.csv", "*.csv", None),
    ],
)
def test_names_of_files_say_pattern_and_mode(name: str, pattern: str, mode: str | None) -> None:
    assert named(name)[::2] == (pattern, mode)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("dsr.nan.zjhm", "nanzjhm"), ("dsr.x1.zjhm", "zjhm"), ("起止/入院日期", "入院日期"),
        ("身份证号/护照号", "身份证号"),
        ("租金收入额(元/月)", "租金收入额(元/月)"), ("租金收入额（元/月）", "租金收入额（元/月）"),
    ],
)  # fmt: skip
def test_of_a_header_the_part_that_names_the_column_is_found(header: str, name: str) -> None:
    assert spoken(header) == name


def test_what_is_no_file_of_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    for name in ("empty.csv", "broken.xlsx", "absent.csv"):
        with pytest.raises(RequestError, match=name):
            sample(tmp_path / name)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DBF = bytes([3, 126, 6, 30, 2, 0, 0, 0, 97, 0, 20, 0]).ljust(97, b"\0")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<?xml version="1.0"?><rows><row/></rows>', "XML"),
        ("<html><table><tr><td>姓名</td></tr></table></html>".encode("gb18030"), "网页"),
        (b"%PDF-1.4\n1 0 obj", "PDF"),
        (b"Rar!\x1a\x07\x01\0", "压缩文件"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "压缩文件"),
        (b"\x1f\x8b\x08\0", "压缩文件"),
        (b"\0\1\0\0Standard Jet DB\0", "Access"),
        (DBF, "DBF"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (OLE + "WordDocument".encode("utf-16-le"), "文字处理"),
        (OLE + "PowerPoint Document".encode("utf-16-le"), "不是表格"),
    ],
)
def test_what_holds_no_table_we_read_is_named_with_a_remedy(
    content: bytes, said: str, tmp_path: Path
) -> None:
    """Before, it became the draft of a company register, or an error of the database."""
    path = tmp_path / "hunyin_20250630.dat"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=said) as refused:
        sample(path)
    assert "hunyin_20250630.dat" in str(refused.value)
    assert "请" in str(refused.value)


def test_a_text_that_begins_as_a_version_of_dbase_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "20250630.csv"
    path.write_text("\n".join(["0\t\t1", "编号\t单位\t年月"]), encoding="utf-8")
    assert sample(path).form.format == "csv"


@pytest.mark.skipif(not PACK.exists(), reason="the given layouts are not there")
def test_the_given_layouts_are_drafted_right(cleaning: psycopg.Connection) -> None:
    contracts = load_contracts(LAYOUTS)
    columns = right = 0
    for feed, folder in FOLDERS.items():
        found = score(cleaning, contracts[feed], sorted((PACK / folder / "drop").iterdir()))
        assert found.record == contracts[feed].bindings[0].record.name, folder
        assert found.right >= NAMELESS.get(folder, 0.8) * found.columns, (folder, found.wrong)
        if folder not in NAMELESS:
            columns, right = columns + found.columns, right + found.right
    assert right >= AIM * columns


@pytest.mark.skipif(not FEEDS.exists(), reason="the given feeds are not there")
def test_the_given_feeds_are_drafted_right(cleaning: psycopg.Connection) -> None:
    for feed, contract in load_contracts().items():
        place = FEEDS / contract.system / feed
        files = sorted(place.glob("20250625/*full*")) or [FEEDS / "reference" / "benefit_standard.csv"]
        found = score(cleaning, contract, files)
        assert found.record == contract.bindings[0].record.name
        assert found.right >= AIM * found.columns, (feed, found.wrong)
        assert OF_ORDER not in {took for _, took, _ in found.wrong}
