-- Aid households (救助家庭) as last declared. A household that is stopped may go on being aided for a time of
-- grace (渐退期): aided until the later of the two days.
with

closings as (select * from {{ ref('int_closings') }}),

households as (
    select
        records.*,
        case when records.stopped_on is not null then greatest(records.stopped_on, records.grace_until) end
            as aided_until
    from {{ ref('int_aid_household_latest') }} as records
    where {{ stands('records') }}
),

members as (
    select
        aid_household_no,
        delivery_id,
        line_number,
        count(*) as member_count
    from {{ ref('stg_aid_household_member') }}
    where is_absent is not true
    group by aid_household_no, delivery_id, line_number
)

select
    households.aid_household_no,
    households.aid_type_code,
    households.urban_rural,
    households.division_code,
    households.applied_on,
    households.approved_on,
    households.stopped_on,
    households.grace_until,
    households.aided_until,
    households.status = '在保'
    and (households.aided_until is null or households.aided_until > {{ business_date() }}) as is_active,
    households.applicant_marital_status,
    households.declared_monthly_income_yuan,
    households.monthly_amount_yuan,
    households.account_no,
    households.authorization_no,
    households.authorized_from,
    households.authorized_to,
    coalesce(members.member_count, 0) as member_count,
    households.delivery_id,
    households.line_number
from households
left join members using (aid_household_no, delivery_id, line_number)
