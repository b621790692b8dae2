"""Codes written into the models are those of the lists: of the canonical records, of the seeds that go with them,
or of a mart that adds kinds of its own. A code in no list is one that no line will ever have. Needs no database.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache

import yaml

from ingestion.records import canonical_records
from warehouse.pipeline.dbt import PROJECT

MODELS = PROJECT / "models"
SEEDS = PROJECT / "seeds"
# Where a model keeps the codes of a record under another name.
RENAMED = {
    "category": ("income_kind", "property_kind"),
    "detail": ("officer_role", "vehicle_type", "insurance_type"),
}
# The codes that staging turns those of a record into (code_value), by column.
CODE_LISTS = {"urban_rural": "settlement", "household_type": "settlement", "sex_code": "sex"}
# Marts that add kinds of their own, named in the description of the column.
KINDS_OF_MARTS = {
    "income_item": "income_kind",
    "property_item": "property_kind",
    "household_means_item": "category",
    "statistics_assistance_quarter": "benefit_code",
}
LEDGER = "stg_deliveries"  # its status is a delivery's

LITERAL = r"'(?:[^']|'')*'(?!\s*\|\|)"


def seed(name: str) -> list[dict[str, str]]:
    with next(SEEDS.rglob(f"{name}.csv")).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def described_kinds() -> Iterator[tuple[str, set[str]]]:
    for path in (MODELS / "marts").glob("*.yml"):
        for model in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).get("models", []):
            for column in model.get("columns", []):
                if KINDS_OF_MARTS.get(model["name"]) == column["name"]:
                    yield column["name"], set(re.findall(r"([A-Za-z_]+) [一-鿿]", column["description"]))


@cache
def lists() -> dict[str, dict[str, set[str]]]:
    """Column to list (record, seed or mart) to its codes. Of an open list those that its description names."""
    known: dict[str, dict[str, set[str]]] = {}
    for record in canonical_records().values():
        for column in record.columns:
            if column.type == "code":
                named = column.codes or re.findall(r"[A-Z]\d+", column.description)
                known.setdefault(column.name, {})[record.name] = set(named)
    for column, code_list in CODE_LISTS.items():
        codes = {row["code"] for row in seed("code_value") if row["code_list"] == code_list}
        known[column]["code_value"] = codes
    known["relation_code"]["kinship"] = {row["relation_code"] for row in seed("kinship")}
    known["insurance_type"]["income_source"] = {row["insurance_type"] for row in seed("income_source")}
    for name, others in RENAMED.items():
        known[name] = {
            f"{other} of {where}": codes for other in others for where, codes in known[other].items()
        }
    for column, codes in described_kinds():
        known[column]["mart"] = codes
        if column in RENAMED["category"]:
            known["category"][column] = codes
    return known


def compared(text: str, columns: set[str]) -> Iterator[tuple[str, str]]:
    """Column and code of every comparison: ``=``, ``<>``, ``in``, ``is distinct from``, ``case ... when``."""
    text = re.sub(r"(?m)--.*$", "", text)
    name = rf"(?<![\w']){'(' + '|'.join(sorted(columns)) + ')'}\b"
    single = rf"{name}\s*(?:=|<>|is (?:not )?distinct from)\s*({LITERAL})"
    several = rf"{name}\s*(?:not )?in\s*(\([^()]*\))"
    cases = rf"\bcase\s+(?:\w+\.)?{name}(.*?)\bend\b"
    for pattern, inner in ((single, LITERAL), (several, LITERAL), (cases, r"when\s+('[^']*')")):
        for match in re.finditer(pattern, text, re.DOTALL):
            for literal in re.findall(inner, match[2]):
                yield match[1], literal.strip("'")


def strangers(model: str, text: str) -> set[tuple[str, str, str]]:
    """Model, column and code that stands in no list; where the model reads records, in none of theirs."""
    known = lists()
    read = set(re.findall(r"ref\('(?:int|stg)_(\w+?)(?:_latest)?'\)", text)) | {model.removeprefix("stg_")}
    found = set()
    for column, code in compared(text, set(known)):
        sources = known[column]
        # What is renamed or added by a mart may come from any record.
        near = [
            codes for where, codes in sources.items() if where in read or where not in canonical_records()
        ]
        allowed = set().union(*(near if any(where in read for where in sources) else sources.values()))
        if code not in allowed:
            found.add((model, column, code))
    return found


def test_every_code_in_a_model_stands_in_a_list() -> None:
    found: set[tuple[str, str, str]] = set()
    for path in MODELS.rglob("*.sql"):
        if path.stem != LEDGER:
            found |= strangers(path.stem, path.read_text(encoding="utf-8"))
    assert found == set()


def test_a_code_of_no_list_is_found() -> None:
    text = """
        select case records.status when '在缴' then 1 when '参保' then 2 end -- status = '注释'
        from {{ ref('int_social_insurance_latest') }} as records
        where records.status in ('领取', '有效') or records.status <> '正常' or benefit_code = 'DB_' || zone
            or 'status' = name or items.category is distinct from 'wages'
    """
    assert strangers("some_mart", text) == {
        ("some_mart", "status", "参保"),
        # of other records
        ("some_mart", "status", "有效"),
        ("some_mart", "status", "正常"),
        ("some_mart", "category", "wages"),
    }


def test_the_codes_of_the_models_are_seen() -> None:
    """What is compared in whichever way counts: else the test above would hold of nothing."""
    seen = {
        pair
        for path in MODELS.rglob("*.sql")
        for pair in compared(path.read_text(encoding="utf-8"), set(lists()))
    }
    assert {
        ("event_type", "结婚登记"), ("payment_status", "追回"), ("status", "现势"), ("registration_status", "开业"),
        ("detail", "股东"), ("category", "company_role"), ("income_kind", "declared"),
    } <= seen  # fmt: skip
