{# PostgreSQL: one row per day from the first to the last (dates), as `day`. Elsewhere: a number table. #}
{% macro days_between(first_day, last_day) -%}
select series.day::date as day
from generate_series({{ first_day }}, {{ last_day }}, interval '1 day') as series (day)
{%- endmacro %}
