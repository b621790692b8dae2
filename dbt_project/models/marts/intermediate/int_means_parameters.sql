-- int_means_parameters: the value of each parameter in force in each division on the business date.
-- What a county does not settle its city does, then the province, then the nation (000000), which also stands
-- for a division nobody knows. What a rule asks for too is laid down once, with the rule.
with

divisions as (
    select distinct {{ division_or_country('division_code') }} as division_code
    from {{ ref('int_households') }}
),

laid_down as (
    select division_code, parameter, value, unit, valid_from, valid_to
    from {{ ref('means_parameter') }}
    union all
    select
        division_code,
        case rule_code when 'D04' then 'counted_share_pension' else parameter end,
        value,
        unit,
        valid_from,
        valid_to
    from {{ ref('rule_parameter') }}
    where
        (rule_code = 'D02' and parameter = 'vehicle_value_limit_yuan')
        or (rule_code = 'D03' and parameter = 'max_dwellings')
        or (rule_code = 'D04' and parameter = 'pension_counted_share')
),

parameters as (
    select * from laid_down
    where {{ is_in_force() }}
),

applying as (
    select
        divisions.division_code,
        parameters.parameter,
        parameters.value::numeric(14, 4) as value,
        parameters.unit,
        parameters.division_code as settled_by
    from divisions
    inner join parameters
        on parameters.division_code in {{ applying_divisions('divisions.division_code') }}
)

{{ distinct_on(
    ['division_code', 'parameter'], '*', 'applying', ['settled_by desc']
) }}
