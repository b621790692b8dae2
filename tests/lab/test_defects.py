"""The defects the interface announces occur, and only where they are announced."""

import re
import unicodedata
from datetime import date, datetime
from random import Random

from delivery_tree import Row, Tree
from stdnum.cn import ric

from lab.simulator.defects import Clerk

NUMBER_COLUMNS = {
    "marriage_event": (("男方身份证件号", "husband"), ("女方身份证件号", "wife")),
    "cremation": (("逝者身份证号", "deceased"), ("承办人身份证号", "agent")),
    "entitlement": (("身份证号", "person"),),
    "payment": (("领款人身份证号", "payee"),),
    "temporary_aid": (("身份证号", "person"),),
    "stay": (("身份证号", "resident"),),
    "social_insurance": (("身份证号", "person"),),
    "vehicle": (("车主身份证号", "owner"),),
    "real_estate": (("证件号", "owner"),),
}


def numbers(tree: Tree) -> list[tuple[object, str]]:
    """Every number as typed, with the true one."""
    pairs = []
    for feed, columns in NUMBER_COLUMNS.items():
        for row in tree.rows(feed):
            roles = tree.links[feed, row.day, row.line]
            pairs += [
                (row.cells[column], tree.people[roles[role]]["id_number"])
                for column, role in columns
                if role in roles
            ]
    for row in tree.rows("aid_household"):
        roles = tree.links["aid_household", row.day, row.line]
        pairs += [
            (member["身份证号"], tree.people[roles[f"member{place}"]]["id_number"])
            for place, member in enumerate(row.cells["家庭成员"], 1)
        ]
    return pairs


def test_without_defects_everything_is_clean(clean: Tree) -> None:
    assert all(typed == true for typed, true in numbers(clean))
    for row in clean.rows("cremation"):
        assert isinstance(row.cells["死亡日期"], datetime)
        person = clean.people[clean.person("cremation", row, "deceased")]
        assert row.cells["逝者姓名"] == person["name"]
    assert all(isinstance(row.cells["家庭月收入"], int) for row in clean.rows("aid_household"))
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\d", row.cells["登记日期"]) for row in clean.rows("marriage_event")
    )


def test_the_population_register_is_clean_in_numbers(tree: Tree) -> None:
    for row in tree.rows("population"):
        number = row.cells["公民身份号码"]
        assert ric.calc_check_digit(number) == number[17]
        assert number == tree.people[tree.person("population", row)]["id_number"]
        assert number[6:14] == row.cells["出生日期"]
        assert int(number[16]) % 2 == int(row.cells["性别"]) % 2


def test_register_changes_of_every_kind_arrive(tree: Tree) -> None:
    full = [row for row in tree.rows("population") if row.day == "20250625"]
    changes = {row.cells["变动类型"] for row in tree.rows("population") if row.day > "20250625"}
    assert {row.cells["变动类型"] for row in full} == {""}
    assert changes == {"死亡", "出生", "迁入", "迁出", "更正"}


def kind(typed: object, true: str) -> str:
    """How a typed number differs from the true one."""
    if isinstance(typed, float | int):
        return "excel"
    text = str(typed or "")
    if text == true:
        return "right"
    if not text:
        return "missing"
    if text.startswith("'"):
        return "apostrophe"
    if unicodedata.normalize("NFKC", text) != text:
        return "full width"
    if text.strip() != text and text.strip() == true:
        return "blank after"
    if " " in text:
        return "blanks inside"
    if len(text) == 15:
        return "fifteen"
    if text.upper() == true:
        return "lower x"
    return "swapped" if sorted(text) == sorted(true) else "wrong digit"


def test_every_kind_of_number_defect_occurs_and_most_numbers_are_right(tree: Tree) -> None:
    kinds = [kind(typed, true) for typed, true in numbers(tree)]
    assert set(kinds) == {
        "right",
        "excel",
        "missing",
        "apostrophe",
        "full width",
        "blank after",
        "blanks inside",
        "fifteen",
        "lower x",
        "swapped",
        "wrong digit",
    }
    assert kinds.count("right") > 0.9 * len(kinds)


