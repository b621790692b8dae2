{# PostgreSQL: JSON values. Elsewhere: the engine's own object and array functions. #}

{% macro json_object(pairs) -%}
{# An object from a dictionary {key: SQL expression}; keys without a value are left out. #}
jsonb_strip_nulls(jsonb_build_object(
    {% for key, value in pairs.items() -%}
    '{{ key }}', {{ value }}{{ ',' if not loop.last }}
    {% endfor -%}
))
{%- endmacro %}

{% macro json_masked(object) -%}
{# The same with the identity numbers masked that its texts hold. #}
clean.mask_id_numbers_in({{ object }}::text)::jsonb
{%- endmacro %}

{% macro json_list(items) -%}
jsonb_build_array({{ items | join(', ') }})
{%- endmacro %}

{% macro json_collect(value, order_by) -%}
{# Aggregate: the values of a group as one list. #}
jsonb_agg({{ value }} order by {{ order_by }})
{%- endmacro %}

{% macro json_flatten(nested) -%}
{# One flat list of objects from lists nested up to three deep: each once, sorted, without nulls. #}
coalesce((
    select jsonb_agg(distinct listed.item)
    from jsonb_path_query({{ nested }}, '$[*][*][*] ? (@ != null)') as listed (item)
), '[]'::jsonb)
{%- endmacro %}

{% macro json_distinct(list, key) -%}
{# The values of one key over a list of objects, each once, sorted, as text. #}
(
    select string_agg(distinct listed.item ->> '{{ key }}', ',' order by listed.item ->> '{{ key }}')
    from jsonb_array_elements({{ list }}) as listed (item)
)
{%- endmacro %}

{% macro json_by(key, value) -%}
{# Aggregate: one object of texts by keys. #}
jsonb_object_agg({{ key }}, {{ value }})
{%- endmacro %}

{% macro json_at(object, key) -%}
{# The text at a key of an object; null where there is none. #}
({{ object }} ->> ({{ key }}))
{%- endmacro %}
