{# Incremental by record and person: what has news since the marts were last complete is worked out
   anew, nothing else. A run that broke off moves no mark, so the next one does the same again. #}

{% macro only_touched(touched, alias, on) -%}
{# In an incremental run: keeps the rows of a relation whose key has news (touched). on: {column: column of touched}. #}
{% if is_incremental() -%}
inner join {{ touched }} as touched
    on {% for column, known_as in on.items() -%}
    {{ alias }}.{{ column }} = touched.{{ known_as }}{{ ' and ' if not loop.last }}
    {%- endfor %}
{%- endif %}
{%- endmacro %}


{% macro only_touched_lines(touched, alias) -%}
{# The same for a relation whose rows know their line. #}
{{ only_touched(touched, alias, {'delivery_id': 'delivery_id', 'line_number': 'line_number'}) }}
{%- endmacro %}


{% macro only_touched_households(touched, alias) -%}
{{ only_touched(touched, alias, {
    'household_kind': 'household_kind', 'household_no': 'household_no',
}) }}
{%- endmacro %}


{% macro get_incremental_touched_sql(arg_dict) -%}
{# Incremental strategy `touched`: of the keys with news (meta.touched_by, meta.touched_on) the rows held
   are replaced by those worked out now, also where there are none any more. #}
{% set target, fresh, meta = arg_dict['target_relation'], arg_dict['temp_relation'], config.require('meta') -%}
{% set columns, differences = arg_dict['dest_columns'], differences_of(target) -%}
{% set among -%}
exists (
    select from {{ ref(meta['touched_by']) }} as touched
    where {% for column, known_as in meta['touched_on'].items() -%}
        held.{{ column }} = touched.{{ known_as }}{{ ' and ' if not loop.last }}
    {%- endfor %}
)
{%- endset -%}
create temporary table {{ differences }} on commit drop as
{{ differing(target, fresh, columns, among) }};

{{ write_difference(target, fresh, columns, differences) }}
{%- endmacro %}


{% macro published_key(columns) -%}
{# Index by which publishing finds the rows of a key with news: the hash it takes of that key
   (warehouse.publishing.publish, where the keys are listed). #}
{{ return({'columns': ['hash_record_extended(row(' ~ columns | join(', ') ~ '), 0)']}) }}
{%- endmacro %}
