-- Standards by division, dated, half-open. Of several senders the one that told last counts.
with

closings as (select * from {{ ref('int_closings') }}),

told as (
    select
        records.*,
        coalesce(former_divisions.successor_code, records.division_code) as counting_code
    from {{ ref('int_benefit_standard_latest') }} as records
    left join {{ ref('stg_former_divisions') }} as former_divisions
        on {{ is_former_division('records.division_code') }}
    where {{ stands('records') }}
),

-- What stands under a former code counts where nothing stands under the one that came after it.
counting as (
    select *
    from (
        select
            *,
            first_value(division_code) over (
                partition by counting_code, standard_code
                order by case when division_code = counting_code then 0 else 1 end, division_code desc
            ) as chosen_code
        from told
    ) as ranked
    where division_code = chosen_code
),

standards as (
    {{ distinct_on(['counting_code', 'standard_code', 'valid_from'], '*', 'counting', told_last()) | indent(4) }}
)

select
    counting_code as division_code,
    standard_code,
    amount_yuan,
    valid_from,
    valid_to
from standards
