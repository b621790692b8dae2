{# Days: what engines write in words of their own. #}

{# One row per day from the first to the last (dates), as `day`. #}
{% macro days_between(first_day, last_day) -%}
{{ return(adapter.dispatch('days_between')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}
select series.day::date as day
from generate_series({{ first_day }}, {{ last_day }}, interval '1 day') as series (day)
{%- endmacro %}

{% macro spark__days_between(first_day, last_day) -%}
select explode(sequence(({{ first_day }})::date, ({{ last_day }})::date, interval '1 day')) as day
{%- endmacro %}


{# One row per first of a month from the first to the last (first days of months), as `month`. #}
{% macro months_between(first_month, last_month) -%}
{{ return(adapter.dispatch('months_between')(first_month, last_month)) }}
{%- endmacro %}

{% macro default__months_between(first_month, last_month) -%}
select series.month::date as month
from generate_series({{ first_month }}, {{ last_month }}, interval '1 month') as series (month)
{%- endmacro %}

{% macro spark__months_between(first_month, last_month) -%}
select explode({{ spark_months(first_month, last_month) }}) as month
{%- endmacro %}

{% macro spark_months(first_month, last_month) -%}
{# Spark refuses a sequence the wrong way round. #}
case
    when ({{ first_month }})::date <= ({{ last_month }})::date
        then sequence(({{ first_month }})::date, ({{ last_month }})::date, interval '1 month')
    else array()
end
{%- endmacro %}


{# A relation with one row per so many months from the first to the last (days), as its only column `name`; its days may
   be those of a relation before it. #}
{% macro months_apart(first_month, last_month, step, name) -%}
{{ return(adapter.dispatch('months_apart')(first_month, last_month, step, name)) }}
{%- endmacro %}

{% macro default__months_apart(first_month, last_month, step, name) -%}
generate_series({{ first_month }}, {{ last_month }}, interval '{{ step }}') as {{ name }}
{%- endmacro %}

{% macro spark__months_apart(first_month, last_month, step, name) -%}
lateral (
    select explode(sequence(({{ first_month }})::date, ({{ last_month }})::date, interval '{{ step }}')) as {{ name }}
) as series
{%- endmacro %}


{# The last day of a month (its first day). #}
{% macro month_end(month) -%}
{{ return(adapter.dispatch('month_end')(month)) }}
{%- endmacro %}

{% macro default__month_end(month) -%}
({{ month }} + interval '1 month - 1 day')::date
{%- endmacro %}

{% macro spark__month_end(month) -%}
date_sub(add_months({{ month }}, 1), 1)
{%- endmacro %}


{# How many days lie between two, as a number. #}
{% macro days_from_to(first_day, last_day) -%}
{{ return(adapter.dispatch('days_from_to')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_from_to(first_day, last_day) -%}
{{ last_day }} - {{ first_day }}
{%- endmacro %}

{% macro spark__days_from_to(first_day, last_day) -%}
datediff({{ last_day }}, {{ first_day }})
{%- endmacro %}


{# Whole years from one day to a later one. #}
{% macro years_from_to(first_day, last_day) -%}
{{ return(adapter.dispatch('years_from_to')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__years_from_to(first_day, last_day) -%}
extract(year from age({{ last_day }}, {{ first_day }}))
{%- endmacro %}

{% macro spark__years_from_to(first_day, last_day) -%}
(
    year({{ last_day }}) - year({{ first_day }})
    - case when date_format({{ last_day }}, 'MMdd') < date_format({{ first_day }}, 'MMdd') then 1 else 0 end
)
{%- endmacro %}


{# A day as text; form: YYYY-MM or YYYYMMDD. #}
{% macro written_day(day, form) -%}
{{ return(adapter.dispatch('written_day')(day, form)) }}
{%- endmacro %}

{% macro default__written_day(day, form) -%}
to_char({{ day }}, '{{ form }}')
{%- endmacro %}

{% macro spark__written_day(day, form) -%}
date_format({{ day }}, '{{ form | replace("YYYY", "yyyy") | replace("DD", "dd") }}')
{%- endmacro %}


{# The day, here, of a moment. #}
{% macro local_day(moment) -%}
{{ return(adapter.dispatch('local_day')(moment)) }}
{%- endmacro %}

{% macro default__local_day(moment) -%}
({{ moment }} at time zone 'Asia/Shanghai')::date
{%- endmacro %}

{% macro spark__local_day(moment) -%}
{# Sessions are in this zone (warehouse/spark/session.py). #}
({{ moment }})::date
{%- endmacro %}
