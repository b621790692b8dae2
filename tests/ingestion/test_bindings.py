"""What a contract may say of canonical records, and what comes out of a line by it."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from own_layouts import FEED, SYSTEM, column, contract, described, key

from expectations.landing import gate_landing
from ingestion.contract import Contract, load_contracts
from ingestion.errors import ContractError
from ingestion.input_views import LINEAGE, ensure_views
from ingestion.landing import land_inbox
from ingestion.raw_table import ensure_table
from ingestion.records import canonical_records
from warehouse.database.connection import Warehouse

Make = Callable[..., Contract]
NUMBER = "33050219600101001X"

PERSON = [
    column("name", "姓名", classification="name", custom={"type": "name"}),
    column("id_number", "证件号", classification="identity", custom={"type": "id_number"}),
]
INCOME = [
    key("income_no", "编号", custom={"type": "identifier"}),
    *PERSON,
    column("kind", "种类"),
    column("income_month", "月份", custom={"type": "month"}),
    column("amount_yuan", "金额", custom={"type": "yuan"}),
]
COUNTED = [*INCOME, column("count", "个数", custom={"type": "number"})]
BOUND = {
    "record": "income_record",
    "map": {"income_kind": {"column": "kind", "codes": {"1": "wage", "2": "pension"}}},
    "not_sent": ["months", "payer"],
}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda columns=INCOME, feed=FEED, **words: contract(
        tmp_path / "contracts", "csv", columns, feed, **{"files": [{"pattern": "f{YYYYMMDD}.csv", "mode": "full"}],
        "completeWhen": {"unchangedSeconds": 0}, "delimiter": ",", "records": [BOUND], **words}
    )  # fmt: skip


def bound(**changes: Any) -> list[dict[str, Any]]:
    return [{**BOUND, **changes}]


def mapped(**sources: Any) -> list[dict[str, Any]]:
    return bound(map={**BOUND["map"], **sources})


def months(source: Any) -> list[dict[str, Any]]:
    return bound(map={**BOUND["map"], "months": source}, not_sent=["payer"])


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (None, r"customProperties.records: is missing: say which records the lines fill"),
        ([{"record": "incom_record"}], r"incom_record is no record. Did you mean income_record\?"),
        (bound(mapp={}), r"mapp is no word of a contract. Did you mean map\?"),
        (bound(map={"amount": "amount_yuan"}), r"amount is no column of income_record. Did you mean amount_yuan\?"),
        (mapped(payer="paier"), r"payer is mapped and not_sent"),
        (mapped(amount_yuan="paier"), r"amount_yuan: paier is no column of the contract"),
        (bound(not_sent=["months"]), r"payer \(支付单位\) comes from nowhere: .*or list it under not_sent"),
        (bound(not_sent=["months", "payer", "name"]), r"name is not_sent, and no income_record is known without it"),
        (bound(map={}), r"income_kind \(收入种类\) comes from nowhere: map it to a column or a constant\."),
        # Own codes that nobody mapped, or mapped to none: a green, published, empty warehouse.
        (mapped(income_kind={"column": "kind", "codes": {"1": "工资"}}), r"income_kind: 工资 is no code"),
        (mapped(income_kind={"constant": "工资"}), r"income_kind: 工资 is no code of 收入种类"),
        (mapped(income_kind={"column": "kind", "codes": {1: "wage"}}), r"put the code 1 into quotes"),
        (mapped(amount_yuan="income_month"), r"amount_yuan is of type yuan, 月份 of type month"),
        (mapped(income_month={"day_before": "kind"}), r"day_before takes date, end_date, month; 种类"),
        (mapped(income_month={"month_of": "income_month", "constant": 1}), r"expected one of column"),
        (bound(each="name"), r"each: name is no list among the columns"),
        (bound(where={"kind": ["1", "3"]}), r"where: 3 is no code of 种类. Known: 1, 2"),
        (mapped(amount_yuan={"column": "amount_yuan", "where": {"kind": ["11"]}}), r"11 is no code .* mean 1\?"),
        (bound(where=["kind"]), r"where: expected \{column: \[codes\]\}"),
        # Codes that nobody would turn into anything.
        (mapped(amount_yuan={"product": ["amount_yuan", {"column": "kind", "codes": {"1": "twelve"}}]}),
         r"amount_yuan: twelve is no constant of type number"),
        (mapped(amount_yuan={"sum": ["amount_yuan"], "codes": {"1": "2"}}), r"codes stand beside column, split, not"),
        (mapped(income_kind={"join": {"columns": ["kind", "name"], "by": "-"}}), r"join gives is in no list of codes"),
        (mapped(income_kind={"first_of": [{"constant": "工资"}]}), r"income_kind: 工资 is no code of 收入种类"),
        (mapped(income_month={"column": "kind", "codes": {"1": "June"}}), r"June is no constant of type month"),
        (mapped(name={"split": {"column": "name", "by": "-", "part": 0}}), r"split.part: expected a number"),
        # Amounts and durations of no unit.
        (mapped(amount_yuan="count"), r"amount_yuan is of type yuan, 个数 of type number"),
        (mapped(amount_yuan={"product": ["count", 10000]}), r"nothing says that product of 个数 is in 元"),
        (mapped(amount_yuan={"sum": ["amount_yuan", "count"]}), r"sum of what is counted in nothing and 元"),
        (mapped(amount_yuan={"product": ["amount_yuan", "amount_yuan"]}), r"product of two columns in 元"),
        (months(source="count"), r"months: 个数 does not say its unit. Write at the column its unit: 月, 年, 季"),
        (months(source={"product": ["count", 12]}), r"months: nothing says that product of 个数 is in 月"),
        # Numbers there cannot be.
        (months(source={"constant": 0}), r"months: 0 is outside 1 至 1200 的整数"),
        (months(source={"first_of": [{"constant": "1.5"}]}), r"months: 1.5 is outside 1 至 1200"),
        (months(source={"column": "kind", "codes": {"1": "12", "2": "-3"}}), r"months: -3 is outside 1 至 1200"),
        (months(source={"sum": [{"constant": 1}]}), r"months: takes 1 至 1200 的整数, .* not what sum gives"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_told_when_contracts_load(make: Make, records: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        make(COUNTED, records=records)


def test_own_codes_in_the_list_of_a_column_want_to_be_mapped(make: Make) -> None:
    columns = [*INCOME[:3], column("income_kind", "种类", enum=[{"value": "工资"}]), *INCOME[4:]]
    with pytest.raises(ContractError, match=r"income_kind: 工资 is no code of 收入种类.*codes: {own: code}"):
        make(columns, records=bound(map={}))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (
            {"工资": "wage", "退休": None, "养老": "pension"},
            "codes: 养老 is no code of 种类. Known: 工资, 退休",
        ),
        (
            {"工资": "wage"},
            "退休 of 种类 becomes no code of the record: map it, to null where it means nothing",
        ),
    ],
)
def test_the_list_of_a_column_and_what_is_said_of_its_codes_agree(
    make: Make, codes: dict[str, str | None], message: str
) -> None:
    columns = [*INCOME[:3], column("kind", "种类", enum=[{"value": "工资"}, {"value": "退休"}]), *INCOME[4:]]
    with pytest.raises(ContractError, match=message):
        make(columns, records=mapped(income_kind={"column": "kind", "codes": codes}))
    of_wages = {"column": "kind", "codes": {"工资": "wage"}}
    make(columns, records=bound(map={"income_kind": of_wages}, where={"kind": ["工资"]}))


@pytest.mark.parametrize("kind", ["yuan", "number"])
def test_unit_and_type_of_an_amount_agree(make: Make, kind: str) -> None:
    columns = [*INCOME[:5], column("amount_yuan", "金额", custom={"type": kind, "unit": "万元"})]
    with pytest.raises(ContractError, match=f"an amount in 万元 is of type wan_yuan, not {kind}"):
        make(columns)


def test_letters_of_an_operation_stand_in_the_list_of_its_column(make: Make) -> None:
    columns = [*INCOME, column("change", "操作", enum=[{"value": "I"}, {"value": "D"}])]
    with pytest.raises(ContractError, match=r"operation: U is no code of 操作. Known: D, I"):
        make(columns, operation={"column": "change", "insert": ["I"], "change": ["U"], "revoke": ["D"]})


def test_two_senders_of_one_record_say_whose_numbers_they_have(make: Make, tmp_path: Path) -> None:
    make()
    make(feed="other")
    with pytest.raises(
        ContractError, match=r"other\.yml: records.income_record: .*Give each its numbering|visit.yml"
    ):
        load_contracts(tmp_path / "contracts")
    make(feed="other", records=bound(numbering="other"))
    assert load_contracts(tmp_path / "contracts").keys() == {FEED, "other"}


@pytest.mark.parametrize(
    ("kind", "word"), [("id_number", "identity"), ("name", "name"), ("account", "account"), ("text", "none")]
)
def test_what_is_about_somebody_is_so_whatever_the_contract_says(make: Make, kind: str, word: str) -> None:
    who = column("who", custom={"type": kind})
    inside = {"logicalType": "object", "properties": [who]}
    made = make([*INCOME, who, column("list", logicalType="array", items=inside)])
    assert [made.column("who").classification, made.column("list").items[0].classification] == [word] * 2


# From files to rows ---------------------------------------------------------------------------

HEADER = "编号,姓名,证件号,种类,月份,金额\n"


def landed(db: psycopg.Connection, described: Contract, root: Path, **files: str) -> None:
    """Files by the day of their name, landed in its order, with the views over them."""
    folder = root / described.location
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    contracts = {described.feed: described}
    for version in described.versions:
        ensure_table(db, version)
    assert {result.outcome for result in land_inbox(db, contracts, root)} <= {"landed", "skipped"}
    ensure_views(db, contracts)


def said(
    db: psycopg.Connection, record: str, columns: str, order: str = "delivery_id, line_number, position"
) -> list[Any]:
    return db.execute(f"select {columns} from input.{record} order by {order}").fetchall()


def test_codes_units_and_lines_that_take_back(views: psycopg.Connection, make: Make, tmp_path: Path) -> None:
    made = make(
        [
            *INCOME[:5],
            column("cents", "金额", required=True, custom={"type": "fen"}),
            column("change", "操作"),
        ],
        records=bound(map={**BOUND["map"], "amount_yuan": "cents"}),
        operation={"column": "change", "insert": ["I"], "change": ["U"], "revoke": ["D"]},
    )
    landed(
        views, made, tmp_path,
        f20250601=HEADER.replace("\n", ",操作\n")
        + f"A1,甲,{NUMBER},1,2025-05,123456,I\n"
        + f"A2,乙,{NUMBER},3,2025-05,100,I\n"       # no such code
        + f"A3,丙,{NUMBER},2,2025-05,1.5,I\n"       # no whole fen
        + "A1,,,,,,D\n"                             # takes back, and says nothing else
        + f"A4,丁,{NUMBER},2,2025-05,,U\n",         # changes, and lacks what is required
    )  # fmt: skip
    assert said(views, "income_record", "income_no, income_kind, amount_yuan::text, is_revoked") == [
        ("A1", "wage", "1234.56", False), ("A1", None, None, True)
    ]  # fmt: skip
    rejected = views.execute("select line_number, reason_code from ops.rejected_row order by 1").fetchall()
    assert rejected == [(3, "unknown_code"), (4, "unreadable_amount"), (6, "missing_value")]


def test_codes_and_units_hold_within_functions_too(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """A wage of so many payments a year, for so many quarters; the kind is a part of a longer code."""
    made = make(
        [
            *INCOME,
            column("rhythm", "频次"),
            column("quarters", "季数", custom={"type": "number", "unit": "季"}),
        ],
        records=bound(
            map={
                "income_kind": {
                    "split": {"column": "kind", "from": 2, "length": 1},
                    "codes": {"1": "wage", "2": "pension"},
                },
                "amount_yuan": {
                    "product": ["amount_yuan", {"column": "rhythm", "codes": {"Y": "1", "M": "12"}}]
                },
                "months": {"first_of": ["quarters", {"constant": "1"}]},
            },
            not_sent=["payer"],
        ),
    )
    header = HEADER.replace("\n", ",频次,季数\n")
    landed(
        views, made, tmp_path,
        f20250601=header
        + f"A1,甲,{NUMBER},X1,2025-05,100,M,2\n"
        + f"A2,乙,{NUMBER},X2,2025-05,100,Y,\n"
        + f"A3,丙,{NUMBER},X1,2025-05,100,W,1\n"     # no such rhythm
        + f"A4,丁,{NUMBER},13,2025-05,100,M,1\n",    # no such part, though 1 is one
    )  # fmt: skip
    assert said(views, "income_record", "income_no, income_kind, amount_yuan::text, months::integer") == [
        ("A1", "wage", "1200.00", 6), ("A2", "pension", "100.00", 1)
    ]  # fmt: skip
    rejected = views.execute("select line_number, reason_code, column_name from ops.rejected_row order by 1")
    assert rejected.fetchall() == [(4, "unknown_code", "频次"), (5, "unknown_code", "种类")]


def test_numbers_nothing_can_be_counted_with_reject_their_line(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """In the unit of the record: six months are half a year. What the contract wants kept says nothing."""
    years = column("years", "年数", custom={"type": "number", "unit": "年"})
    lines = "".join(
        f"A{number},甲,{NUMBER},1,2025-05,1,{said}\n"
        for number, said in enumerate(("1", "0.5", "", "0", "-3", "0.3", "9999999", "半年"), start=1)
    )
    header = HEADER.replace("\n", ",年数\n")
    records = months(source="years")
    landed(views, make([*INCOME, years], records=records), tmp_path, f20250601=header + lines)
    assert said(views, "income_record", "income_no, months::integer") == [("A1", 12), ("A2", 6), ("A3", None)]
    rejected = views.execute("select line_number, reason_code, column_name from ops.rejected_row order by 1")
    assert rejected.fetchall() == [(number, "out_of_range", "年数") for number in range(5, 10)]
    kept = column("years", "年数", custom={"type": "number", "unit": "年", "whenUnreadable": "keep"})
    made = make([*INCOME, kept], records=records)
    landed(views, made, tmp_path, f20250602=header + f"B1,甲,{NUMBER},1,2025-05,1,0\n")
    assert said(views, "income_record", "income_no, months::integer")[-1] == ("B1", None)


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        (["甲,1", "甲,2", "乙,1", "丙,1"], 2),  # numbered anew for everybody
        (["甲,无", "甲,2", "乙,3"], 1),
        (["甲,1", "甲,1", "乙,2"], 0),  # two versions of one line
    ],
)
def test_records_that_would_be_lost_for_their_number_hold_their_delivery(
    views: psycopg.Connection,
    landing_database: Warehouse,
    make: Make,
    tmp_path: Path,
    lines: list[str],
    lost: int,
) -> None:
    made = make(
        [
            column("name", "姓名", primaryKey=True, primaryKeyPosition=1),
            column("income_no", "序号", primaryKey=True, primaryKeyPosition=2, custom={"type": "identifier"}),
            *INCOME[2:],
        ]
    )
    text = "姓名,序号,证件号,种类,月份,金额\n" + "".join(
        f"{one},{NUMBER},1,2025-05,{n}\n" for n, one in enumerate(lines)
    )
    landed(views, made, tmp_path, f20250601=text)
    views.commit()
    (report,) = gate_landing(landing_database.engine(), {FEED: made})
    found = [one for one in report.results if one.description.startswith("收入记录 因编号缺失或重复而丢失")]
    assert [one.unexpected_count for one in found] == [lost, lost]
    assert (found[1] in report.closing) == bool(lost)


def test_two_records_of_one_line_under_one_number_both_stand(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """Wage and pension in columns of their own; where a condition decides between the two, the number is enough."""
    map_of = {**BOUND["map"], "income_month": "income_month"}
    wage = {**BOUND, "map": {**map_of, "income_kind": {"constant": "wage"}}}
    pension = {**BOUND, "map": {**map_of, "income_kind": {"constant": "pension"}, "amount_yuan": "pension"}}
    columns = [*INCOME, column("pension", "养老金", custom={"type": "yuan"})]
    text = (
        HEADER.replace("\n", ",养老金\n")
        + f"A1,甲,{NUMBER},1,2025-05,1,2\n"
        + f"A2,甲,{NUMBER},2,2025-05,3,4\n"
    )
    landed(views, make(columns, records=[wage, pension]), tmp_path, f20250601=text)
    numbers = "income_no, income_kind, amount_yuan::int"
    assert said(views, "income_record", numbers, "1") == [
        ("A1", "wage", 1), ("A1#2", "pension", 2), ("A2", "wage", 3), ("A2#2", "pension", 4)
    ]  # fmt: skip
    either = [{**wage, "where": {"kind": ["1"]}}, {**pension, "where": {"kind": {"not": ["1"]}}}]
    landed(views, make(columns, records=either), tmp_path, f20250601=text)
    assert said(views, "income_record", f"{numbers}, is_absent", "is_absent, 1") == [
        ("A1", "wage", 1, False), ("A2", "pension", 4, False), ("A1", "pension", 2, True), ("A2", "wage", 3, True)
    ]  # fmt: skip


def test_two_records_of_one_line_that_nothing_tells_apart_are_refused(make: Make) -> None:
    """A standard has no number of its own that the second could bear."""
    twice = {"record": "benefit_standard", "not_sent": ["valid_to"], "map": {
        "division_code": "kind", "standard_code": {"constant": "DB_URBAN"}, "valid_from": "day",
        "amount_yuan_per_month": "amount_yuan"}}  # fmt: skip
    with pytest.raises(
        ContractError, match="stands here twice with the same division_code, standard_code, valid_"
    ):
        make([*INCOME, column("day", "日", logicalType="date")], records=[twice, twice])


def test_codes_are_the_same_however_wide_they_are_written(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """In the contract as in the file: 工资（月）, 工资(月) and 工资 (月) are one."""
    made = make(
        [*INCOME, column("grade", "级别"), column("change", "操作")],
        records=bound(
            map={
                "income_kind": {"column": "kind", "codes": {"工资（月）": "wage", "退休(月)": "pension"}},
                "amount_yuan": {"column": "amount_yuan", "where": {"grade": ["甲（等）"]}},
            },
        ),
        operation={"column": "change", "insert": ["新增（报）"], "revoke": ["作废（删）"]},
    )
    landed(
        views, made, tmp_path,
        f20250601=HEADER.replace("\n", ",级别,操作\n")
        + f"A1,甲,{NUMBER},工资（月）,2025-05,1,甲（等）,新增（报）\n"
        + f"A2,乙,{NUMBER},工资(月),2025-05,2,甲(等),新增(报)\n"
        + f"A3,丙,{NUMBER},退休（月）,2025-05,3,乙（等）,新增（报）\n"
        + "A4,,,,,,,作废（删）\n"
        + "A5,,,,,,,作废(删)\n"
    )  # fmt: skip
    assert said(views, "income_record", "income_no, income_kind, amount_yuan::int, is_revoked") == [
        ("A1", "wage", 1, False), ("A2", "wage", 2, False), ("A3", "pension", None, False),
        ("A4", None, None, True), ("A5", None, None, True),
    ]  # fmt: skip
    assert views.execute("select count(*) from ops.rejected_row").fetchone() == (0,)


@pytest.mark.parametrize("source", ["kind", {"split": {"column": "kind", "by": "-", "part": 1}}])
def test_a_column_without_a_list_takes_the_codes_of_its_record(
    views: psycopg.Connection, make: Make, tmp_path: Path, source: Any
) -> None:
    made = make(records=mapped(income_kind=source))
    lines = HEADER + f"A1,甲,{NUMBER},wage,2025-05,1\n" + f"A2,乙,{NUMBER},工资,2025-05,2\n"
    landed(views, made, tmp_path, f20250601=lines)
    assert said(views, "income_record", "income_no, income_kind") == [("A1", "wage")]
    rejected = views.execute("select line_number, reason_code, column_name from ops.rejected_row")
    assert rejected.fetchall() == [(3, "unknown_code", "种类")]


def test_a_day_is_put_together_from_columns(views: psycopg.Connection, make: Make, tmp_path: Path) -> None:
    named = {"year": "年", "month": "月", "day": "日"}
    parts = [column(name, header, custom={"type": "number"}) for name, header in named.items()]
    made = make(
        [*INCOME[:3], *parts],
        records=[
            {"record": "person_status", "not_sent": ["detail"], "map": {
                "status_no": "income_no", "person_status": {"constant": "student"},
                "started_on": {"day_of": ["year", "month", "day"]},
                "ended_on": {"last_of_month": {"day_of": ["year", "month"]}}}},
        ],
    )  # fmt: skip
    landed(
        views, made, tmp_path,
        f20250601=f"编号,姓名,证件号,年,月,日\nA1,甲,{NUMBER},2025,2,3\nA2,甲,{NUMBER},2025,02,30\n"
        + f"A3,甲,{NUMBER},2025,,3\n",
    )  # fmt: skip
    assert said(views, "person_status", "status_no, started_on::text, ended_on::text") == [
        ("A1", "2025-02-03", "2025-02-28"), ("A2", None, "2025-02-28"), ("A3", None, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"day_of": ["kind"]}, r"day_of: expected the columns \[year, month, day\]"),
        ({"day_of": ["kind", "kin"]}, r"Did you mean kind"),
        ({"day_of": ["kind", "amount_yuan"]}, r"金额 of type yuan"),
    ],
)
def test_what_no_day_is_put_together_from(make: Make, source: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        make(records=mapped(income_month={"month_of": source}))


def test_an_amount_worked_out_that_no_column_holds_is_unknown(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    made = make(COUNTED, records=mapped(amount_yuan={"product": ["amount_yuan", "count"]}))
    header = HEADER.replace("\n", ",个数\n")
    landed(
        views, made, tmp_path,
        f20250601=header + f"A1,甲,{NUMBER},1,2025-05,999999999.99,1000\nA2,甲,{NUMBER},1,2025-05,999999999.99,1001\n"
        + f"A3,甲,{NUMBER},1,2025-05,-999999999.99,1001\n",
    )  # fmt: skip
    assert said(views, "income_record", "income_no, amount_yuan::numeric(14, 2)::text") == [
        ("A1", "999999999990.00"), ("A2", None), ("A3", None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (mapped(amount_yuan={"constant": "1000000000000"}), r"1000000000000 is outside"),
        (mapped(income_month={"constant": "1849-12"}), r"1849-12 is no constant of type month"),
        (mapped(income_month={"constant": "9999-12"}), r"9999-12 is no constant of type month"),
    ],
)
def test_constants_are_what_lines_could_say(make: Make, source: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        make(records=source)


def test_a_text_that_is_a_word_for_nothing_says_nothing(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """Of two columns the first that says something is taken, and 无 does not."""
    columns = [*INCOME, column("payer", "单位"), column("place", "地方")]
    records = bound(map={**BOUND["map"], "payer": {"first_of": ["payer", "place"]}}, not_sent=["months"])
    rows = [
        ("甲厂", "乙处"),
        ("无", "乙处"),
        (" / ", "乙处"),
        ("\\N", "--"),
        ("无为县甲厂", ""),
        ("未知", "不详"),
    ]
    content = HEADER.replace("\n", ",单位,地方\n") + "".join(
        f"A{place},甲,{NUMBER},1,2025-05,1,{payer},{other}\n" for place, (payer, other) in enumerate(rows)
    )
    landed(views, make(columns, records=records), tmp_path, f20250601=content)
    assert [payer for (payer,) in said(views, "income_record", "payer")] == [
        "甲厂", "乙处", "乙处", None, "无为县甲厂", None
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "is_nothing"),
    [
        *((one, True) for one in ("", None, " ", "/", "—", "--", "无", "（无）", "没有", "暂无", "NULL", "\\N")),
        *((one, False) for one in ("不详", "待查", "待补", "无名氏", "同上", "未知", "无为", "0")),
        *((one, False) for one in ("○", "×××", "□", "***", "?")),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_nothing(
    views: psycopg.Connection, value: str | None, is_nothing: bool
) -> None:
    assert views.execute("select clean.says_nothing(%s)", [value]).fetchone() == (is_nothing,)


def test_records_whose_key_is_a_word_for_nothing_do_not_fall_together(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """Of a deposit the bank is required: what landing takes as given is not made null."""
    columns = [
        key("query_no", "编号", custom={"type": "identifier"}),
        *PERSON,
        column("bank", "银行", required=True, primaryKey=True, primaryKeyPosition=2),
        column("other", "别名"),
        column("account_no", "账户", classification="account", custom={"type": "account"}),
        column("balance_yuan", "余额", logicalType="number", custom={"type": "yuan"}),
        column("as_of_on", "日期", logicalType="date"),
    ]
    records = [{"record": "bank_deposit", "map": {"bank": {"first_of": ["bank", "other"]}}}]
    banks = ["/,", "无,", "—,农行", "工行,"]
    content = "编号,姓名,证件号,银行,别名,账户,余额,日期\n" + "".join(
        f"A1,甲,{NUMBER},{bank},6217000000001,5,2025-05-01\n" for bank in banks
    )
    landed(views, make(columns, records=records), tmp_path, f20250601=content)
    assert [bank for (bank,) in said(views, "bank_deposit", "bank")] == ["/", "无", "农行", "工行"]


def test_kept_codes_say_nothing(views: psycopg.Connection, make: Make, tmp_path: Path) -> None:
    columns = [*INCOME[:3], column("kind", "种类", custom={"whenUnreadable": "keep"}), *INCOME[4:]]
    landed(views, make(columns), tmp_path, f20250601=HEADER + f"A1,甲,{NUMBER},9,2025-05,1\n")
    assert said(views, "income_record", "income_no, income_kind") == [("A1", None)]


def test_a_contract_of_mid_year_reads_what_came_under_the_one_before(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """A column renamed, a code added, a unit changed."""
    make()
    folder = tmp_path / "contracts"
    (folder / f"{SYSTEM}__{FEED}.yml").rename(folder / f"{SYSTEM}__{FEED}.2024.yml")
    columns = [
        *INCOME[:3],
        column("kind", "类别"),
        INCOME[4],
        column("cents", "金额（分）", custom={"type": "fen"}),
    ]
    codes = {
        "income_kind": {"column": "kind", "codes": {"1": "pension", "8": "wage"}},
        "amount_yuan": "cents",
    }
    make(columns, records=bound(map=codes), firstDay=datetime.date(2025, 7, 1))
    made = load_contracts(folder)[FEED]
    landed(
        views, made, tmp_path,
        f20250601=HEADER + f"A1,甲,{NUMBER},1,2025-05,100\n",
        f20250701="编号,姓名,证件号,类别,月份,金额（分）\n"
        + f"A1,甲,{NUMBER},1,2025-06,100\nA2,乙,{NUMBER},8,2025-06,5\n",
    )  # fmt: skip
    assert said(views, "income_record", "income_no, income_kind, amount_yuan::text", "income_month, income_no") == [
        ("A1", "wage", "100.00"), ("A1", "pension", "1.00"), ("A2", "wage", "0.05")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ((None, None), "follow one another by firstDay"),
        (("2025-07-01", "2025-07-01"), "follow one another by firstDay"),
        (("2025-07-01", None), "is the last"),
    ],
)
def test_versions_follow_one_another(
    make: Make, tmp_path: Path, days: tuple[str | None, ...], message: str
) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    for name, day in zip((f"{SYSTEM}__{FEED}.old.yml", f"{SYSTEM}__{FEED}.yml"), days, strict=True):
        text = yaml.safe_dump(described("csv", INCOME, records=[BOUND], delimiter=","), allow_unicode=True)
        if day:
            text = text.replace(
                "customProperties:\n", f"customProperties:\n- property: firstDay\n  value: {day}\n", 1
            )
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        load_contracts(folder)


def test_a_moment_with_its_zone_orders_the_versions_of_a_line(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """The later of two changes stands, though the clock of the other shows more and it arrived last."""
    changed = column("changed_at", "变更时刻", custom={"type": "zoned_instant"})
    made = make([*INCOME, changed], order=["changed_at", "arrival"])
    landed(
        views, made, tmp_path,
        f20250601=HEADER.replace("\n", ",变更时刻\n")
        + f"A1,甲,{NUMBER},1,2025-05,2,2025-06-01T02:00:00Z\n"
        + f"A1,甲,{NUMBER},1,2025-05,1,2025-06-01T09:00:00+08:00\n",
    )  # fmt: skip
    assert said(views, "income_record", "amount_yuan::text, updated_at = '2025-06-01 02:00Z'", "order_before") == [
        ("1.00", False), ("2.00", True)
    ]  # fmt: skip


def rejected_lines(db: psycopg.Connection) -> list[Any]:
    return db.execute(
        "select line_number, reason_code, column_name from ops.rejected_row order by 1"
    ).fetchall()


def test_a_version_that_cannot_be_read_rejects_its_line(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """It would come before the old lines, and a change or a revocation be lost without a word."""
    made = make(
        [*INCOME, column("version", "版本", custom={"type": "sequence"}), column("change", "操作")],
        order=["version"],
        operation={"column": "change", "insert": ["I"], "change": ["U"], "revoke": ["D"]},
    )
    landed(
        views, made, tmp_path,
        f20250601=HEADER.replace("\n", ",版本,操作\n")
        + f"A1,甲,{NUMBER},1,2025-05,100,3,I\n"
        + f"A1,甲,{NUMBER},1,2025-05,200,V4,U\n"
        + f"A1,甲,{NUMBER},1,2025-05,300,1.11,U\n"
        + "A1,,,,,,第2版,D\n"
        + f"A2,甲,{NUMBER},1,2025-05,400,,I\n",  # without one it comes first, and is kept
    )  # fmt: skip
    assert rejected_lines(views) == [(line, "unreadable_number", "版本") for line in (3, 4, 5)]
    assert said(views, "income_record", "income_no, amount_yuan::text, order_before") == [
        ("A1", "100.00", [3]), ("A2", "400.00", [None])
    ]  # fmt: skip


def test_a_version_that_is_kept_unread_orders_nothing(make: Make) -> None:
    version = column("version", "版本", custom={"type": "sequence", "whenUnreadable": "keep"})
    with pytest.raises(ContractError, match=r"schema\.version: whenUnreadable: keep would order a line"):
        make([*INCOME, version], order=["version"])


STATUS = [
    key("status_no", "编号", custom={"type": "identifier"}),
    *PERSON,
    column("started_on", "起", custom={"type": "date"}),
]
STATUS_BOUND = {
    "record": "person_status", "map": {"person_status": {"constant": "student"}}, "not_sent": ["detail"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("custom", "rejected", "ends"),
    [
        ({"type": "end_date"}, [(3, "unreadable_date", "止")], [None, "2025-06-01"]),
        ({"type": "date"}, [(3, "unreadable_date", "止")], [None, "2025-06-01"]),
        ({"type": "end_date", "whenUnreadable": "keep"}, [], [None, None, "2025-06-01"]),
    ],
)
def test_an_end_that_cannot_be_read_is_not_taken_for_none(
    views: psycopg.Connection,
    make: Make,
    tmp_path: Path,
    custom: dict[str, str],
    rejected: list[Any],
    ends: list[str | None],
) -> None:
    """Unless the contract says so. A blank one is none."""
    made = make(
        [*STATUS, column("ended_on", "止", custom=custom)],
        records=[STATUS_BOUND],
    )
    landed(
        views, made, tmp_path,
        f20250601="编号,姓名,证件号,起,止\n"
        + f"A1,甲,{NUMBER},2025-05-01,\n"
        + f"A2,甲,{NUMBER},2025-05-01,已停\n"
        + f"A3,甲,{NUMBER},2025-05-01,45809.25\n",
    )  # fmt: skip
    assert rejected_lines(views) == rejected
    assert [end for (end,) in said(views, "person_status", "ended_on::text")] == ends


def test_a_file_says_of_all_its_lines_what_stands_in_none(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """Deletes come as a second file of keys, and the files of a district do not name it."""
    columns = [
        key("status_no", "编号", custom={"type": "identifier"}), *PERSON,
        column("started_on", "起", required=True, custom={"type": "date"}), column("detail", "学校"),
        column("change", "操作"),
    ]  # fmt: skip
    made = make(
        columns,
        records=[{**STATUS_BOUND, "not_sent": ["ended_on"]}],
        operation={"column": "change", "insert": ["新增"], "revoke": ["作废"]},
        files=[
            {"pattern": "f{YYYYMMDD}.csv", "mode": "delta", "without": ["change"], "constants": {"detail": "一中"}},
            {"pattern": "zf{YYYYMMDD}.csv", "mode": "delta", "constants": {"change": "作废"},
             "without": ["name", "id_number", "started_on", "detail"]},
        ],
    )  # fmt: skip
    landed(
        views, made, tmp_path,
        f20250601=f"编号,姓名,证件号,起\nA1,甲,{NUMBER},2025-05-01\nA2,乙,{NUMBER},2025-05-01\n",
        zf20250602="编号\nA2\n\"A3\"\n",
    )  # fmt: skip
    assert rejected_lines(views) == []
    assert said(views, "person_status", "status_no, detail, is_revoked") == [
        ("A1", "一中", False), ("A2", "一中", False), ("A2", None, True), ("A3", None, True),
    ]  # fmt: skip
    defaults = (
        "select count(*) from information_schema.columns where table_schema = 'raw' and column_default <> ''"
    )
    assert views.execute(defaults).fetchone() == (0,)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"change": "删"}, "constants.change: 删 is no code of 操作"),
        ({"started_on": "2025-01-01"}, "constants.started_on: is of type date"),
        ({"status_no": "A1"}, "status_no is part of the key"),
        ({"division": "4202223"}, "4202223 is no division"),
        ({"changed": "作废"}, "changed is no column of the schema"),
        ({"change": 1}, "expected .column: 'what all lines of these files say'., in quotes"),
    ],
)
def test_what_a_file_says_for_its_lines_is_what_a_line_could_say(
    make: Make, constants: dict[str, Any], message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        make(
            [*STATUS, column("change", "操作"), column("division", "区划", custom={"type": "division"})],
            records=[],
            operation={"column": "change", "insert": ["新增"], "revoke": ["作废"]},
            files=[{"pattern": "zf{YYYYMMDD}.csv", "mode": "delta", "constants": constants}],
        )


PERIOD = {"column": "period", "by": "-", "part": 1}


def of_period(part: int) -> dict[str, Any]:
    return {"split": {**PERIOD, "part": part}}


def test_a_period_and_an_amount_in_one_text_are_read_piece_by_piece(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """An end that is not there is none; one that cannot be read rejects its line, and so does a text of one piece."""
    made = make(
        [*STATUS[:3], column("period", "起止", required=True)],
        records=[
            {
                "record": "person_status",
                "map": {
                    "person_status": {"constant": "student"},
                    "started_on": {"first_of_month": of_period(1)},
                    "ended_on": {"last_of_month": of_period(2)},
                },
                "not_sent": ["detail"],
            }
        ],
    )
    landed(
        views, made, tmp_path,
        f20250601="编号,姓名,证件号,起止\n"
        + f"A1,甲,{NUMBER},202501-202506\n"
        + f"A2,甲,{NUMBER},2025.02.03-\n"
        + f"A3,甲,{NUMBER},202501-202513\n"
        + f"A4,甲,{NUMBER},202501\n"
        + f"A5,甲,{NUMBER},-202506\n",
    )  # fmt: skip
    assert rejected_lines(views) == [(n, "unreadable_month", "起止") for n in (4, 5, 6)]
    assert said(views, "person_status", "status_no, started_on::text, ended_on::text") == [
        ("A1", "2025-01-01", "2025-06-30"),
        ("A2", "2025-02-01", None),
    ]


def test_an_amount_with_words_behind_it_is_read_by_its_piece(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    columns = [*INCOME[:4], INCOME[4], column("told", "金额", required=True)]
    amount = {"split": {"column": "told", "by": "元", "part": 1}}
    made = make(columns, records=mapped(amount_yuan=amount))
    landed(
        views, made, tmp_path,
        f20250601=HEADER
        + f"A1,甲,{NUMBER},1,2025-05,1300元/月\n"
        + f"A2,甲,{NUMBER},1,2025-05,三百元/月\n"
        + f"A3,甲,{NUMBER},1,2025-05,元\n",
    )  # fmt: skip
    assert [line[:2] for line in rejected_lines(views)] == [
        (3, "unreadable_amount"),
        (4, "unreadable_amount"),
    ]
    assert said(views, "income_record", "income_no, amount_yuan::text") == [("A1", "1300.00")]


MEMBERS = column(
    "members", "成员", logicalType="array", custom={"itemsBy": "；;", "partsBy": "/"},
    items={"logicalType": "object", "properties": [
        column("member_name", "1", required=True, classification="name", custom={"type": "name"}),
        column("relation", "2"),
        column("member_id", "3", required=True, classification="identity", custom={"type": "id_number"}),
    ]},
)  # fmt: skip


def test_members_in_one_cell_are_told_apart(views: psycopg.Connection, make: Make, tmp_path: Path) -> None:
    """Another number of parts would give one the relation or the number of another."""
    made = make(
        [key("aid_household_no", "户号", custom={"type": "identifier"}), MEMBERS],
        records=[
            {
                "record": "aid_household_member",
                "each": "members",
                "map": {"name": "member_name", "id_number": "member_id", "is_covered": {"constant": "是"}},
                "not_sent": ["declared_income", "phone"],
            }
        ],
    )
    landed(
        views, made, tmp_path,
        f20250601="户号,成员\n"
        + f"H1,张三/配偶/{NUMBER}；李四/子/{NUMBER};\u00a0\u202f\n"
        + "H2,\n"
        + f"H3,张三/配偶{NUMBER}\n"
        + f"H4,张三/配偶/户主/{NUMBER}\n"
        + "H5,张三/配偶/\n",
    )  # fmt: skip
    assert rejected_lines(views) == [
        (4, "unexpected_form", "成员"), (5, "unexpected_form", "成员"), (6, "missing_value", "成员[].3"),
    ]  # fmt: skip
    told = said(
        views, "aid_household_member", "aid_household_no, position, name, relation, id_number, is_absent"
    )
    assert told == [
        ("H1", 1, "张三", "配偶", NUMBER, False), ("H1", 2, "李四", "子", NUMBER, False),
        ("H2", None, None, None, None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("custom", "header", "message"),
    [
        ({"itemsBy": ""}, "1", "itemsBy: expected the characters between two of them"),
        ({"partsBy": "/"}, "1", "itemsBy: expected the characters"),
        ({"itemsBy": ";"}, "姓名", "physicalName: expected the number of the part"),
        ({"itemsBy": ";"}, "2", "partsBy: expected what stands between two parts"),
    ],
)
def test_how_a_list_stands_in_one_cell_is_said_whole(
    make: Make, custom: dict[str, str], header: str, message: str
) -> None:
    inside = {"logicalType": "object", "properties": [column("who", header)]}
    with pytest.raises(ContractError, match=message):
        make([*INCOME, column("list", logicalType="array", custom=custom, items=inside)])


def lacking(record: str) -> list[str]:
    """All columns a sender may leave out."""
    return [column.name for column in canonical_records()[record].columns if not column.is_required]


def test_a_version_by_itself_reads_any_day(make: Make) -> None:
    """As `minzheng contract try` has it."""
    made = make(firstDay=datetime.date(2025, 7, 1))
    assert made.on(datetime.date(2025, 6, 1)) is made


def test_lines_of_a_key_together_are_one_household(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    members = [
        column("household", "户", primaryKey=True, primaryKeyPosition=1, required=True, custom={"type": "identifier"}),
        *PERSON,
        column("status", "状态"),
    ]  # fmt: skip
    shared = {"aid_household_no": "household"}
    made = make(
        members,
        linesOfAKey="together",
        records=[
            {"record": "aid_household", "not_sent": lacking("aid_household"), "map": {
                **shared, "aid_type_code": {"constant": "DB"}, "stopped_on": {"constant": "9999-12-31"},
                "status": {"column": "status", "codes": {"1": "在保", "0": "停保"}}}},
            {"record": "aid_household_member", "not_sent": ["relation", "declared_income", "phone"],
             "map": {**shared, "is_covered": {"constant": "是"}}},
        ],
    )  # fmt: skip
    landed(
        views, made, tmp_path,
        f20250601=f"户,姓名,证件号,状态\nH1,甲,{NUMBER},1\nH2,乙,{NUMBER},1\nH1,丙,{NUMBER},1\n",
    )  # fmt: skip
    assert said(views, "aid_household", "aid_household_no, line_number, status") == [
        ("H1", 2, "在保"),
        ("H2", 3, "在保"),
    ]
    assert said(views, "aid_household_member", "aid_household_no, line_number, position, place, name") == [
        ("H1", 2, 1, "1", "甲"), ("H1", 2, 2, "2", "丙"), ("H2", 3, 1, "1", "乙")
    ]  # fmt: skip


def test_persons_of_a_line_from_columns_and_a_list_are_numbered_through(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """An applicant, perhaps a spouse, and others in a list; the number of each is that of the household's member."""
    household = {"aid_household_no": "household", "is_covered": {"constant": "是"}}
    rest = ["relation", "declared_income", "phone"]
    items = {"logicalType": "object", "properties": [column("member", "xm", custom={"type": "name"})]}
    made = make(
        [
            key("household", "户", custom={"type": "identifier"}),
            *PERSON,
            column("spouse", "配偶", custom={"type": "name"}),
            column("members", "成员", logicalType="array", items=items),
        ],
        records=[
            {"record": "aid_household_member", "not_sent": rest, "map": household},
            {"record": "aid_household_member", "not_sent": rest, "where": {"spouse": {"not": [""]}},
             "map": {**household, "name": "spouse"}},
            {"record": "aid_household_member", "each": "members", "not_sent": rest,
             "map": {**household, "name": "member"}},
        ],
    )  # fmt: skip
    listed = '"[{""xm"":""丙""},{""xm"":""丁""}]"'
    landed(
        views, made, tmp_path,
        f20250601=f"户,姓名,证件号,配偶,成员\nH1,甲,{NUMBER},乙,{listed}\nH2,甲,{NUMBER},,{listed}\nH3,甲,{NUMBER},,[]\n"
        f"H4,甲,{NUMBER},无,[]\nH5,甲,{NUMBER},待查,[]\n",
    )  # fmt: skip
    assert said(views, "aid_household_member", "aid_household_no, position, place, name, is_absent") == [
        ("H1", 1, "1", "甲", False), ("H1", 2, "2", "乙", False), ("H1", 3, "3", "丙", False),
        ("H1", 4, "4", "丁", False),
        ("H2", 1, "1", "甲", False), ("H2", 2, "2", "丙", False), ("H2", 3, "3", "丁", False),
        ("H2", 4, "4", "", True),
        ("H3", 1, "1", "甲", False), ("H3", 2, "2", "", True), ("H3", 3, "3", None, True),
        ("H4", 1, "1", "甲", False), ("H4", 2, "2", "无", True), ("H4", 3, "3", None, True),
        ("H5", 1, "1", "甲", False), ("H5", 2, "2", "待查", False), ("H5", 3, "3", None, True),
    ]  # fmt: skip