def test_excel_keeps_fifteen_digits_only_in_workbooks() -> None:
    clerk = Clerk(Random(1), scale=30)
    workbook = [clerk.number("330502198001011234", workbook=True) for _ in range(300)]
    assert 330502198001011000.0 in workbook
    assert not any(isinstance(clerk.number("330502198001011234"), float) for _ in range(300))


def test_old_archives_have_short_or_missing_numbers(tree: Tree) -> None:
    old = [row for row in tree.rows("marriage_event") if row.cells["登记日期"] < "1999"]
    lengths = [len(row.cells["男方身份证件号"]) for row in old]
    assert lengths.count(15) > 0.3 * len(old)
    assert lengths.count(0) > 0.1 * len(old)


def test_names_are_written_in_other_ways(tree: Tree) -> None:
    typed = [
        (row.cells["姓名"], tree.people[tree.person("social_insurance", row)]["name"])
        for row in tree.rows("social_insurance")
    ]
    different = [(name, true) for name, true in typed if name != true]
    assert 0 < len(different) < 0.05 * len(typed)
    assert any(" " in name for name, _ in different)
    assert any(ord(character) > 0xFFFF for person in tree.people.values() for character in person["name"])
    dotted = {name for name, true in different if "·" in true}
    assert dotted
    assert not any("·" in name.replace(" ", "") for name in dotted if " " not in name)


def test_dates_of_death_are_sometimes_words(tree: Tree) -> None:
    written = [row.cells["死亡日期"] for row in tree.rows("cremation")]
    assert any(isinstance(value, str) for value in written)
    assert sum(isinstance(value, datetime) for value in written) > 0.7 * len(written)


def repeated(rows: list[Row]) -> int:
    return len(rows) - len({(row.day, *map(str, row.cells.values())) for row in rows})


def test_lines_are_sent_twice_and_never_without_defects(tree: Tree, clean: Tree) -> None:
    assert sum(repeated(tree.rows(feed)) for feed in NUMBER_COLUMNS) >= 5
    planted = {"cremation"}  # redelivered lines are a near miss of A03
    assert not any(repeated(clean.rows(feed)) for feed in NUMBER_COLUMNS.keys() - planted)


def test_an_older_version_arrives_after_a_newer_one(tree: Tree) -> None:
    for feed, key in (("marriage_event", "证书字号"), ("aid_household", "家庭编号")):
        newest: dict[str, str] = {}
        overtaken = False
        for row in tree.rows(feed):
            number, updated = row.cells[key], row.cells["更新时间"]
            overtaken |= updated < newest.get(number, "")
            newest[number] = max(updated, newest.get(number, ""))
        assert overtaken, feed


def test_revocations_name_a_record_that_was_delivered(tree: Tree) -> None:
    for feed, key in (
        ("entitlement", "待遇编号"),
        ("stay", "入住编号"),
        ("cremation", "火化编号"),
        ("marriage_event", "证书字号"),
    ):
        revoked = {row.cells[key] for row in tree.rows(feed) if row.cells["操作"] == "作废"}
        added = {row.cells[key] for row in tree.rows(feed) if row.cells["操作"] == "新增"}
        assert revoked, feed
        assert revoked <= added, feed


def test_payments_of_the_month_are_spread_over_the_deltas(tree: Tree) -> None:
    by_day: dict[str, set[str]] = {}
    for row in tree.rows("payment"):
        by_day.setdefault(row.day, set()).add(row.cells["发放月份"])
        assert date.fromisoformat(row.cells["发放日期"]).strftime("%Y%m") == row.cells["发放月份"]
    full = by_day.pop("20250625")
    assert max(full) == "202505"
    assert len(full) == 23
    assert len(by_day) == 5
    assert all(months == {"202506"} for months in by_day.values())
