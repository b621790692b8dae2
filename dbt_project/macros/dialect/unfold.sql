{# PostgreSQL: one row per item of a JSON list kept as text, with its position from 1. #}
{% macro unfold(relation, list_column) -%}
select {{ relation }}.*, listed.item, listed.position::integer as position
from {{ relation }}
cross join lateral jsonb_array_elements(nullif({{ list_column }}, '')::jsonb) with ordinality as listed (item, position)
{%- endmacro %}
