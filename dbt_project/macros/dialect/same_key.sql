{# Have two rows the same key? Of a longer one all parts but the first two (whose record, and its number) may be
   null, and null is null then. #}
{% macro same_key(one, other, key) -%}
{{ return(adapter.dispatch('same_key')(one, other, key)) }}
{%- endmacro %}

{# `is not distinct from` alone would have to be asked of each pair of rows; the hash before it can be joined by. #}
{% macro default__same_key(one, other, key) -%}
{% for column in key[:2] -%}
{{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}
{%- endfor -%}
{% if key[2:] -%}
{% set ones, others = [], [] -%}
{% for column in key[2:] -%}
{% do ones.append(one ~ '.' ~ column) %}{% do others.append(other ~ '.' ~ column) -%}
{% endfor %}
    and hash_record_extended(row({{ ones | join(', ') }}), 0) = hash_record_extended(row({{ others | join(', ') }}), 0)
    and row({{ ones | join(', ') }}) is not distinct from row({{ others | join(', ') }})
{%- endif %}
{%- endmacro %}

{% macro spark__same_key(one, other, key) -%}
{% for column in key -%}
{{ one }}.{{ column }} {{ '=' if loop.index <= 2 else '<=>' }} {{ other }}.{{ column }}{{ ' and ' if not loop.last }}
{%- endfor %}
{%- endmacro %}


{% macro postgres__get_incremental_delete_insert_sql(arg_dict) -%}
{# dbt's own leaves rows standing whose key is null in part. #}
{% set target, fresh, key = arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'] -%}
{% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
delete from {{ target }} as held
using (select distinct {{ key | join(', ') }} from {{ fresh }}) as fresh
where {{ same_key('held', 'fresh', key) }};

insert into {{ target }} ({{ columns }})
select {{ columns }} from {{ fresh }}
{%- endmacro %}
