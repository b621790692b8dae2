{# PostgreSQL: one row per day from the first to the last (dates), as `day`. Elsewhere: a number table. #}
{% macro days_between(first_day, last_day) -%}
select series.day::date as day
from generate_series({{ first_day }}, {{ last_day }}, interval '1 day') as series (day)
{%- endmacro %}


{# PostgreSQL: one row per first of a month from the first to the last (first days of months), as `month`. #}
{% macro months_between(first_month, last_month) -%}
select series.month::date as month
from generate_series({{ first_month }}, {{ last_month }}, interval '1 month') as series (month)
{%- endmacro %}
