{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['aid_household_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'aid_household'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(aid_household_no) as aid_household_no,

    -- recognition
    clean.compact(aid_type_code) as aid_type_code,
    {{ code_of('settlement', 'urban_rural') }} as urban_rural,
    left(clean.division(division_code), 6) as division_code,
    clean.date(applied_on) as applied_on,
    clean.date(approved_on) as approved_on,
    {{ end_date('stopped_on') }} as stopped_on,
    clean.compact(status) as status,
    clean.compact(applicant_marital_status) as applicant_marital_status,

    -- money
    clean.yuan(monthly_income)::numeric(14, 2) as declared_monthly_income_yuan,
    clean.yuan(monthly_amount_yuan)::numeric(14, 2) as monthly_amount_yuan,
    clean.account(account_no) as account_no,

    -- authorization
    clean.identifier(authorization_no) as authorization_no,
    clean.date(authorized_from) as authorized_from,
    clean.end_date(authorized_to) as authorized_to,

    members,
    {{ is_revoked('operation') }} as is_revoked,
    clean.instant(updated_at) as updated_at,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('code_value') }} as settlement
    on {{ is_code_of('settlement', 'settlement', 'urban_rural') }}
