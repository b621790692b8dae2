{# PostgreSQL: pre-hook of a model that works on whole tables. Joins over several columns that go together
   (household, delivery, line) are estimated at one row, and a nested loop planned for one row takes hours
   over a hundred thousand. Elsewhere: nothing. #}
{% macro plan_for_whole_tables() -%}
{% if not is_incremental() %}set local enable_nestloop = off{% endif %}
{%- endmacro %}
