-- Standards by division, dated, half-open. Of several senders the one that told last counts.
with

closings as (select * from {{ ref('int_closings') }}),

told as (
    select * from {{ ref('int_benefit_standard_latest') }} as records
    where {{ stands('records') }}
),

standards as (
    {{ distinct_on(['division_code', 'standard_code', 'valid_from'], '*', 'told', told_last()) | indent(4) }}
)

select
    division_code,
    standard_code,
    amount_yuan,
    valid_from,
    valid_to
from standards
