"""The page on the types of columns (docs/column_types.md): how each is written in a contract, what is read as it."""

from collections.abc import Iterator
from typing import NamedTuple

from ingestion.cleaning import READABLE_BY
from ingestion.contract import CLASSIFICATIONS, COLUMN_TYPES, TYPE_OF_LOGICAL_TYPE
from ingestion.value import AMOUNT_UNITS, UNITS


class Type(NamedTuple):
    """logical: what `logicalType` says beside the custom property `type`. spellings: as written, and as read.

    remark: what else is to be known of it, in Chinese and English.
    """

    title: str
    logical: str
    spellings: tuple[tuple[str, str], ...] = ()
    remark: str = ""


TYPES = {
    "text": Type("文本", "string", (), "两端空白除去 blanks around it are taken off"),
    "code": Type("代码", "string", (), "`enum` 列出的代码 codes that stand in `enum`"),
    "date": Type(
        "日期", "date",
        (("2024-03-05", "2024-03-05"), ("20240305", "2024-03-05"), ("2024/3/5", "2024-03-05"),
         ("2024.3.5", "2024-03-05"), ("2024年3月5日", "2024-03-05"), ("二〇二四年三月五日", "2024-03-05"),
         ("2024-03-05 10:30:00", "2024-03-05"), ("45356", "2024-03-05"), ("05/03/2024", ""), ("2024-13-05", "")),
    ),
    "end_date": Type(
        "日期或长期", "date",
        (("2024-03-05", "2024-03-05"), ("长期", "9999-12-31"), ("永久", "9999-12-31"), ("9999-12-31", "9999-12-31")),
    ),
    "month": Type(
        "月份", "date",
        (("202506", "2025-06-01"), ("2025-06", "2025-06-01"), ("2025年6月", "2025-06-01"), ("2025-06-25", "2025-06-01"),
         ("2025.1", "")),
        "记作当月首日 kept as its first day",
    ),
    "instant": Type(
        "时间", "timestamp",
        (("2025-07-01 15:30:00", "2025-07-01 15:30:00"), ("20250701153000", "2025-07-01 15:30:00"),
         ("2025/7/1 9:30", "2025-07-01 09:30:00"), ("2025年7月1日下午3时30分", "2025-07-01 15:30:00"),
         ("20250701T153000Z", "2025-07-01 23:30:00"), ("2025-07-01", "2025-07-01 00:00:00"),
         ("45839.5", "2025-07-01 12:00:00")),
        "未写时区的为北京时间 in China where no zone is said",
    ),
    "zoned_instant": Type(
        "时间（须带时区）", "timestamp",
        (("2025-07-01T15:30:00Z", "2025-07-01 23:30:00"), ("2025-07-01T15:30:00+08:00", "2025-07-01 15:30:00"),
         ("2025-07-01 15:30:00", "")),
    ),
    "yuan": Type(
        "金额", "number",
        (("860", "860.00"), ("860.00元", "860.00"), ("¥860", "860.00"), ("1,234.50", "1234.50"),
         ("0.0860万元", "860.00"), ("人民币860元整", "860.00"), ("860左右", "")),
        "以元计 in 元",
    ),
    "wan_yuan": Type("金额（万元）", "number", (("12.5", "125000.00"),), "读作元 read as 元"),
    "fen": Type("金额（分）", "number", (("86000", "860.00"), ("860.5", "")), "读作元 read as 元"),
    "number": Type(
        "数值", "number",
        (("1234.5", "1234.5"), ("1,234.5", "1234.5"), ("7.25E+2", "725"), ("2.35E+03", ""), ("2300,00", "")),
        "`unit` 写单位 its unit stands in `unit`",
    ),
    "sequence": Type("版本号", "number", (("3", "3"), ("20250628103000", "20250628103000"), ("3.5", ""))),
    "share": Type("份额", "number", (("50%", "0.5"), ("0.5", "0.5"), ("1/2", "0.5"), ("2", "")), "0 至 1 from 0 to 1"),
    "id_number": Type(
        "公民身份号码", "string", (("4.20222E+17", ""), ("无", "")),
        "校验码不符的照收，另作检查；位数已丢的拒收 a wrong one is kept and told, one that lost digits is not read",
    ),
    "name": Type("姓名", "string", (), "原样保留，另作归一 kept as sent, and brought to one form beside"),
    "identifier": Type("编号", "string", (("H-08000117", "H-08000117"), ("无", ""), ("4.20222E+17", ""))),
    "account": Type("账号", "string", (("6217 0000 0000 1234", "6217000000001234"), ("6217****1234", ""))),
    "division": Type("行政区划", "string", (("420202", "420202"), ("4.20202E+11", ""))),
    "nested": Type("列表", "array", (), "`items.properties` 写各项的键 describes the keys of its items"),
}  # fmt: skip
CLASSIFICATION_TITLES = {
    "none": "不敏感 none", "identity": "身份 of who somebody is", "name": "姓名 names", "account": "账号 accounts",
    "contact": "联系方式 ways to reach somebody", "address": "住址 addresses", "birth": "出生日期 days of birth",
    "health": "健康 health", "income": "收入 incomes",
}  # fmt: skip
HEAD = """# 列的类型 Types of columns

契约 `schema` 中每列写 `logicalType`，类型与之不同的另写 `{property: type, value: ...}`。各列按其类型读取；
读不出的值为空，列上写 `required` 或 `whenUnreadable: reject` 的则拒收该行，原因如下。空值、`无`、`-` 等为未知。

A column of a contract says its `logicalType`, and where that is not all, `{property: type, value: ...}`. What cannot
be read as its type is empty; at a column with `required` or `whenUnreadable: reject` it rejects the line, for the
reason named here. Words for nothing (`无`, `-`) are unknown.
"""
NESTED = """## 列表 Lists

嵌套列表在 JSON 中是对象的数组；键可写作路径。A list is an array of objects; a key may be a path. 表格中一格里的列表写
`itemsBy` 与 `partsBy`（[对应](mapping.zh.md#in-one-cell)）。In a table it may stand in one cell:
[mapping](mapping.md#in-one-cell).

```yaml
name: members
physicalName: jtcy
businessName: 家庭成员
logicalType: array
classification: identity
items:
  logicalType: object
  properties:
    - name: member_name
      physicalName: xm
      businessName: 姓名
      logicalType: string
      classification: name
      customProperties:
        - {property: type, value: name}
    - name: member_income
      physicalName: sr.yue
      businessName: 月收入
      logicalType: number
      classification: income
      customProperties:
        - {property: type, value: yuan}
```
"""


