-- coverage: how many subjects each rule judged, found and could not judge, by division.
with

results as (
    {{ rule_results(['subject_resident_id', 'aid_household_no', 'division_code', 'outcome']) | indent(4) }}
),

subjects as (
    select
        rule_code,
        division_code,
        max(case when outcome = 'hit' then 1 else 0 end) as is_hit,
        max(case when outcome = 'not_assessable' then 1 else 0 end) as is_not_assessable,
        -- Several periods of one subject are one subject; unresolved subjects count line by line.
        case when subject_resident_id is null and aid_household_no is null then count(*) else 1 end as subject_count
    from results
    group by rule_code, division_code, subject_resident_id, aid_household_no
)

select
    rule_code,
    division_code,
    (sum(subject_count * (1 - is_not_assessable)))::bigint as assessed,
    (sum(subject_count * is_hit))::bigint as hits,
    (sum(subject_count * is_not_assessable))::bigint as not_assessable
from subjects
group by rule_code, division_code
