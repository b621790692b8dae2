{# PostgreSQL: a row for every item of an array. #}
{% macro items_of(array) -%}
unnest({{ array }})
{%- endmacro %}
