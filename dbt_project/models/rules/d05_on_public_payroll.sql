-- D05: an active dibao member is paid from the public purse in the latest month known.
with

members as (
    {{ active_dibao_members() }}
),

income_items as (
    select * from {{ ref('income_item') }}
    where income_month <= {{ business_date() }}
),

latest_month as ({{ latest_income_month('income_items') }}),

payroll as (
    select income_items.*
    from income_items
    inner join latest_month using (income_month)
    where income_items.is_public_payroll
),

found as (
    select
        members.aid_household_no,
        members.resident_id,
        max(payroll.income_month) as income_month,
        {{ json_collect(source_line('payroll', "'social_insurance'"), 'payroll.line_number') }} as sources
    from members
    inner join payroll using (resident_id)
    group by members.aid_household_no, members.resident_id
),

judged as (
    select
        members.*,
        found.income_month,
        found.sources,
        {{ why_not_assessable('members.resident_id', ['aid_household', 'social_insurance']) }} as reason
    from members
    left join found using (aid_household_no, resident_id)
)

select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    case when income_month is not null then approved_on end as first_on,
    null::date as last_on,
    {{ outcome('income_month is not null', 'reason') }} as outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when income_month is not null then {{ evidence({
            'income_month': 'income_month',
        }, [source_line(none, "'aid_household'"), 'sources']) }}
        when reason is not null then {{ evidence({
            'reason': 'reason',
            'member_no': 'case when resident_id is null then member_no end',
        }, [source_line(none, "'aid_household'")]) }}
    end as evidence
from judged
