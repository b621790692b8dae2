{# PostgreSQL: the first row of each key. Elsewhere: row_number() in a sub-query. #}
{% macro distinct_on(key, columns, relation, order_by) -%}
select distinct on ({{ key | join(', ') }}) {{ columns }}
from {{ relation }}
order by {{ (key + order_by) | join(', ') }}
{%- endmacro %}