def type_guide() -> str:
    return "\n".join([HEAD, *_types(), "", NESTED, *_classifications(), "", *_units(), ""])


def _types() -> Iterator[str]:
    yield "| 类型 type | 名称 | `logicalType` | 认得的写法 read | 读不出 not read | 原因 reason | 说明 |"
    yield "|---|---|---|---|---|---|---|"
    for name in COLUMN_TYPES:
        described = TYPES[name]
        read = [f"`{written}`" for written, value in described.spellings if value]
        unread = [f"`{written}`" for written, value in described.spellings if not value]
        derived = TYPE_OF_LOGICAL_TYPE.get(described.logical) == name or name == "code"
        logical = f"`{described.logical}`" + ("" if derived else f" + `type: {name}`")
        reason = f"`{READABLE_BY[name][1]}`" if name in READABLE_BY else ""
        cells = (
            f"`{name}`",
            described.title,
            logical,
            "、".join(read),
            "、".join(unread),
            reason,
            described.remark,
        )
        yield "| " + " | ".join(cells) + " |"


def _classifications() -> Iterator[str]:
    yield "## `classification`"
    yield ""
    yield "每列必写；`none` 以外的不出现在消息与证据中。Every column says one; what is not `none` stands in no message."
    yield ""
    yield "| 词 word | 意义 |"
    yield "|---|---|"
    yield from (f"| `{word}` | {CLASSIFICATION_TITLES[word]} |" for word in CLASSIFICATIONS)


def _units() -> Iterator[str]:
    yield "## 单位 Units"
    yield ""
    yield "| 记录的单位 of the record | 文件可写 in the file |"
    yield "|---|---|"
    amounts = (f"`type: {name}` {'、'.join(units)}" for name, units in AMOUNT_UNITS.items())
    yield f"| 元 | {'；'.join(amounts)} |"
    yield from (
        f"| {unit} | {'、'.join(f'`unit: {other}`' for other in known)} |" for unit, known in UNITS.items()
    )
