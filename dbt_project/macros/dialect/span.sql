{# Periods, half-open; an open end is null. PostgreSQL: date ranges. Spark: a struct of two days. #}

{% macro span(from_on, until_on) -%}
{{ return(adapter.dispatch('span')(from_on, until_on)) }}
{%- endmacro %}

{% macro default__span(from_on, until_on) -%}
daterange({{ from_on }}, nullif({{ until_on }}, 'infinity'))
{%- endmacro %}

{% macro spark__span(from_on, until_on) -%}
named_struct('from_on', {{ from_on }}, 'until_on', nullif({{ until_on }}, 'infinity'))
{%- endmacro %}


{% macro span_is_valid(from_on, until_on) -%}
{# Does a day lie between the two? A range the wrong way round would be an error. #}
coalesce({{ from_on }} < {{ until_on }}, true)
{%- endmacro %}


{% macro span_common(one, other) -%}
{# What two periods have in common, possibly nothing. #}
{{ return(adapter.dispatch('span_common')(one, other)) }}
{%- endmacro %}

{% macro default__span_common(one, other) -%}
{{ one }} * {{ other }}
{%- endmacro %}

{% macro spark__span_common(one, other) -%}
named_struct(
    'from_on', greatest({{ one }}.from_on, {{ other }}.from_on),
    'until_on', least({{ one }}.until_on, {{ other }}.until_on)
)
{%- endmacro %}


{% macro span_from(span) -%}
{# The first day; null where the period holds no day or has no beginning. #}
{{ return(adapter.dispatch('span_from')(span)) }}
{%- endmacro %}

{% macro default__span_from(span) -%}
lower({{ span }})
{%- endmacro %}

{% macro spark__span_from(span) -%}
case when coalesce({{ span }}.from_on < {{ span }}.until_on, true) then {{ span }}.from_on end
{%- endmacro %}


{% macro span_until(span) -%}
{# The day after the last. #}
{{ return(adapter.dispatch('span_until')(span)) }}
{%- endmacro %}

{% macro default__span_until(span) -%}
upper({{ span }})
{%- endmacro %}

{% macro spark__span_until(span) -%}
case when coalesce({{ span }}.from_on < {{ span }}.until_on, true) then {{ span }}.until_on end
{%- endmacro %}


{% macro span_holds_days(span) -%}
{{ return(adapter.dispatch('span_holds_days')(span)) }}
{%- endmacro %}

{% macro default__span_holds_days(span) -%}
not isempty({{ span }})
{%- endmacro %}

{% macro spark__span_holds_days(span) -%}
coalesce({{ span }}.from_on < {{ span }}.until_on, {{ span }} is not null)
{%- endmacro %}


{% macro spans_left(whole, taken, key) -%}
{# What is left of each period `span` of a relation, where the periods of another one are taken out:
   its columns, `span` replaced, one row per piece. key: the column both share. #}
{{ return(adapter.dispatch('spans_left')(whole, taken, key)) }}
{%- endmacro %}

{% macro default__spans_left(whole, taken, key) -%}
select
    whole.{{ key }},
    piece.span
from {{ whole }} as whole
left join (
    select {{ key }}, range_agg(span) as spans
    from {{ taken }}
    group by {{ key }}
) as taken using ({{ key }})
cross join lateral unnest(whole.span::datemultirange - coalesce(taken.spans, '{}')) as piece (span)
{%- endmacro %}

{% macro spark__spans_left(whole, taken, key) -%}
select
    {{ key }},
    explode(pieces) as span
from (
    select
        whole.{{ key }},
        spans_left(whole.span, taken.spans) as pieces
    from {{ whole }} as whole
    left join (
        select {{ key }}, collect_list(span) as spans
        from {{ taken }}
        group by {{ key }}
    ) as taken on whole.{{ key }} = taken.{{ key }}
) as cut
{%- endmacro %}
