{{ config(materialized='view') }}

-- rule_result: what all rules say, one below the other: one row per subject judged, and per period
-- where it hits.
{% for model in rule_models() %}
select
    '{{ model[:3] | upper }}' as rule_code,
    subject_resident_id,
    aid_household_no,
    division_code,
    first_on,
    last_on,
    outcome,
    amount_yuan,
    evidence
from {{ ref(model) }}
{{ 'union all' if not loop.last }}
{% endfor %}
