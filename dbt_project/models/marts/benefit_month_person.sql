{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_cases', 'touched_on': {'case_no': 'case_no'}},
    indexes=[
        {'columns': ['case_no']}, {'columns': ['resident_id']},
        published_key(['case_no', 'benefit_code', 'benefit_month', 'resident_id'])
    ]
) }}

-- Paid months by person: what the whole household was paid, and the person's share of it, which adds up to the
-- household's to the cent. A household's month covers each covered member who had joined it and not left it;
-- a month after the household was stopped still covers them, and one before it was approved those it began with:
-- the money went out. What was paid and covers nobody known is a row of nobody, so that no money is lost.
with

months as (
    select months.*
    from {{ ref('benefit_month') }} as months
    {{ only_touched(ref('int_touched_cases'), 'months', {'case_no': 'case_no'}) }}
    where months.is_paid
),

households as (select * from {{ ref('aid_household') }}),

members as (
    select
        *,
        coalesce(valid_from = min(valid_from) over (partition by aid_household_no), true) as is_of_beginning
    from {{ ref('aid_household_member') }}
    where is_covered is not false
),

entitlements as (select * from {{ ref('entitlement') }}),

by_member as (
    select
        members.resident_id,
        members.name,
        months.*
    from months
    inner join households on months.aid_household_no = households.aid_household_no
    left join members
        on months.aid_household_no = members.aid_household_no
        -- Who joined a household after the month or after the money had gone out is not whom it was for.
        and (
            members.is_of_beginning
            or (
                members.valid_from < months.benefit_month + interval '1 month'
                and coalesce(members.valid_from <= months.last_paid_on, true)
            )
        )
        and (
            members.valid_to is null
            or members.valid_to > months.benefit_month
            or members.valid_to >= households.aided_until
        )
),

by_entitled as (
    select
        -- Of a case not on file only the payee is told. Of one on file whose person cannot be resolved the payee may be
        -- a child, a carer or a guardian.
        case
            when entitlements.entitlement_no is null then months.payee_resident_id else entitlements.resident_id
        end as resident_id,
        case when entitlements.entitlement_no is null then months.payee_name else entitlements.name end as name,
        months.*
    from months
    left join entitlements on months.entitlement_no = entitlements.entitlement_no
    where months.aid_household_no is null
),

covered as (
    select * from by_member
    union all
    select * from by_entitled
),

shared as (
    select
        *,
        row_number() over (
            partition by case_no, benefit_code, benefit_month order by resident_id nulls last, name nulls last
        ) as place,
        count(*) over (partition by case_no, benefit_code, benefit_month) as head_count
    from covered
)

select
    resident_id,
    name,
    benefit_code,
    benefit_month,
    case_no,
    aid_household_no,
    division_code,
    paid_yuan as household_paid_yuan,
    (
        round(paid_yuan * place / head_count, 2) - round(paid_yuan * (place - 1) / head_count, 2)
    )::numeric(14, 2) as paid_share_yuan,
    sources
from shared
