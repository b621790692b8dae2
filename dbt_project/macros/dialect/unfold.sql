{# PostgreSQL: one row per item of a JSON list kept as text, with its position from 1. Anything but
   a list has no items. #}
{% macro unfold(relation, list_column) -%}
select {{ relation }}.*, listed.item, listed.position::integer as position
from {{ relation }}
cross join lateral jsonb_path_query(nullif({{ list_column }}, '')::jsonb, 'strict $[*]', silent => true)
    with ordinality as listed (item, position)
{%- endmacro %}
