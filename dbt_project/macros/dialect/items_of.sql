{# A row for every item of an array. #}
{% macro items_of(array) -%}
{{ return(adapter.dispatch('items_of')(array)) }}
{%- endmacro %}

{% macro default__items_of(array) -%}
unnest({{ array }})
{%- endmacro %}

{% macro spark__items_of(array) -%}
explode({{ array }})
{%- endmacro %}
