-- int_means_parameters: the value of each parameter in force in each division on the business date.
-- What a county does not settle its city does, then the province, then the nation (000000). A code
-- without its trailing zeros is the longer the lower the division.
with

divisions as (
    select distinct division_code
    from {{ ref('int_households') }}
    where division_code is not null
),

parameters as (
    select * from {{ ref('means_parameter') }}
    where valid_from <= {{ business_date() }} and coalesce(valid_to, 'infinity') > {{ business_date() }}
)

{{ distinct_on(
    ['divisions.division_code', 'parameters.parameter'],
    'divisions.division_code, parameters.parameter, parameters.value, parameters.unit,
    parameters.division_code as settled_by',
    "divisions inner join parameters
        on parameters.division_code in (
            divisions.division_code,
            left(divisions.division_code, 4) || '00',
            left(divisions.division_code, 2) || '0000',
            '000000'
        )",
    ["length(rtrim(parameters.division_code, '0')) desc"]
) }}
