{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_lines', 'touched_on': {'delivery_id': 'delivery_id', 'line_number': 'line_number'}},
    indexes=[
        {'columns': ['delivery_id', 'line_number']}, {'columns': ['resident_id']},
        published_key(['delivery_id', 'line_number', 'income_kind', 'income_month', 'resident_id'])
    ]
) }}

-- Income by person, month and source: the contribution base of those in work, pensions and other
-- transfers drawn, what other offices tell of, spread over the months it is for, and what the person declared.
-- Whether it counts is decided per household, by parameters (household_means_item). Social assistance is in
-- benefit_month_person.
with

closings as (select * from {{ ref('int_closings') }}),

insurance as (
    select records.*
    from {{ ref('int_social_insurance_latest') }} as records
    {{ only_touched_lines(ref('int_touched_lines'), 'records') }}
    where
        {{ stands('records') }}
        and records.status in ('在缴', '领取')
),

told as (
    select
        persons.resident_id,
        case
            when sources.insurance_type is not null then nullif(sources.income_kind, '')
            when insurance.status = '在缴' then 'wage'
            else 'pension'
        end as income_kind,
        insurance.*,
        case insurance.status
            when '在缴' then insurance.contribution_base_yuan
            else insurance.benefit_yuan
        end as amount_yuan
    from insurance
    left join {{ ref('income_source') }} as sources using (insurance_type, status)
    left join {{ ref('person_mention') }} as persons
        on {{ is_named_in('persons', 'insurance', 'person') }}
),

incomes_told as (
    select * from told
    where income_kind is not null
),

-- One job is reported once for each branch of insurance: its highest base is the wage.
verified as (
    {{ distinct_on(
        ['resident_id', 'stated_id_number', 'insured_month', 'income_kind', "coalesce(employer_name, '')",
         "case when status = '领取' then insurance_type end"],
        '*',
        'incomes_told',
        ['amount_yuan desc nulls last', 'delivery_id', 'line_number']
    ) | indent(4) }}
),

records as (
    select records.*
    from {{ ref('int_income_record_latest') }} as records
    {{ only_touched_lines(ref('int_touched_lines'), 'records') }}
    where {{ stands('records') }}
),

declared as (
    select members.*
    from {{ ref('aid_household_member') }} as members
    inner join {{ ref('aid_household') }} as households using (aid_household_no)
    {{ only_touched_lines(ref('int_touched_lines'), 'members') }}
    where households.is_active and members.declared_income_yuan is not null
)

select
    resident_id,
    name,
    income_kind,
    insurance_type,
    insured_month as income_month,
    amount_yuan,
    is_public_payroll,
    insured_month as valid_from,
    (insured_month + interval '1 month')::date as valid_to,
    'social_insurance' as feed,
    delivery_id,
    line_number,
    position
from verified

union all

select
    persons.resident_id,
    records.name,
    records.income_kind,
    null::text,
    months.month as income_month,
    round(records.amount_yuan / records.months, 2)::numeric(14, 2),
    null::boolean,
    months.month as valid_from,
    (months.month + interval '1 month')::date,
    'income_record',
    records.delivery_id,
    records.line_number,
    records.position
from records
cross join lateral ({{ months_between(
    "records.income_month - (records.months - 1) * interval '1 month'", 'records.income_month'
) }}) as months
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'records', 'person') }}

union all

select
    resident_id,
    name,
    'declared',
    null::text,
    null::date,
    declared_income_yuan,
    null::boolean,
    valid_from,
    valid_to,
    'aid_household',
    delivery_id,
    line_number,
    member_no
from declared
