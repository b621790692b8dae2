{# Dated parameters of law, by division: what a county, its city, its province and the country say. #}

{% macro is_in_force(alias=none, on=business_date()) -%}
{# Does a day (SQL expression) lie in the period of a row? alias: its relation, none where the query has only one. #}
{% set column = alias ~ '.' if alias else '' -%}
{{ column }}valid_from <= {{ on }} and coalesce({{ column }}valid_to > {{ on }}, true)
{%- endmacro %}


{% macro applying_division_codes(division) -%}
{# The codes (GB/T 2260) under which something may be laid down for a division of six digits, from
   the division itself to the country (000000): the first that lays it down counts. SQL expressions. #}
{{ return([division, 'left(' ~ division ~ ", 4) || '00'", 'left(' ~ division ~ ", 2) || '0000'", "'000000'"]) }}
{%- endmacro %}


{% macro applying_divisions(division) -%}
{# The same as a list in SQL. Sorted, the last one is the nearest. #}
({{ applying_division_codes(division) | join(', ') }})
{%- endmacro %}


{% macro division_or_country(division) -%}
{# Under which division the parameters of something stand: its own, or the country's (000000) where nobody
   knows it. #}
coalesce({{ division }}, '000000')
{%- endmacro %}


{% macro parameter_in_force(rule_code, parameter, division, on=business_date()) -%}
{{ return(adapter.dispatch('parameter_in_force')(rule_code, parameter, division, on)) }}
{%- endmacro %}

{% macro spark__parameter_in_force(rule_code, parameter, division, on) -%}
{# Only an aggregate may be looked up by row there. #}
(
    select max_by(parameter.value, parameter.division_code)
    from rule_parameter as parameter
    where
        parameter.rule_code = {{ rule_code }}
        and parameter.parameter = {{ parameter }}
        and parameter.division_code in {{ applying_divisions(division) }}
        and {{ is_in_force('parameter', on) }}
)
{%- endmacro %}

{% macro default__parameter_in_force(rule_code, parameter, division, on) -%}
{# The value of a rule's parameter in force on a day in a division of six digits: the nearest that lays it
   down, only the country's where the division is unknown. All arguments are SQL expressions. Reads the model's
   import `rule_parameter`. #}
(
    select parameter.value
    from rule_parameter as parameter
    where
        parameter.rule_code = {{ rule_code }}
        and parameter.parameter = {{ parameter }}
        and parameter.division_code in {{ applying_divisions(division) }}
        and {{ is_in_force('parameter', on) }}
    order by parameter.division_code desc
    limit 1
)
{%- endmacro %}


{% macro rule_parameter(rule_code, parameter, division, on=none) -%}
{# The same for a rule and a parameter known by name. On the business date what is laid down is gathered once and
   looked up by row, in a few codes; a day of each row's own asks the catalogue for each row. #}
{% if on is not none -%}
{{ parameter_in_force("'" ~ rule_code | upper ~ "'", "'" ~ parameter ~ "'", division, on) }}
{%- else -%}
{% set laid_down -%}
(
    select {{ json_by('parameter.division_code', 'parameter.value') }}
    from rule_parameter as parameter
    where
        parameter.rule_code = '{{ rule_code | upper }}'
        and parameter.parameter = '{{ parameter }}'
        and {{ is_in_force('parameter') }}
)
{%- endset -%}
coalesce(
    {% for code in applying_division_codes(division) -%}
    {{ json_at(laid_down, code) }}{{ ', ' if not loop.last }}
    {%- endfor %}
)::numeric(14, 2)
{%- endif %}
{%- endmacro %}
