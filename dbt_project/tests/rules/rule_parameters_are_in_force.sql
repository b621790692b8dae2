-- Every parameter has a value on the business date: without one its rule would fall silent.
select
    rule_code,
    parameter
from {{ ref('rule_parameter') }}
group by rule_code, parameter
having
    sum(
        case
            when
                valid_from <= {{ business_date() }}
                and coalesce(valid_to, 'infinity') > {{ business_date() }}
                then 1
            else 0
        end
    ) <> 1
