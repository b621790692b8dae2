{# To which months a source of incomes reaches. items: a CTE with one row per line and its `income_month`. #}

{% macro reached_income_months(items) -%}
{# The months that the source really reaches: of which it sent at least half of the usual lines. A few lines sent
   early for the next month do not make everybody else's income vanish, and a month of which it sent few says
   nothing about those who are missing. #}
select income_month
from (
    select
        income_month,
        count(*) as line_count,
        max(count(*)) over () as most_lines
    from {{ items }}
    group by income_month
) as months
where line_count * 2 >= most_lines
{%- endmacro %}


{% macro latest_income_month(items) -%}
{# The latest month the source really reaches. #}
select max(income_month) as income_month
from ({{ reached_income_months(items) }}) as reached
{%- endmacro %}


{% macro covered_income_months(items, months) -%}
{# The months that the source really reaches among the last ones up to the business date. #}
{{ reached_income_months('(
    select income_month from ' ~ items ~ '
    where
        income_month <= ' ~ business_date() ~ '
        and income_month > ' ~ month_start(business_date()) ~ ' - ' ~ months ~ " * interval '1 month'
) as recent") }}
{%- endmacro %}
