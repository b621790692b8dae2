{# PostgreSQL: a fingerprint (md5) of the values of a row, or, with an order, of the rows of a group.
   Elsewhere: the engine's own hash over the same list. #}
{% macro fingerprint(values, order_by=none) -%}
{% set line = 'row(' ~ (values | join(', ')) ~ ')::text' -%}
md5({% if order_by %}string_agg({{ line }}, chr(10) order by {{ order_by }}){% else %}{{ line }}{% endif %})::uuid
{%- endmacro %}
