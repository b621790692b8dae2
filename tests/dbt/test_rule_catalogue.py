"""Catalogue, models, parameters and unit tests of the rules hold together. Needs no database."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.records import canonical_records
from warehouse.derived.handbook import handbook

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
RULES = PROJECT / "models" / "rules"
PARAMETER_USED = re.compile(r"rule_parameter\(\s*'([\w*]+)', '(\w+)'")
LONGEST_NAME = 63  # PostgreSQL cuts longer names, and dbt refuses them


def read_seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "rules" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def active_models() -> list[str]:
    rules = [rule for rule in read_seed("anomaly_rule") if rule["status"] == "active"]
    return [f"{rule['rule_code'].lower()}_{rule['slug']}" for rule in rules]


@cache
def properties() -> list[dict[str, Any]]:
    """The parsed property files beside the rules."""
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(RULES.glob("*.yml"))]


@cache
def unit_tests() -> list[dict[str, Any]]:
    return [test for file in properties() for test in file.get("unit_tests", [])]


def outcomes(test: dict[str, Any]) -> set[str]:
    return {row["outcome"] for row in test["expect"]["rows"] if "outcome" in row}


def test_every_active_rule_has_one_model_and_every_model_a_rule() -> None:
    files = {path.stem for path in RULES.glob("[a-z][0-9][0-9]_*.sql")}
    described = {model["name"] for file in properties() for model in file.get("models", [])}
    union = (RULES / "rule_result.sql").read_text(encoding="utf-8")
    united = re.findall(
        r"^    select '\w+' as rule_code, \* from \{\{ ref\('(\w+)'\) \}\}$", union, re.MULTILINE
    )
    assert files == set(active_models())
    assert described == {*active_models(), "rule_result", "rule_precision", "finding", "coverage"}
    assert united == active_models()


@pytest.mark.parametrize("model", active_models())
def test_every_active_rule_proves_a_hit_a_near_miss_and_what_it_cannot_judge(model: str) -> None:
    proven = [outcomes(test) for test in unit_tests() if test["model"] == model]
    assert any("hit" in seen for seen in proven), "no unit test in which the rule hits"
    assert any("clear" in seen and "hit" not in seen for seen in proven), (
        "no near miss that stays clear: it needs a unit test of its own, in which nothing hits"
    )
    assert any("not_assessable" in seen for seen in proven), "no unit test with missing data"


def test_unit_tests_are_named_after_the_model_and_what_they_state() -> None:
    for test in unit_tests():
        model, _, statement = test["name"].partition("__")
        assert model == test["model"], test["name"]
        assert statement, test["name"]
        assert len(test["name"]) <= LONGEST_NAME, test["name"]


def test_the_handbook_calls_neither_a_hit_nor_a_near_miss_what_is_told_apart() -> None:
    sections = dict(
        re.findall(r"(?ms)^## ([A-G]\d\d) (.*?)(?=^<a id|\Z)", handbook(read_seed("rule_parameter")))
    )
    shown = {
        rule: dict(re.findall(r"(?m)^- \*\*\S+ ([\w ,]+) \(tested\)\*\*：(.*)$", text))
        for rule, text in sections.items()
    }
    assert "married the same person again" in shown["C02"]["Near misses"]
    assert "an officer of the same name" in shown["D01"]["Told apart, several outcomes"]
    assert "a namesake under another case" in shown["E06"]["Told apart, several outcomes"]
    assert "on the last of 365 days" in shown["C02"]["Hits"]


def test_every_parameter_used_is_in_the_seed_and_the_reverse() -> None:
    # A parameter that is not there would be null, and its rule would fall silent.
    used = {
        (code.upper(), parameter)
        for path in (
            *PROJECT.glob("models/**/*.sql"),
            *PROJECT.glob("macros/*.sql"),
            *PROJECT.parent.glob("warehouse/**/*.py"),
            *PROJECT.parent.glob("warehouse/**/*.sql"),
        )
        for code, parameter in PARAMETER_USED.findall(path.read_text(encoding="utf-8"))
    }
    assert used == {(row["rule_code"], row["parameter"]) for row in read_seed("rule_parameter")}


def test_a_rule_uses_its_own_parameters_only() -> None:
    for model in active_models():
        text = (RULES / f"{model}.sql").read_text(encoding="utf-8")
        assert {code for code, _ in PARAMETER_USED.findall(text)} <= {model[:3]}, model


# How rules end, and what is said of all of them.
ENDS = (PROJECT / "macros" / "outcome.sql", PROJECT / "macros" / "benefits.sql", RULES / "rule_result.sql")


def dictionaries(text: str) -> Iterator[str]:
    """What a rule hands to `evidence` and to the macros that end it."""
    opened = re.compile(r"(?:\b(?:facts|unknown|named|doubts)\s*=|\bevidence\(|\bupdate\([^{]*)\s*(?=\{)")
    for start in (found.end() for found in opened.finditer(text)):
        depth = 0
        for end in range(start, len(text)):
            depth += (text[end] == "{") - (text[end] == "}")
            if not depth:
                yield text[start:end]
                break


def test_every_fact_a_rule_writes_has_a_title_and_every_title_a_fact() -> None:
    written = {
        fact
        for path in (
            *(RULES / f"{model}.sql" for model in active_models()),
            *ENDS,
        )
        for dictionary in dictionaries(path.read_text(encoding="utf-8"))
        for fact in re.findall(r"'(\w+)'\s*:", dictionary)
    }
    proven = {
        fact
        for path in RULES.glob("*.yml")
        for facts in re.findall(r'"facts": \{(.*?)\}', path.read_text(encoding="utf-8"))
        for fact in re.findall(r'"(\w+)":', facts)
    } - {"feed", "delivery_id", "line_number", "position"}  # within a line that is a fact
    assert len(proven) > 50
    assert proven <= written
    assert written == {row["fact"] for row in read_seed("finding_fact")}


def test_every_reason_why_a_rule_cannot_judge_has_a_title() -> None:
    given = {
        reason
        for path in (
            *(RULES / f"{model}.sql" for model in active_models()),
            *ENDS,
        )
        for reason in re.findall(
            r"(?:(?:then|else|'reason':) \"?|^)'([a-z]+_[a-z_]+):?'",
            path.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    assert given - {"not_assessable"} == {row["reason"] for row in read_seed("not_assessable_reason")}


def test_what_a_column_loses_is_a_rule_or_a_mart() -> None:
    marts = {path.stem for path in (PROJECT / "models" / "marts").glob("*.sql")}
    known = {rule["rule_code"] for rule in read_seed("anomaly_rule")} | marts
    lost = {
        (record.name, column.name, name)
        for record in canonical_records().values()
        for column in record.columns
        for name in column.loses
    }
    assert lost
    assert {row for row in lost if row[2] not in known} == set()


def test_where_a_record_is_found_again_is_a_mart() -> None:
    marts = {path.stem for path in (PROJECT / "models" / "marts").glob("*.sql")}
    named = {record.mart for record in canonical_records().values() if record.mart}
    assert named <= marts
    asked_for = {(record.mart, record.asked_for) for record in canonical_records().values()}
    held = {pair for pair in asked_for if pair[0] in ("income_item", "property_item")}
    assert held == {("income_item", "income"), ("property_item", "property")}
    told_by = {column.told_by for record in canonical_records().values() for column in record.columns}
    assert told_by - {None} <= set(canonical_records())
