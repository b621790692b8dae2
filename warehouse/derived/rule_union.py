"""The model `rule_result`, which unites the rules in force, from the rule catalogue."""

import csv
from collections.abc import Mapping
from textwrap import fill

from warehouse.database.settings import PROJECT_ROOT

PROJECT = PROJECT_ROOT / "dbt_project"
CATALOGUE = PROJECT / "seeds" / "rules" / "anomaly_rule.csv"
TARGET = PROJECT / "models" / "rules" / "rule_result.sql"
MARGIN = " " * 12
HEAD = """{{ config(materialized='view') }}

-- rule_result: what all rules in force say, one below the other: one row per subject judged, and per period
-- where it hits. Where somebody does not send a column that a rule needs, nothing found means nothing, and a hit
-- neither where nobody sends it; where no subject is left to say so, one row without a subject does: whom such a
-- rule would have judged is perhaps what the column says. Written from the catalogue, anomaly_rule.csv
-- (`minzheng sync`); do not edit it.
with

not_sent as (select * from {{ ref('int_not_sent') }}),

told as (
"""
TAIL = """),

blind as (
    select
        told.rule_code,
        told.subject_resident_id,
        told.aid_household_no,
        max(told.division_code) as division_code,
        {{ evidence({'reason': "'column_not_sent'", 'columns_not_sent': 'max(not_sent.columns_zh)'}, []) }} as evidence
    from told
    inner join not_sent using (rule_code)
    where told.outcome = 'clear' or (told.outcome = 'hit' and not not_sent.is_sent_by_some)
    group by told.rule_code, told.subject_resident_id, told.aid_household_no
),

silent as (
    select
        not_sent.rule_code,
        {{ evidence({'reason': "'column_not_sent'", 'columns_not_sent': 'not_sent.columns_zh'}, []) }} as evidence
    from not_sent
    left join blind using (rule_code)
    where
        blind.rule_code is null
        and not_sent.rule_code in (
%s
        )
)

select told.*
from told
left join not_sent on told.rule_code = not_sent.rule_code
where
    not_sent.rule_code is null
    or told.outcome = 'not_assessable'
    or (told.outcome = 'hit' and not_sent.is_sent_by_some)
union all
select
    rule_code,
    subject_resident_id,
    aid_household_no,
    division_code,
    null::date,
    null::date,
    'not_assessable',
    null::numeric(14, 2),
    evidence
from blind
union all
select
    rule_code,
    null::bigint,
    null::text,
    null::text,
    null::date,
    null::date,
    'not_assessable',
    null::numeric(14, 2),
    evidence
from silent
"""


def rule_union(catalogue: str) -> str:
    """The text of the model. catalogue: the text of the seed."""
    rules = [rule for rule in _rules(catalogue) if rule["status"] == "active"]
    united = "    union all\n".join(
        f"    select '{rule['rule_code']}' as rule_code, * from {{{{ ref('{model_of(rule)}') }}}}\n"
        for rule in rules
    )
    # Figures that are no rules may lack a column too.
    codes = fill(
        ", ".join(f"'{rule['rule_code']}'" for rule in rules),
        100,
        initial_indent=MARGIN,
        subsequent_indent=MARGIN,
    )
    return HEAD + united + TAIL.replace("%s", codes)


def rule_codes(catalogue: str) -> list[str]:
    """All of the catalogue, those not in force too, in their order."""
    return sorted(rule["rule_code"] for rule in _rules(catalogue))


def _rules(catalogue: str) -> "csv.DictReader[str]":
    return csv.DictReader(catalogue.splitlines())


def model_of(rule: Mapping[str, str]) -> str:
    """The name of the model of a rule, a row of the catalogue."""
    return f"{rule['rule_code'].lower()}_{rule['slug']}"
