{# What the means of households share: dated parameters with inheritance between divisions. #}

{% macro national_parameters() -%}
{# Parameters of law that are the same everywhere; a test refuses a division's own. #}
{{ return([
    'adult_age_years', 'dependent_disability_level', 'income_window_months', 'watch_max_multiple', 'watch_months',
    'working_age_until_years',
]) }}
{%- endmacro %}


{% macro national_parameter(parameter) -%}
{# The value of a parameter of law that is the same everywhere, in force on the business date. #}
{% if parameter not in national_parameters() %}{{ exceptions.raise_compiler_error(parameter ~ ' is not national') }}{% endif -%}
(
    select parameter.value
    from {{ ref('means_parameter') }} as parameter
    where
        parameter.division_code = '000000'
        and parameter.parameter = '{{ parameter }}'
        and {{ is_in_force('parameter') }}
)
{%- endmacro %}


{% macro years_later(day, years) -%}
({{ day }} + {{ years }} * interval '1 year')::date
{%- endmacro %}


{% macro covered_income_months(items, months) -%}
{# The months that the source really reaches among the last ones up to the business date: a month of
   which it sent less than half of the usual lines says nothing about those who are missing. #}
select income_month
from (
    select
        income_month,
        count(*) as line_count,
        max(count(*)) over () as most_lines
    from {{ items }}
    where
        income_month <= {{ business_date() }}
        and income_month > {{ month_start(business_date()) }} - {{ months }} * interval '1 month'
    group by income_month
) as months
where line_count * 2 >= most_lines
{%- endmacro %}


{% macro property_test(value, limit, is_known) -%}
{# Above the limit by what is known; within it only where everybody and the source are known. #}
case
    when {{ value }} > {{ limit }} then 'above'
    when figures.knows_everybody and {{ is_known }} and {{ limit }} is not null then 'within'
    else 'not_assessable'
end
{%- endmacro %}
