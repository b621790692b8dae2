"""Texts derived from the contracts and the canonical records: the dbt source, what dbt knows of the records,
and the dictionaries.

Those of the example bureau are committed; ``minzheng sync`` writes them and ``minzheng sync --check`` compares.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ingestion.bureau import shown
from ingestion.contract import Column, Contract
from ingestion.input_views import LINEAGE, SCHEMA, SENT, SENT_COLUMNS, SENT_TITLE, record_comment
from ingestion.layout import PARSED_APART
from ingestion.privacy import privacy_page
from ingestion.processing import processing_page
from ingestion.raw_table import column_comment
from ingestion.records import POSTGRES_TYPES, CanonicalRecord, Person, canonical_records
from ingestion.type_guide import TYPES, type_guide

SOURCES = Path("dbt_project/models/staging/_sources.yml")
RECORD_MACRO = Path("dbt_project/macros/canonical_records.sql")
ASKED_FOR_FUNCTION = Path("warehouse/code/verification/asked_for.sql")
DICTIONARY = Path("docs/data_dictionary.md")
PRIVACY = Path("docs/privacy.md")
PROCESSING = Path("docs/processing.md")
RECORD_DICTIONARY = Path("docs/records.md")
TYPE_GUIDE = Path("docs/column_types.md")

RECORD_NOTICE = "Derived from ingestion/canonical by `minzheng sync`; do not edit."
NOTICE = "Derived from the contracts by `minzheng sync`; do not edit."
SENSITIVITY_TITLES = {
    "none": "", "identity": "身份", "name": "姓名", "account": "账号", "contact": "联系方式",
    "address": "住址", "birth": "出生日期", "health": "健康", "income": "收入",
}  # fmt: skip
# Where a record is known by what several columns together, or one cleaned otherwise, say.
KEYS_OF_MODELS = {
    "population": ("register_no",),
    "real_estate": ("unit_no", "stated_id_number"),
    "social_insurance": ("stated_id_number", "insurance_type", "status", "insured_month"),
    "bank_deposit": ("query_no", "stated_id_number", "bank", "account_key"),
}
# Where records of several keys replace one another: what has news is worked out anew together.
REPLACED_BY = {"bank_deposit": ("stated_id_number", "bank")}
MODE_TITLES = {"full": "全量", "delta": "变更"}
TYPE_TITLES = {name: described.title for name, described in TYPES.items()}


def of_records() -> dict[Path, str]:
    """Path (relative to the project) to text of every file derived from the canonical records alone."""
    return {
        SOURCES: dbt_sources(),
        RECORD_MACRO: record_macro(),
        TYPE_GUIDE: type_guide(),
        ASKED_FOR_FUNCTION: asked_for_function(),
    }


def of_contracts(contracts: Mapping[str, Contract]) -> dict[Path, str]:
    """The same of those that say what a bureau's contracts do."""
    described = list(contracts.values())
    return {
        DICTIONARY: data_dictionary(described),
        RECORD_DICTIONARY: record_dictionary(described),
        PRIVACY: privacy_page(described),
        PROCESSING: processing_page(described),
    }


def dbt_sources() -> str:
    """The dbt source ``input``: a view per record, Chinese descriptions, the sensitivity of each column."""
    document = {
        "sources": [
            {
                "name": "input",
                "description": "各来源按统一记录给出的内容，每类记录一个视图（由契约生成）",
                "schema": SCHEMA,
                "tables": [*map(_dbt_table, canonical_records().values()), _sent_table()],
            }
        ]
    }
    body = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
    return f"# {RECORD_NOTICE}\n{body}"


def _dbt_table(record: CanonicalRecord) -> dict[str, Any]:
    beside = [
        {"name": name, "description": text, "data_type": definition}
        for name, (definition, text) in LINEAGE.items()
    ]
    return {
        "name": record.name,
        "description": f"{record.title}：{record.description}",
        "config": {"meta": {"key": list(record.key)}},
        "columns": [
            *beside,
            *(
                {
                    "name": column.name,
                    "description": record_comment(column),
                    "data_type": POSTGRES_TYPES[column.type],
                    "config": {"meta": {"sensitivity": column.sensitivity}},
                }
                for column in record.columns
            ),
        ],
    }


def _sent_table() -> dict[str, Any]:
    return {
        "name": SENT,
        "description": SENT_TITLE,
        "columns": [
            {"name": name, "description": text, "data_type": definition}
            for name, (definition, text) in SENT_COLUMNS.items()
        ],
    }


