{# PostgreSQL: aggregate; the value of the first row of a group in an order, so that what several columns say is of
   one row. Elsewhere: the engine's own (min_by). #}
{% macro first_by(value, order_by) -%}
(array_agg({{ value }} order by {{ order_by | join(', ') }}))[1]
{%- endmacro %}
