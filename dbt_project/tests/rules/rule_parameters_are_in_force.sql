-- Every parameter has one value for the country on the business date: without one its rule would
-- fall silent.
select
    rule_code,
    parameter
from {{ ref('rule_parameter') }}
group by rule_code, parameter
having
    sum(
        case
            when
                division_code = '000000'
                and valid_from <= {{ business_date() }}
                and coalesce(valid_to, 'infinity') > {{ business_date() }}
                then 1
            else 0
        end
    ) <> 1
