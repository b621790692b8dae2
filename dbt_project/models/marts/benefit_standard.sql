-- Standards by division, dated, half-open.
with

closings as (select * from {{ ref('int_closings') }}),

standards as (
    select * from {{ ref('int_benefit_standard_latest') }} as records
    where {{ stands('records') }}
)

select
    division_code,
    standard_code,
    amount_yuan,
    valid_from,
    valid_to
from standards
