{# PostgreSQL: the columns of a relation, for the values of a unit test. dbt asks information_schema, whose views cost more than
   the test; types come with their precision, so that it is not told apart. #}

{% macro postgres__get_columns_in_relation(relation) -%}
{%- set found = run_query(
    "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
    ~ " where attrelid = to_regclass('" ~ relation.render() ~ "') and attnum > 0 and not attisdropped order by attnum"
) -%}
{%- set columns = [] -%}
{%- for name, type in found -%}
{%- do columns.append(api.Column(name, type)) -%}
{%- endfor -%}
{{ return(columns) }}
{%- endmacro %}
