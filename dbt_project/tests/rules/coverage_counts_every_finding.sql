-- Coverage and findings tell the same story.
with

counted as (
    select
        rule_code,
        sum(hits) as hits,
        sum(not_assessable) as not_assessable
    from {{ ref('coverage') }}
    group by rule_code
),

found as (
    select
        rule_code,
        count(distinct case
            when outcome = 'hit'
                then concat_ws(
                    '|', subject_resident_id::text, aid_household_no, division_code,
                    case when subject_resident_id is null and aid_household_no is null then finding_id end
                )
        end) as hits,
        count(case when outcome = 'not_assessable' then 1 end) as not_assessable
    from {{ ref('finding') }}
    group by rule_code
)

select
    counted.rule_code,
    counted.hits,
    found.hits as found_hits,
    counted.not_assessable,
    found.not_assessable as found_not_assessable
from counted
left join found using (rule_code)
where
    counted.hits <> coalesce(found.hits, 0)
    or counted.not_assessable <> coalesce(found.not_assessable, 0)
