{# PostgreSQL: is a value among the few of a query? Asked before anything else is worked out of a row, also
   through a view of many tables. Elsewhere: in (query). #}
{% macro is_one_of(value, query) -%}
{{ value }} = any(array({{ query }}))
{%- endmacro %}