def record_macro() -> str:
    """What dbt knows of the records: their models, their keys, the days on which they change, whom they name."""
    records = canonical_records().values()
    texts = ",\n    ".join(_record_literal(record) for record in records)
    return (
        f"{{# {RECORD_NOTICE} #}}\n{{% macro canonical_records() -%}}\n{{{{ return([\n    {texts}\n]) }}}}\n"
        "{%- endmacro %}\n"
    )


def _record_literal(record: CanonicalRecord) -> str:
    key = KEYS_OF_MODELS.get(record.name, record.key)
    return repr(
        {
            "name": record.name,
            "staged": f"stg_{record.name}",
            "latest": None if record.part_of else f"int_{record.name}_latest",
            "part_of": record.part_of,
            "key": list(key),
            "news_by": list(REPLACED_BY.get(record.name, key)),
            "days": list(record.days),
            "persons": [_person_literal(record, person) for person in record.persons],
        }
    ).replace("None", "none")


def _person_literal(record: CanonicalRecord, person: Person) -> dict[str, Any]:
    """Expressions over the staged record, as int_person_mentions reads them."""
    prefix = person.id_number.removesuffix("id_number")
    sex = f"{prefix}sex_code" if person.sex else "null"
    return {
        "record": record.kind,
        "staged": f"stg_{record.name}",
        "role": person.role,
        "prefix": prefix,
        "sex_code": sex if person.sex_value is None else f"'{person.sex_value}'",
        "born_on": person.born_on or "null::date",
        "case_no": _filled(person.case),
        "group_no": _filled(person.group) if person.group else "null",
        "phone": person.phone or "null",
        "account_no": person.account or "null",
        "address": person.address or "null",
    }


def _filled(template: str) -> str:
    """``aid:{case_no}`` as SQL; null where a column is."""
    parts = re.split(r"\{(\w+)\}", template)
    terms = [part if number % 2 else f"'{part}'" for number, part in enumerate(parts) if part]
    return " || ".join(terms)


def asked_for_function() -> str:
    """The SQL function that says what verification asks a kind of record for."""
    cases = "".join(
        f"    when '{record.name}' then '{record.asked_for}'\n"
        for record in canonical_records().values()
        if record.asked_for
    )
    return (
        f"-- {RECORD_NOTICE}\n\n"
        "-- What a kind of record is asked for: income, property, another fact. Null: it is not looked into.\n"
        "create or replace function verification.asked_for(feed text) returns text\n"
        "language sql immutable parallel safe\n"
        f"return case $1\n{cases}end;\n"
    )


def record_dictionary(contracts: list[Contract]) -> str:
    """One Markdown section per record: what it is, every column, who fills it, what is lost without a column."""
    lines = [f"<!-- {RECORD_NOTICE} -->", "# 统一记录 Canonical records", ""]
    for record in canonical_records().values():
        senders = [c.feed for c in contracts if any(b.record == record for b in c.bindings)]
        part = f"；`{record.part_of}` 的一部分" if record.part_of else ""
        lines += [
            f"## {record.title} `input.{record.name}`",
            "",
            f"{record.description}。主键：{'、'.join(f'`{name}`' for name in record.key)}{part}。"
            f"示例局的来源：{'、'.join(f'`{feed}`' for feed in senders) or '无'}。",
            "",
            "| 列 | 名称 | 类型 | 必须对应 | 敏感 | 不送则不能判断 | 说明 |",
            "|---|---|---|---|---|---|---|",
        ]
        for column in record.columns:
            cells = [
                f"`{column.name}`",
                column.title,
                TYPE_TITLES[column.type] + (f"（{column.unit}）" if column.unit else ""),
                "是" if column.is_required else "",
                SENSITIVITY_TITLES[column.sensitivity],
                "、".join(column.loses) + (f"（或由 `{column.told_by}` 给出）" if column.told_by else ""),
                "；".join(
                    part
                    for part in (
                        column.blank and f"空为{column.blank}",
                        column.range and str(column.range),
                        column.description,
                        "、".join(column.codes),
                    )
                    if part
                ),
            ]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


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
        yield f"- 变更：{_titled(contract, contract.operation.column)}{order}"
    if contract.control_total:
        yield f"- 控制总额：{_titled(contract, contract.control_total)}"
    roles = dict.fromkeys(
        f"{person.role}1..n" if binding.each else person.role
        for binding in contract.bindings
        for person in binding.record.persons
        if person.id_number in binding.values
    )
    if roles:
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
