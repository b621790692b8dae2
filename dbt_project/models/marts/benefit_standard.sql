-- Standards by division, dated, half-open.
with

stg_deliveries as (select * from {{ ref('stg_deliveries') }}),

standards as (
    select * from {{ ref('int_benefit_standards_latest') }} as records
    where {{ stands('records', 'benefit_standard') }}
)

select
    division_code,
    standard_code,
    amount_yuan,
    valid_from,
    valid_to
from standards
