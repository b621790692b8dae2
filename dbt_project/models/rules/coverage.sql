-- coverage: how many subjects each rule judged, found and could not judge, by division.
with

results as (select * from {{ ref('rule_result') }}),

-- Several periods of one subject are one subject; those who cannot be judged may be unknown,
-- and then every line is somebody else.
subjects as (
    select
        rule_code,
        division_code,
        outcome,
        case
            when outcome = 'not_assessable' or (subject_resident_id is null and aid_household_no is null)
                then count(*)
            else 1
        end as subject_count
    from results
    group by rule_code, division_code, outcome, subject_resident_id, aid_household_no
)

select
    rule_code,
    division_code,
    coalesce(sum(case when outcome <> 'not_assessable' then subject_count end), 0)::bigint as assessed,
    coalesce(sum(case when outcome = 'hit' then subject_count end), 0)::bigint as hits,
    coalesce(sum(case when outcome = 'not_assessable' then subject_count end), 0)::bigint as not_assessable
from subjects
group by rule_code, division_code
