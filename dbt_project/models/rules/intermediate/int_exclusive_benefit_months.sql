-- int_exclusive_benefit_months: for each rule that two benefits exclude each other, the months paid to a person,
-- and whether on both sides: of a pair of benefits, or of a pair of districts. The smaller sum is the one paid
-- without right; a household's money counts by head. A case whose person cannot be resolved has one row.
with

exclusions as (select * from {{ ref('exclusive_benefit') }}),

paid as (select * from {{ ref('benefit_month_person') }}),

households as (select * from {{ ref('aid_household') }}),

paid_months as (
    select
        exclusions.rule_code,
        paid.resident_id,
        paid.name,
        paid.aid_household_no,
        paid.case_no,
        paid.division_code,
        paid.benefit_month,
        coalesce(nullif(exclusions.side, ''), paid.division_code) as side,
        paid.paid_share_yuan,
        paid.sources,
        households.approved_on
    from paid
    inner join exclusions using (benefit_code)
    left join households using (aid_household_no)
),

known as (select * from paid_months where resident_id is not null),

unknown as (select * from paid_months where resident_id is null),

-- Of two households the later one is named.
subjects as (
    {{ distinct_on(
        ['rule_code', 'resident_id'],
        'rule_code, resident_id, aid_household_no, division_code',
        'known',
        ['approved_on desc nulls last', 'benefit_month desc', 'case_no desc', 'division_code']
    ) | indent(4) }}
),

by_side as (
    select
        rule_code,
        resident_id,
        benefit_month,
        side,
        min(case_no) as case_no,
        sum(paid_share_yuan) as side_yuan
    from known
    where side is not null
    group by rule_code, resident_id, benefit_month, side
),

on_both_sides as (
    select
        rule_code,
        resident_id,
        benefit_month,
        min(side) as side,
        max(side) as other_side,
        {{ first_by('case_no', ['side']) }} as case_no,
        {{ first_by('case_no', ['side desc']) }} as other_case_no,
        sum(side_yuan) - max(side_yuan) as amount_yuan
    from by_side
    group by rule_code, resident_id, benefit_month
    having count(*) > 1
),

sources as (
    select
        rule_code,
        resident_id,
        benefit_month,
        {{ json_collect('known.sources', 'known.case_no') }} as sources
    from known
    inner join on_both_sides using (rule_code, resident_id, benefit_month)
    group by rule_code, resident_id, benefit_month
),

-- Whoever is paid on the other side and cannot be resolved may be the same person.
namesakes as (
    select distinct
        known.rule_code,
        known.resident_id
    from known
    inner join unknown using (rule_code, name, benefit_month)
    where known.side <> unknown.side
),

months as (
    select distinct
        rule_code,
        resident_id,
        benefit_month
    from known
)

select
    rule_code,
    resident_id,
    subjects.aid_household_no,
    subjects.division_code,
    months.benefit_month,
    on_both_sides.benefit_month is not null as is_on_both_sides,
    on_both_sides.side,
    on_both_sides.other_side,
    on_both_sides.case_no,
    on_both_sides.other_case_no,
    {{ capped('on_both_sides.amount_yuan') | indent(4) }} as amount_yuan,
    namesakes.resident_id is not null as has_namesake,
    sources.sources
from months
inner join subjects using (rule_code, resident_id)
left join on_both_sides using (rule_code, resident_id, benefit_month)
left join sources using (rule_code, resident_id, benefit_month)
left join namesakes using (rule_code, resident_id)

union all

select
    rule_code,
    null as resident_id,
    max(aid_household_no) as aid_household_no,
    max(division_code) as division_code,
    max(benefit_month) as benefit_month,
    false as is_on_both_sides,
    null as side,
    null as other_side,
    case_no,
    null as other_case_no,
    null as amount_yuan,
    false as has_namesake,
    null as sources
from unknown
group by rule_code, case_no
