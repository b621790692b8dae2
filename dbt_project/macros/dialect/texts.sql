{# Aggregates: the texts of a group in one, with 、 between; null where there are none. #}

{% macro texts_in_order(value, order_by) -%}
{{ return(adapter.dispatch('texts_in_order')(value, order_by)) }}
{%- endmacro %}

{% macro default__texts_in_order(value, order_by) -%}
string_agg({{ value }}, '、' order by {{ order_by }})
{%- endmacro %}

{% macro spark__texts_in_order(value, order_by) -%}
nullif(array_join({{ spark_list(value, order_by.split(', ')) }}, '、'), '')
{%- endmacro %}


{% macro distinct_texts(value) -%}
{{ return(adapter.dispatch('distinct_texts')(value)) }}
{%- endmacro %}

{% macro default__distinct_texts(value) -%}
string_agg(distinct {{ value }}, '、')
{%- endmacro %}

{% macro spark__distinct_texts(value) -%}
{# Not listagg: beside another DISTINCT its plan fails. #}
nullif(array_join(sort_array(collect_set({{ value }})), '、'), '')
{%- endmacro %}
