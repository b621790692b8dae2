"""Texts derived from the contracts: the dbt sources and the data dictionary.

Those of the example bureau are committed; ``minzheng sync`` writes them and ``minzheng sync --check`` compares.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ingestion.bureau import shown
from ingestion.contract import Column, Contract, load_contracts
from ingestion.layout import PARSED_APART
from ingestion.raw_table import ADDITIONS, column_comment, system_columns

SOURCES = Path("dbt_project/models/staging/_sources.yml")
DICTIONARY = Path("docs/data_dictionary.md")

NOTICE = "Derived from the contracts by `minzheng sync`; do not edit."
SENSITIVITY_TITLES = {
    "none": "", "identity": "身份", "name": "姓名", "account": "账号", "contact": "联系方式",
    "address": "住址", "birth": "出生日期", "health": "健康", "income": "收入",
}  # fmt: skip
MODE_TITLES = {"full": "全量", "delta": "变更"}
TYPE_TITLES = {
    "text": "文本", "code": "代码", "date": "日期", "month": "月份", "instant": "时间", "yuan": "金额",
    "wan_yuan": "金额（万元）", "number": "数值", "share": "份额", "id_number": "公民身份号码",
    "name": "姓名", "nested": "列表", "end_date": "日期或长期", "identifier": "编号", "account": "账号",
    "division": "行政区划",
}  # fmt: skip


def derived_files(contracts: Mapping[str, Contract] | None = None) -> dict[Path, str]:
    """Path (relative to the project) to text of every file derived from the contracts."""
    described = list((contracts or load_contracts()).values())
    return {SOURCES: dbt_sources(described), DICTIONARY: data_dictionary(described)}


def dbt_sources(contracts: list[Contract]) -> str:
    """The dbt source ``raw``: a table per feed, Chinese descriptions, the sensitivity of each column."""
    document = {
        "sources": [
            {
                "name": "raw",
                "description": "各来源的交付，原样（文本），只追加",
                "schema": "raw",
                "tables": [_dbt_table(contract) for contract in contracts],
            }
        ]
    }
    body = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
    return f"# {NOTICE}\n{body}"


def _dbt_table(contract: Contract) -> dict[str, Any]:
    beside = [
        {
            "name": name,
            "description": text,
            "data_type": definition.removesuffix(" not null"),
            **({"config": {"meta": {"sensitivity": "identity"}}} if name in ADDITIONS else {}),
        }
        for name, (definition, text) in system_columns(contract).items()
    ]
    return {
        "name": contract.feed,
        "description": f"{contract.title}：{contract.purpose}。{contract.limitations}".rstrip("。"),
        "config": {"meta": {"system": contract.system, "owner": contract.owner, "key": list(contract.key)}},
        "columns": [*map(_dbt_column, contract.columns), *beside],
    }


def _dbt_column(column: Column) -> dict[str, Any]:
    meta: dict[str, Any] = {"header": column.header, "sensitivity": column.classification}
    if column.items:
        meta["items"] = {item.name: item.classification for item in column.items}
    return {
        "name": column.name,
        "description": column_comment(column),
        "data_type": "text",
        "config": {"meta": meta},
    }


def data_dictionary(contracts: list[Contract]) -> str:
    """One Markdown section per feed: what it is, how it comes, every column."""
    lines = [f"<!-- {NOTICE} -->", "# 数据字典 Data dictionary", ""]
    lines += ["| 来源 | 表 | 名称 | 提供单位 |", "|---|---|---|---|"]
    lines += [f"| {c.system} | [raw.{c.feed}](#{c.feed}) | {c.title} | {c.owner} |" for c in contracts]
    for contract in contracts:
        lines += ["", *_section(contract)]
    return "\n".join(lines) + "\n"


def _section(contract: Contract) -> Iterator[str]:
    layout = contract.file
    form: list[str] = [layout.format]
    if layout.format not in PARSED_APART:
        form.append(layout.encoding)
    if layout.sheet is not None:
        form.append(f"工作表 {layout.sheet}")
    if layout.delimiter:
        form.append(f"分隔符 `{layout.delimiter}`")
    yield f'## <a id="{contract.feed}"></a>{contract.title} `raw.{contract.feed}`'
    yield ""
    yield f"{contract.purpose}。"
    yield ""
    yield f"- 局限：{contract.limitations}"
    yield f"- 提供单位：{contract.owner}；契约：`{shown(contract.path)}` {contract.version}"
    yield f"- 文件：`{contract.location}`（{'，'.join(form)}）"
    for kind in contract.files:
        yield f"  - `{kind.pattern.text}`：{MODE_TITLES[kind.mode]}"
    yield f"- 业务键：{'、'.join(_titled(contract, name) for name in contract.key)}"
    if contract.operation:
        order = f"，以{_titled(contract, contract.updated_at)}最新者为准" if contract.updated_at else ""
        yield f"- 变更：{_titled(contract, contract.operation)}{order}"
    if contract.control_total:
        yield f"- 控制总额：{_titled(contract, contract.control_total)}"
    if contract.persons:
        roles = [f"{person.role}1..n" if person.list else person.role for person in contract.persons]
        yield f"- 提及的人：{'、'.join(f'`{role}`' for role in roles)}"
    yield ""
    yield "| 列 | 表头 | 类型 | 必填 | 敏感 | 说明 |"
    yield "|---|---|---|---|---|---|"
    for column in contract.columns:
        yield _row(column)
        for item in column.items:
            yield _row(item, f"{column.name}[].")


def _titled(contract: Contract, name: str) -> str:
    return f"{contract.column(name).title} `{name}`"


def _row(column: Column, prefix: str = "") -> str:
    remarks = [column_comment(column)]
    if column.code_list:
        remarks.append(column.code_list)
    if column.codes:
        pairs = column.codes.items()
        remarks.append("，".join(code if code == label else f"{code} {label}" for code, label in pairs))
    cells = [
        f"`{prefix}{column.name}`",
        column.header,
        TYPE_TITLES[column.type],
        "是" if column.required else "",
        SENSITIVITY_TITLES[column.classification],
        "；".join(remarks),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
