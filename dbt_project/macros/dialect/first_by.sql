{# Aggregate; the value of the first row of a group in an order, so that what several columns say is of one row. #}
{% macro first_by(value, order_by) -%}
{{ return(adapter.dispatch('first_by')(value, order_by)) }}
{%- endmacro %}

{% macro default__first_by(value, order_by) -%}
(array_agg({{ value }} order by {{ order_by | join(', ') }}))[1]
{%- endmacro %}

{% macro spark__first_by(value, order_by) -%}
{{ spark_list(value, order_by) }}[0]
{%- endmacro %}


{% macro spark_list(value, order_by) -%}
{# Aggregate: the values of a group in an order, nulls where PostgreSQL has them: last, and first of a descending
   order. #}
{% set keys = [] -%}
{% set order = namespace(compared='0') -%}
{% for term in order_by | reverse -%}
{% if ' nulls ' in term %}{% do exceptions.raise_compiler_error('Not told on Spark: ' ~ term) %}{% endif -%}
{% set place = 'by_' ~ loop.revindex -%}
{% set is_descending = term.endswith(' desc') -%}
{% do keys.append((term[:-5] if is_descending else term) ~ ' as ' ~ place) -%}
{% set one, other = ('other.' ~ place, 'one.' ~ place) if is_descending else ('one.' ~ place, 'other.' ~ place) -%}
{% set order.compared = 'case when ' ~ one ~ ' <=> ' ~ other ~ ' then ' ~ order.compared ~ ' when ' ~ other
    ~ ' is null or ' ~ one ~ ' < ' ~ other ~ ' then -1 else 1 end' -%}
{% endfor -%}
transform(
    array_sort(collect_list(struct({{ keys | join(', ') }}, {{ value }} as held)), (one, other) -> {{ order.compared }}),
    item -> item.held
)
{%- endmacro %}
