{# What the means of households share. #}

{% macro property_test(value, limit, is_known) -%}
{# Above the limit by what is known; within it only where everybody and the source are known. #}
case
    when {{ value }} > {{ limit }} then 'above'
    when figures.knows_everybody and {{ is_known }} and {{ limit }} is not null then 'within'
    else 'not_assessable'
end
{%- endmacro %}
