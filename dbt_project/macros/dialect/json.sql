{# JSON values. PostgreSQL: jsonb. Spark: a struct that holds the text of one (warehouse/spark/documents.py). #}

{% macro json_object(pairs) -%}
{# An object from a dictionary {key: SQL expression}; keys without a value are left out. #}
{{ return(adapter.dispatch('json_object')(pairs)) }}
{%- endmacro %}

{% macro default__json_object(pairs) -%}
jsonb_strip_nulls(jsonb_build_object(
    {% for key, value in pairs.items() -%}
    '{{ key }}', {{ value }}{{ ',' if not loop.last }}
    {% endfor -%}
))
{%- endmacro %}

{% macro spark__json_object(pairs) -%}
{% set items = [] -%}
{% for key, value in pairs.items() %}{% do items.append("'" ~ key ~ "', " ~ value) %}{% endfor -%}
{{ spark_json('jsonb_without_nulls(to_json(named_struct(' ~ items | join(', ') ~ ')))') }}
{%- endmacro %}


{% macro json_whole(pairs) -%}
{# The same where every key has a value. #}
{{ return(adapter.dispatch('json_whole')(pairs)) }}
{%- endmacro %}

{% macro default__json_whole(pairs) -%}
jsonb_build_object({% for key, value in pairs.items() %}'{{ key }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__json_whole(pairs) -%}
{{ spark__json_object(pairs) }}
{%- endmacro %}


{% macro json_masked(object) -%}
{# An object with the identity numbers masked that its texts hold. #}
{{ return(adapter.dispatch('json_masked')(object)) }}
{%- endmacro %}

{% macro default__json_masked(object) -%}
clean.mask_id_numbers_in({{ object }}::text)::jsonb
{%- endmacro %}

{% macro spark__json_masked(object) -%}
{{ spark_json('clean.mask_id_numbers_in(' ~ object ~ '.jsonb)') }}
{%- endmacro %}


{% macro json_list(items) -%}
{{ return(adapter.dispatch('json_list')(items)) }}
{%- endmacro %}

{% macro default__json_list(items) -%}
jsonb_build_array({{ items | join(', ') }})
{%- endmacro %}

{% macro spark__json_list(items) -%}
{{ spark_json('jsonb_list(' ~ spark_items(items) ~ ')') }}
{%- endmacro %}


{% macro json_collect(value, order_by) -%}
{# Aggregate: the values of a group as one list. #}
{{ return(adapter.dispatch('json_collect')(value, order_by)) }}
{%- endmacro %}

{% macro default__json_collect(value, order_by) -%}
jsonb_agg({{ value }} order by {{ order_by }})
{%- endmacro %}

{% macro spark__json_collect(value, order_by) -%}
{{ spark_json('jsonb_text(to_json(' ~ spark_list(value, order_by.split(', ')) ~ '))') }}
{%- endmacro %}


{% macro json_flatten(nested) -%}
{# One flat list of objects from lists nested up to three deep: each once, sorted, without nulls. #}
{{ return(adapter.dispatch('json_flatten')(nested)) }}
{%- endmacro %}

{% macro default__json_flatten(nested) -%}
coalesce((
    select jsonb_agg(distinct listed.item)
    from jsonb_path_query({{ nested }}, '$[*][*][*] ? (@ != null)') as listed (item)
), '[]'::jsonb)
{%- endmacro %}

{% macro spark__json_flatten(nested) -%}
{{ spark_json('jsonb_flat(' ~ nested ~ '.jsonb)') }}
{%- endmacro %}


{% macro json_distinct(list, key) -%}
{# The values of one key over a list of objects, each once, sorted, as text. #}
{{ return(adapter.dispatch('json_distinct')(list, key)) }}
{%- endmacro %}

{% macro default__json_distinct(list, key) -%}
(
    select string_agg(distinct listed.item ->> '{{ key }}', ',' order by listed.item ->> '{{ key }}')
    from jsonb_array_elements({{ list }}) as listed (item)
)
{%- endmacro %}

{% macro spark__json_distinct(list, key) -%}
jsonb_distinct({{ list }}.jsonb, '{{ key }}')
{%- endmacro %}


{% macro json_part(value, key) -%}
{# What stands at a key (a name) or a place (a number from 0). #}
{{ return(adapter.dispatch('json_part')(value, key)) }}
{%- endmacro %}

{% macro default__json_part(value, key) -%}
{{ value }} -> {% if key is number %}{{ key }}{% else %}'{{ key }}'{% endif %}
{%- endmacro %}

{% macro spark__json_part(value, key) -%}
{{ spark_json('jsonb_part(' ~ value ~ ".jsonb, '" ~ key ~ "')") }}
{%- endmacro %}


{% macro json_text_at(value, key) -%}
{# What stands at a key, as text. #}
{{ return(adapter.dispatch('json_text_at')(value, key)) }}
{%- endmacro %}

{% macro default__json_text_at(value, key) -%}
{{ value }} ->> '{{ key }}'
{%- endmacro %}

{% macro spark__json_text_at(value, key) -%}
jsonb_part_as_text({{ value }}.jsonb, '{{ key }}')
{%- endmacro %}


{% macro json_without(value, key) -%}
{{ return(adapter.dispatch('json_without')(value, key)) }}
{%- endmacro %}

{% macro default__json_without(value, key) -%}
(({{ value }}) - '{{ key }}')
{%- endmacro %}

{% macro spark__json_without(value, key) -%}
{{ spark_json('jsonb_without(' ~ value ~ ".jsonb, '" ~ key ~ "')") }}
{%- endmacro %}


{% macro json_text(value) -%}
{{ return(adapter.dispatch('json_text')(value)) }}
{%- endmacro %}

{% macro default__json_text(value) -%}
{{ value }}::text
{%- endmacro %}

{% macro spark__json_text(value) -%}
{{ value }}.jsonb
{%- endmacro %}


{% macro json_items(list) -%}
{# A row for every item of a list. #}
{{ return(adapter.dispatch('json_items')(list)) }}
{%- endmacro %}

{% macro default__json_items(list) -%}
jsonb_array_elements({{ list }})
{%- endmacro %}

{% macro spark__json_items(list) -%}
explode(jsonb_items({{ list }}.jsonb))
{%- endmacro %}


{% macro json_order(value) -%}
{# By which JSON lists of texts and numbers are sorted. #}
{{ return(adapter.dispatch('json_order')(value)) }}
{%- endmacro %}

{% macro default__json_order(value) -%}
{{ value }}
{%- endmacro %}

{% macro spark__json_order(value) -%}
jsonb_rank({{ value }}.jsonb)
{%- endmacro %}


{% macro json_by(key, value) -%}
{# Aggregate: one object of texts by keys. #}
{{ return(adapter.dispatch('json_by')(key, value)) }}
{%- endmacro %}

{% macro default__json_by(key, value) -%}
jsonb_object_agg({{ key }}, {{ value }})
{%- endmacro %}

{% macro spark__json_by(key, value) -%}
{# A map: it is only looked up. #}
map_from_entries(collect_list(struct({{ key }}, {{ value }})))
{%- endmacro %}


{% macro json_at(object, key) -%}
{# The text at a key of an object that `json_by` made; null where there is none. #}
{{ return(adapter.dispatch('json_at')(object, key)) }}
{%- endmacro %}

{% macro default__json_at(object, key) -%}
({{ object }} ->> ({{ key }}))
{%- endmacro %}

{% macro spark__json_at(object, key) -%}
try_element_at({{ object }}, {{ key }})
{%- endmacro %}


{% macro spark_json(text) -%}
named_struct('jsonb', {{ text }})
{%- endmacro %}


{% macro spark_items(values) -%}
{# Values of several types, by their place, nulls too. #}
{% set items = [] -%}
{% for value in values %}{% do items.append("'" ~ loop.index ~ "', " ~ value) %}{% endfor -%}
to_json(named_struct({{ items | join(', ') }}), map('ignoreNullFields', 'false'))
{%- endmacro %}
