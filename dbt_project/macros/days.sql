{# Days and months as SQL expressions. #}

{% macro business_date() -%}
'{{ var("business_date") }}'::date
{%- endmacro %}


{% macro years_later(day, years) -%}
({{ day }} + {{ years }} * interval '1 year')::date
{%- endmacro %}


{% macro month_start(day) -%}
date_trunc('month', {{ day }})::date
{%- endmacro %}


{% macro month_island(partition_by, month) -%}
{# Window expression, equal for months that follow one another without a gap. #}
{{ month }} - dense_rank() over (
    partition by {{ partition_by | join(', ') }} order by {{ month }}
) * interval '1 month'
{%- endmacro %}
