{# Descriptions into the catalogue in one statement. dbt's own asks twice for the columns of each table, to
   leave out those that are not there; one described and not there is our fault, and fails the build. #}

{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
{%- set described = model.columns.values() | selectattr('description') | list
    if for_columns and config.persist_column_docs() else [] -%}
{%- set is_described = for_relation and config.persist_relation_docs() and model.description -%}
{%- if is_described or described -%}
{%- call statement('persist_docs') -%}
{%- if is_described %}{{ alter_relation_comment(relation, model.description) }}{% endif -%}
{%- for column in described %}
comment on column {{ relation }}.{{ adapter.quote(column.name) }} is {{ postgres_escape_comment(column.description) }};
{%- endfor -%}
{%- endcall -%}
{%- endif -%}
{%- endmacro %}
