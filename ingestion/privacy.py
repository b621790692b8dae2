"""What a bureau's contracts take of people, feed by feed: the ground of a personal-information impact assessment.

Derived, so that it says what is received and not what was once planned; what a contract does not say (legal basis,
consent of the sender's agreement) is left as a line to be filled in.
"""

from collections.abc import Mapping, Sequence

from ingestion.contract import Column, Contract
from ingestion.records import canonical_records

CLASSES_ZH = {
    "identity": "身份号码", "name": "姓名", "account": "金融账号", "contact": "联系方式", "address": "住址",
    "birth": "出生日期", "health": "健康状况", "income": "收入与财产",
}  # fmt: skip
# PIPL 28: information whose leak may harm dignity, person or property.
SENSITIVE = ("account", "health", "income")
# Who reads a class of values, as the rights of the database have it (tests/warehouse/golden/security.txt).
READERS_ZH = {
    "identity": "核对员在工作台分区划查看，逐次留痕；分析人员不可见",
    "name": "核对员在工作台分区划查看，逐次留痕；分析人员不可见",
    "account": "仅身份与落地岗位（loader）；工作台只显示末位",
    "contact": "核对员在工作台另行查看，逐次留痕",
    "address": "核对员在工作台分区划查看，已脱敏",
    "birth": "核对员；分析人员只见年龄",
    "health": "核对员分区划；分析人员不可见",
    "income": "核对员分区划；分析人员以无姓名号码的键查看",
}  # fmt: skip
KEPT_ZH = (
    "原始行（`raw`）与台账长期保留，撤回的交付留存而不使用；拒收行的原文、检查结果、世代和日志按"
    "[保留期](operations.zh.md#retention)的设置清理"
)
HEADING = """<!-- Derived from the contracts by `minzheng sync`; do not edit. -->
# 个人信息保护影响评估（按来源）

由契约导出，供填写个人信息保护影响评估（《个人信息保护法》第五十五、五十六条）：每个来源收什么、是谁的、为何、由谁提供、谁能看、存多久。
法律依据与共享协议不在契约中，由本单位填写。敏感个人信息（第二十八条）以 ★ 标明。

"""


def privacy_page(contracts: Sequence[Contract]) -> str:
    """The page of all contracts, each with a table of its columns about people by class."""
    told = sorted(contracts, key=lambda contract: (contract.system, contract.feed))
    return f"{HEADING}存多久对各来源相同：{KEPT_ZH}。\n\n" + "\n".join(
        [_overview(told), *(_feed(contract) for contract in told)]
    )


def columns_about_people(contract: Contract) -> Mapping[str, list[Column]]:
    """By class, in the order of the classes; those within lists too."""
    flat = [inner for column in contract.columns for inner in (column, *column.items)]
    found = {name: [column for column in flat if column.classification == name] for name in CLASSES_ZH}
    return {name: columns for name, columns in found.items() if columns}


def people_of(contract: Contract) -> list[str]:
    """Whom its records name, as ``record: role``."""
    known = canonical_records()
    return [
        f"{known[record].title}（{'、'.join(person.role for person in known[record].persons)}）"
        for record in contract.line_records
        if known[record].persons
    ]


def _overview(contracts: Sequence[Contract]) -> str:
    lines = ["| 来源 | 提供单位 | 个人信息种类 | 敏感 |", "|---|---|---|---|"]
    for contract in contracts:
        classes = columns_about_people(contract)
        told = "、".join(CLASSES_ZH[name] for name in classes) or "无"
        star = "★" if set(classes) & set(SENSITIVE) else ""
        lines.append(f"| [{contract.title}](#{contract.feed}) | {contract.owner} | {told} | {star} |")
    return "\n".join([*lines, ""])


def _feed(contract: Contract) -> str:
    lines = [
        f'<a id="{contract.feed}"></a>', "", f"## {contract.title}", "",
        f"- **为何**：{contract.purpose}", f"- **提供单位**：{contract.owner}",
        f"- **局限**：{contract.limitations or '未载明'}",
        f"- **是谁的**：{'；'.join(people_of(contract)) or '不涉及个人'}", f"- **何时来**：`{contract.schedule}`",
        "- **法律依据与共享协议**：（由本单位填写）", "",
    ]  # fmt: skip
    classes = columns_about_people(contract)
    if classes:
        lines += ["| 种类 | 列 | 谁能看 |", "|---|---|---|"]
        lines += [
            f"| {CLASSES_ZH[name]}{'★' if name in SENSITIVE else ''} | "
            f"{'、'.join(column.title for column in columns)} | {READERS_ZH[name]} |"
            for name, columns in classes.items()
        ]
        lines.append("")
    return "\n".join(lines)
