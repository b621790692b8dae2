{% macro capped(value, precision=14, scale=2) -%}
{{ return(adapter.dispatch('capped')(value, precision, scale)) }}
{%- endmacro %}

{% macro spark__capped(value, precision, scale) -%}
{# 1e12 is a floating number there. #}
{% set largest = '9' * (precision - scale) ~ '.' ~ '9' * scale -%}
case
    when abs(round({{ value }}, {{ scale }})) <= {{ largest }} then round({{ value }}, {{ scale }})
    when {{ value }} < 0 then -{{ largest }}
    when {{ value }} > 0 then {{ largest }}
end::numeric({{ precision }}, {{ scale }})
{%- endmacro %}

{% macro default__capped(value, precision, scale) -%}
{# A sum or quotient of amounts as a column holds it. One of slips may be larger: then the largest number there is
   stands for it, so that no build stops and what is above a limit stays above it. #}
case
    when abs(round({{ value }}, {{ scale }})) < 1e{{ precision - scale }} then round({{ value }}, {{ scale }})
    else sign({{ value }}) * (1e{{ precision - scale }} - 1e-{{ scale }})
end::numeric({{ precision }}, {{ scale }})
{%- endmacro %}
