{# Descriptions into the catalogue in one statement. dbt's own asks twice for the columns of each table, to
   leave out those that are not there; one described and not there is our fault, and fails the build. #}

{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
{%- set described = descriptions(relation, model) | trim -%}
{%- if described -%}
{%- call statement('persist_docs') %}{{ described }}{% endcall -%}
{%- endif -%}
{%- endmacro %}


{% macro descriptions(relation, model) -%}
{%- if model.description and config.persist_relation_docs() -%}
comment on {{ relation.type }} {{ relation }} is '{{ model.description | replace("'", "''") }}';
{% endif -%}
{%- if config.persist_column_docs() -%}
{%- for column in model.columns.values() if column.description -%}
comment on column {{ relation }}.{{ adapter.quote(column.name) }} is '{{ column.description | replace("'", "''") }}';
{% endfor -%}
{%- endif -%}
{%- endmacro %}
