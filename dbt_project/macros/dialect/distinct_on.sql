{# The first row of each key. #}
{% macro distinct_on(key, columns, relation, order_by) -%}
{{ return(adapter.dispatch('distinct_on')(key, columns, relation, order_by)) }}
{%- endmacro %}

{% macro default__distinct_on(key, columns, relation, order_by) -%}
select distinct on ({{ key | join(', ') }}) {{ columns }}
from {{ relation }}
order by {{ (key + order_by) | join(', ') }}
{%- endmacro %}

{% macro spark__distinct_on(key, columns, relation, order_by) -%}
select * except (place_of_key)
from (
    select
        {{ columns }},
        row_number() over (
            partition by {{ key | join(', ') }} order by {{ spark_order(order_by) | join(', ') }}
        ) as place_of_key
    from {{ relation }}
) as placed
where place_of_key = 1
{%- endmacro %}


{% macro spark_order(order_by) -%}
{# The same terms with nulls where PostgreSQL has them: last, and first of a descending order. #}
{% set terms = [] -%}
{% for term in order_by -%}
{% do terms.append(
    term if ' nulls ' in term else term ~ (' nulls first' if term.endswith(' desc') else ' nulls last')
) -%}
{% endfor -%}
{{ return(terms) }}
{%- endmacro %}
