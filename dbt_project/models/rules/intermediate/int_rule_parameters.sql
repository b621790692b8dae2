{{ config(indexes=[{'columns': ['rule_code', 'parameter', 'division_code']}]) }}

-- int_rule_parameters: what rules go by in each division on the business date, for whoever is not a rule: the
-- anomalies suite asks here and not the catalogue. 000000 stands for a division nobody knows.
with

rule_parameter as (select * from {{ ref('rule_parameter') }}),

divisions as (
    select division_code from {{ ref('resident') }} where division_code is not null
    union
    select division_code from {{ ref('aid_household') }} where division_code is not null
    union
    select division_code from {{ ref('benefit_month_person') }} where division_code is not null
    union
    select '000000'
),

parameters as (select distinct rule_code, parameter from {{ ref('rule_parameter') }}),

valued as (
    select
        parameters.rule_code,
        parameters.parameter,
        divisions.division_code,
        {{ parameter_in_force('parameters.rule_code', 'parameters.parameter', 'divisions.division_code') }} as value
    from parameters
    cross join divisions
)

select * from valued
where value is not null
