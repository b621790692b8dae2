-- Aid households (救助家庭) as last declared.
with

closings as (select * from {{ ref('int_closings') }}),

households as (
    select * from {{ ref('int_aid_household_latest') }} as records
    where {{ stands('records') }}
),

members as (
    select delivery_id, line_number, count(*) as member_count
    from {{ ref('stg_aid_household_member') }}
    where is_absent is not true
    group by delivery_id, line_number
)

select
    households.aid_household_no,
    households.aid_type_code,
    households.urban_rural,
    households.division_code,
    households.applied_on,
    households.approved_on,
    households.stopped_on,
    households.status = '在保'
    and (households.stopped_on is null or households.stopped_on > {{ business_date() }}) as is_active,
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
left join members using (delivery_id, line_number)
