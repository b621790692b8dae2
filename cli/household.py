"""Prints the means of a household in Chinese, as a calculation on paper."""

from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Console

from warehouse.casework.explain_household import HouseholdSheet
from warehouse.casework.household_titles import (
    CATEGORIES_ZH,
    COUNTED_TESTS,
    DIFFERENCES_ZH,
    KINDS_ZH,
    OUTCOMES_ZH,
    RELATIONS_ZH,
    STANDARDS_ZH,
    TESTS_ZH,
)


def yuan(amount: Decimal | None) -> str:
    """An amount as written on paper; nothing known is not zero."""
    return "不明" if amount is None else f"{amount:,.2f}"


def place(code: str | None, name: str | None) -> str | None:
    """A division by its code and, where the list of divisions has it, its name; null for none."""
    return " ".join(filter(None, (code, name))) or None


def _month(item: dict[str, Any]) -> str:
    return f"{date.fromisoformat(item['income_month']):%Y年%m月}" if item["income_month"] else "每月"


def _source(item: dict[str, Any]) -> str:
    return f"［{item['delivery_id']} 第 {item['line_number']} 行］"


def _what(item: dict[str, Any]) -> str:
    detail = f"·{item['detail']}" if item["detail"] else ""
    return f"{item['masked_name'] or '（身份未确定）'}　{CATEGORIES_ZH[item['category']]}{detail}"


def _test(test: dict[str, Any]) -> str:
    """A limit of property and how the household stands to it."""
    is_count = test["test"] in COUNTED_TESTS
    value, limit = (
        None if (number := test.get(key)) is None else str(number) if is_count else yuan(Decimal(str(number)))
        for key in ("value", "limit")
    )
    return (
        f"{TESTS_ZH[test['test']]}：{value or '没有来源'}，限值 {limit or '不明'}，"
        f"{OUTCOMES_ZH[test['outcome']]}"
    )


def calculation(sheet: HouseholdSheet) -> list[str]:
    """The lines of the sheet, without markup."""
    means = sheet.means
    division = place(means["division_code"], means["division_zh"])
    lines = [
        f"{KINDS_ZH[means['household_kind']]} {means['household_no']}　区划 {division}",
        f"业务日期 {means['business_date']}，世代 {means['generation']}",
        "",
        f"一、成员 {means['member_count']} 人（身份已确定 {means['resolved_member_count']} 人）",
    ]
    for member in sheet.members:
        person = f"{member['masked_name']} {member['masked_id_number']} {member['age']} 岁"
        relation = RELATIONS_ZH.get(member["relation"], member["relation"])
        lines.append(f"　　{relation}　{person if member['resident_id'] else '（身份未确定）'}")
    if means["unknown_income_count"]:
        lines.append(f"　　其中 {means['unknown_income_count']} 名成年人收入不明：没有来源，不等于没有收入")

    lines += ["", f"二、收入（按 {means['month_count']} 个月平均，截至 {_month(means)}）"]
    for item in sheet.lines("income"):
        counted = f"计入 {yuan(item['counted_yuan'])}" if item["counted_share"] else "不计入"
        lines.append(
            f"　　{_what(item)}　{_month(item)} {yuan(item['amount_yuan'])}，{counted} {_source(item)}"
        )
    lines.append(f"　　计入合计，月均 {yuan(means['counted_income_yuan'])}")

    lines += ["", "三、扣减"]
    for item in sheet.lines("deduction"):
        lines.append(
            f"　　{_what(item)}　{_month(item)} 标准 {yuan(item['amount_yuan'])} × {item['counted_share']:.2f}"
            f"（不超过该月工资）= {yuan(item['counted_yuan'])}"
        )
    lines.append(f"　　扣减合计，月均 {yuan(means['deduction_yuan'])}")

    lines += [
        "",
        "四、人均可计收入",
        f"　　{yuan(means['counted_income_yuan'])} − {yuan(means['deduction_yuan'])}"
        f" = {yuan(means['countable_income_yuan'])}（不小于零）",
        f"　　{yuan(means['countable_income_yuan'])} ÷ {means['member_count']} 人"
        f" = {yuan(means['countable_per_capita_yuan'])}",
        f"　　{STANDARDS_ZH.get(means['standard_code'], '低保标准')} {yuan(means['standard_yuan'])}，"
        f"为标准的 {'不明' if means['countable_multiple'] is None else means['countable_multiple']} 倍",
        "",
        f"五、财产：{OUTCOMES_ZH[means['property_outcome']]}（存款没有来源，不在其内）",
    ]
    for item in sheet.lines("property"):
        value = f" {yuan(item['amount_yuan'])}" if item["amount_yuan"] is not None else ""
        lines.append(
            f"　　{_what(item)} {item['item_no']}　份额 {item['counted_share']:.2f}{value} {_source(item)}"
        )
    lines += [f"　　{_test(test)}" for test in means["property_tests"]]

    if sheet.differences:
        lines += ["", "六、与户口簿、法定家庭的差异（供询问，不是结论）"]
        for difference in sheet.differences:
            sources = "".join(map(_source, difference["sources"]))
            relation = RELATIONS_ZH.get(difference["relation"], difference["relation"])
            lines.append(f"　　{DIFFERENCES_ZH[difference['difference_kind']]}（{relation}）{sources}")
    return lines


def print_household(console: Console, sheet: HouseholdSheet) -> None:
    """The whole sheet; wide lines are not cut."""
    for line in calculation(sheet):
        console.print(line, highlight=False, soft_wrap=True)
