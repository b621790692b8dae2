"""The model `rule_result`, which unites the rules in force, from the rule catalogue."""

import csv

from warehouse.database.settings import PROJECT_ROOT

PROJECT = PROJECT_ROOT / "dbt_project"
CATALOGUE = PROJECT / "seeds" / "rules" / "anomaly_rule.csv"
TARGET = PROJECT / "models" / "rules" / "rule_result.sql"
HEAD = """{{ config(materialized='view') }}

-- rule_result: what all rules in force say, one below the other: one row per subject judged, and per period
-- where it hits. Written from the catalogue, anomaly_rule.csv (`minzheng sync`); do not edit it.
"""


def rule_union(catalogue: str) -> str:
    """The text of the model. catalogue: the text of the seed."""
    rules = [rule for rule in _rules(catalogue) if rule["status"] == "active"]
    return HEAD + "union all\n".join(
        f"select '{rule['rule_code']}' as rule_code, * from {{{{ ref('{model_of(rule)}') }}}}\n"
        for rule in rules
    )


def rule_codes(catalogue: str) -> list[str]:
    """All of the catalogue, those not in force too, in their order."""
    return sorted(rule["rule_code"] for rule in _rules(catalogue))


def _rules(catalogue: str) -> "csv.DictReader[str]":
    return csv.DictReader(catalogue.splitlines())


def model_of(rule: dict[str, str]) -> str:
    """The name of the model of a rule, a row of the catalogue."""
    return f"{rule['rule_code'].lower()}_{rule['slug']}"
