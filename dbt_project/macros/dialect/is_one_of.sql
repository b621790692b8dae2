{# Is a value among the few of a query? On PostgreSQL it is asked before anything else is worked out of a row, also
   through a view of many tables. #}
{% macro is_one_of(value, query) -%}
{{ return(adapter.dispatch('is_one_of')(value, query)) }}
{%- endmacro %}

{% macro default__is_one_of(value, query) -%}
{{ value }} = any(array({{ query }}))
{%- endmacro %}

{% macro spark__is_one_of(value, query) -%}
{{ value }} in ({{ query }})
{%- endmacro %}
