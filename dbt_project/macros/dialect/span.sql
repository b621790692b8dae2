{# PostgreSQL: periods as half-open date ranges; an open end is null. Elsewhere: two columns. #}

{% macro span(from_on, until_on) -%}
daterange({{ from_on }}, nullif({{ until_on }}, 'infinity'))
{%- endmacro %}

{% macro span_is_valid(from_on, until_on) -%}
{# Does a day lie between the two? A range the wrong way round would be an error. #}
coalesce({{ from_on }} < {{ until_on }}, true)
{%- endmacro %}

{% macro spans_left(whole, taken, key) -%}
{# What is left of each period `span` of a relation, where the periods of another one are taken out:
   its columns, `span` replaced, one row per piece. key: the column both share. #}
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