def test_what_a_column_means_is_told_anew(
    views: psycopg.Connection, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make()
    ensure_table(views, made)
    ensure_views(views, {FEED: made})
    monkeypatch.setitem(LINEAGE, "feed", ("text", "来源系统的表"))
    ensure_views(views, {FEED: made})
    (meaning,) = views.execute("select col_description('input.income_record'::regclass, 1)").fetchone()
    assert meaning == "来源系统的表"


def test_lines_of_a_key_that_are_of_different_kinds(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """A line for the household, one for each member, in any order; an empty household has no member."""
    lines = [
        column("kind", "行别"),
        column("household", "户", primaryKey=True, primaryKeyPosition=1, required=True, custom={"type": "identifier"}),
        *PERSON,
    ]  # fmt: skip
    made = make(
        lines,
        linesOfAKey="together",
        records=[
            {"record": "aid_household", "where": {"kind": ["H"]}, "not_sent": lacking("aid_household"), "map": {
                "aid_household_no": "household", "aid_type_code": {"constant": "DB"},
                "stopped_on": {"constant": "9999-12-31"}, "status": {"constant": "在保"}}},
            {"record": "aid_household_member", "where": {"kind": ["M"]},
             "not_sent": ["relation", "declared_income", "phone"],
             "map": {"aid_household_no": "household", "is_covered": {"constant": "是"}}},
        ],
    )  # fmt: skip
    landed(
        views, made, tmp_path, f20250601=f"行别,户,姓名,证件号\nM,H1,甲,{NUMBER}\nH,H1,,\nM,H1,乙,{NUMBER}\nH,H2,,\n"
    )  # fmt: skip
    assert said(views, "aid_household", "aid_household_no, line_number, is_absent") == [
        ("H1", 3, False),
        ("H2", 5, False),
    ]
    assert said(views, "aid_household_member", "aid_household_no, line_number, position, name, is_absent") == [
        ("H1", 3, 1, "甲", False), ("H1", 3, 2, "乙", False), ("H1", 3, 3, "", True), ("H2", 5, 1, "", True)
    ]  # fmt: skip


def test_what_is_left_of_a_household_does_not_stand_for_it(
    views: psycopg.Connection, make: Make, tmp_path: Path
) -> None:
    """One line cannot be read, so the file says nothing of that household; one that takes back takes its member."""
    lines = [
        column("household", "户", primaryKey=True, primaryKeyPosition=1, required=True, custom={"type": "identifier"}),
        *PERSON,
        column("kind", "行别", enum=[{"value": "A"}], custom={"whenUnreadable": "reject"}),
        column("change", "操作"),
    ]  # fmt: skip
    made = make(
        lines,
        linesOfAKey="together",
        operation={"column": "change", "insert": ["I"], "revoke": ["D"]},
        records=[
            {"record": "aid_household", "not_sent": lacking("aid_household"), "map": {
                "aid_household_no": "household", "aid_type_code": {"constant": "DB"},
                "stopped_on": {"constant": "9999-12-31"}, "status": {"constant": "在保"}}},
            {"record": "aid_household_member", "not_sent": ["relation", "declared_income", "phone"],
             "map": {"aid_household_no": "household", "is_covered": {"constant": "是"}}},
        ],
    )  # fmt: skip
    landed(
        views, made, tmp_path, f20250601="户,姓名,证件号,行别,操作\n"
        f"H1,甲,{NUMBER},A,I\nH1,乙,{NUMBER},B,I\nH2,丙,{NUMBER},A,D\nH2,丁,{NUMBER},A,I\nH3,戊,{NUMBER},A,D\n",
    )  # fmt: skip
    assert said(views, "aid_household", "aid_household_no, line_number, is_revoked", "2") == [
        ("H2", 5, False),
        ("H3", 6, True),
    ]
    assert said(views, "aid_household_member", "name, position, is_absent", "line_number, position") == [
        ("丁", 1, False), ("丙", 2, True), ("戊", 1, True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"join": {"columns": ["kind", {"constant": "x"}]}}, "expected the name of a column"),
        ({"constant": "banana"}, "banana is no constant of type month"),
        ({"constant": "202406"}, "202406 is no constant of type month"),
    ],
)
def test_constants_and_names_are_looked_at(make: Make, source: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        make(records=mapped(income_month=source))


@pytest.mark.parametrize("record", canonical_records().values(), ids=lambda record: record.name)
def test_keys_and_days_of_records_are_columns(record: Any) -> None:
    made_by_models = {"member_no", "officer_no"}
    assert {*record.key, *record.days} <= {column.name for column in record.columns} | made_by_models
    assert record.part_of is None or record.part_of in canonical_records()
