-- int_exclusive_benefit_months: for each rule that two benefits exclude each other, the months paid to a person on
-- both sides: of a pair of benefits, or of a pair of districts. Whoever is judged and has none has one row, his or her
-- last month; so has a case whose person cannot be resolved. The smaller sum is the one paid without right; a
-- household's money counts by head.
with

exclusions as (select * from {{ ref('exclusive_benefit') }}),

households as (select * from {{ ref('aid_household') }}),

paid as not materialized (select * from {{ ref('benefit_month_person') }}),

-- What was paid to a person over the months: a few rows, of which most have one side only.
paid_for as (
    select
        exclusions.rule_code,
        spans.resident_id,
        spans.case_no,
        spans.aid_household_no,
        spans.division_code,
        coalesce(nullif(exclusions.side, ''), spans.division_code) as side,
        spans.last_month,
        households.approved_on
    from (
        select
            resident_id,
            benefit_code,
            case_no,
            aid_household_no,
            division_code,
            max(benefit_month) as last_month
        from paid
        group by resident_id, benefit_code, case_no, aid_household_no, division_code
    ) as spans
    inner join exclusions using (benefit_code)
    left join households using (aid_household_no)
),

known as (select * from paid_for where resident_id is not null),

unknown as (select * from paid_for where resident_id is null),

-- Of two households the later one is named.
subjects as (
    {{ distinct_on(
        ['rule_code', 'resident_id'],
        'rule_code, resident_id, aid_household_no, division_code, '
        ~ 'max(last_month) over (partition by rule_code, resident_id) as last_month',
        'known',
        ['approved_on desc nulls last', 'last_month desc', 'case_no desc', 'division_code']
    ) | indent(4) }}
),

on_two_sides as (
    select
        rule_code,
        resident_id
    from known
    group by rule_code, resident_id
    having min(side) <> max(side)
),

their_months as (
    select
        on_two_sides.rule_code,
        paid.resident_id,
        paid.benefit_month,
        paid.case_no,
        coalesce(nullif(exclusions.side, ''), paid.division_code) as side,
        paid.paid_share_yuan,
        paid.sources
    from paid
    inner join exclusions using (benefit_code)
    inner join on_two_sides using (rule_code, resident_id)
),

by_side as (
    select
        rule_code,
        resident_id,
        benefit_month,
        side,
        min(case_no) as case_no,
        sum(paid_share_yuan) as side_yuan
    from their_months
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
        {{ json_collect('their_months.sources', 'their_months.case_no') }} as sources
    from their_months
    inner join on_both_sides using (rule_code, resident_id, benefit_month)
    group by rule_code, resident_id, benefit_month
),

-- Whoever is paid on the other side and cannot be resolved may be the same person.
unknown_months as (
    select
        exclusions.rule_code,
        paid.name,
        paid.benefit_month,
        coalesce(nullif(exclusions.side, ''), paid.division_code) as side
    from paid
    inner join exclusions using (benefit_code)
    where paid.resident_id is null
),

namesakes as (
    select distinct
        exclusions.rule_code,
        paid.resident_id
    from paid
    inner join exclusions using (benefit_code)
    inner join unknown_months using (rule_code, name, benefit_month)
    where
        paid.resident_id is not null
        and coalesce(nullif(exclusions.side, ''), paid.division_code) <> unknown_months.side
)

select
    rule_code,
    resident_id,
    subjects.aid_household_no,
    subjects.division_code,
    coalesce(on_both_sides.benefit_month, subjects.last_month) as benefit_month,
    on_both_sides.benefit_month is not null as is_on_both_sides,
    on_both_sides.side,
    on_both_sides.other_side,
    on_both_sides.case_no,
    on_both_sides.other_case_no,
    {{ capped('on_both_sides.amount_yuan') | indent(4) }} as amount_yuan,
    namesakes.resident_id is not null as has_namesake,
    sources.sources
from subjects
left join on_both_sides using (rule_code, resident_id)
left join sources using (rule_code, resident_id, benefit_month)
left join namesakes using (rule_code, resident_id)

union all

select
    rule_code,
    null as resident_id,
    max(aid_household_no) as aid_household_no,
    max(division_code) as division_code,
    max(last_month) as benefit_month,
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
