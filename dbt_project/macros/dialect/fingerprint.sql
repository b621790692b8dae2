{# A fingerprint (md5) of the values of a row, or, with an order, of the rows of a group. #}
{% macro fingerprint(values, order_by=none) -%}
{{ return(adapter.dispatch('fingerprint')(values, order_by)) }}
{%- endmacro %}

{% macro default__fingerprint(values, order_by) -%}
{% set line = 'row(' ~ (values | join(', ')) ~ ')::text' -%}
md5({% if order_by %}string_agg({{ line }}, chr(10) order by {{ order_by }}){% else %}{{ line }}{% endif %})::uuid
{%- endmacro %}

{% macro spark__fingerprint(values, order_by) -%}
{# By another way the same: of the text PostgreSQL gives of a row (warehouse/spark/documents.py), as text. #}
{% set line = 'row_text(' ~ spark_items(values) ~ ')' -%}
uuid_text(md5({% if order_by %}array_join({{ spark_list(line, order_by.split(', ')) }}, chr(10)){% else %}{{ line }}{% endif %}))
{%- endmacro %}
