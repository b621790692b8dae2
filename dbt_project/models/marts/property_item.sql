{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_lines', 'touched_on': {'delivery_id': 'delivery_id', 'line_number': 'line_number'}},
    indexes=[
        {'columns': ['delivery_id', 'line_number']}, {'columns': ['resident_id']},
        published_key(['property_kind', 'item_no', 'detail', 'delivery_id', 'line_number', 'resident_id'])
    ]
) }}

-- Property by person: vehicles, real estate, companies and shares in them. Deposits (deposit) have their
-- place in the contract and their limit among the parameters, but no feed delivers them.
with

closings as (select * from {{ ref('int_closings') }}),

{% for name, latest in [
    ('vehicles', 'int_vehicle_latest'),
    ('real_estate', 'int_real_estate_latest'),
    ('companies', 'int_company_latest'),
] -%}
{{ name }} as (
    select records.*
    from {{ ref(latest) }} as records
    {{ only_touched_lines(ref('int_touched_lines'), 'records') }}
    where {{ stands('records') }}
){{ ',' if not loop.last }}

{% endfor -%}

select
    owners.resident_id,
    vehicles.owner_name,
    'vehicle' as property_kind,
    vehicles.plate_no as item_no,
    clean.mask_id_numbers_in(vehicles.vehicle_type) as detail,
    vehicles.assessed_yuan as value_yuan,
    1::numeric(9, 6) as share,
    vehicles.status,
    vehicles.status = '正常' as is_in_force,
    vehicles.registered_on as acquired_on,
    'vehicle' as feed,
    vehicles.delivery_id,
    vehicles.line_number
from vehicles
left join {{ ref('person_mention') }} as owners
    on {{ is_named_in('owners', 'vehicles', 'owner') }}

union all

select
    owners.resident_id,
    real_estate.owner_name,
    case real_estate.usage when '住宅' then 'dwelling' else 'other_real_estate' end as property_kind,
    real_estate.unit_no as item_no,
    clean.mask_id_numbers_in(real_estate.usage) as detail,
    null::numeric(14, 2) as value_yuan,
    real_estate.share::numeric(9, 6) as share,
    real_estate.status,
    real_estate.status in ('有效', '现势') as is_in_force,
    real_estate.registered_on as acquired_on,
    'real_estate' as feed,
    real_estate.delivery_id,
    real_estate.line_number
from real_estate
left join {{ ref('person_mention') }} as owners
    on {{ is_named_in('owners', 'real_estate', 'owner') }}

union all

select
    persons.resident_id,
    officers.name as owner_name,
    'company_role' as property_kind,
    companies.company_no as item_no,
    clean.mask_id_numbers_in(officers.officer_role) as detail,
    round(companies.registered_capital_yuan * officers.capital_share, 2)::numeric(14, 2) as value_yuan,
    officers.capital_share::numeric(9, 6) as share,
    companies.registration_status as status,
    companies.registration_status in ('存续', '在营', '开业') as is_in_force,
    companies.established_on as acquired_on,
    'company' as feed,
    companies.delivery_id,
    companies.line_number
from companies
inner join {{ ref('stg_company_officer') }} as officers using (company_no, delivery_id, line_number)
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'officers', 'officer', 'officer_no') }}
where officers.is_absent is not true
