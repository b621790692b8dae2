{# What a finding rests on. #}

{% macro source_line(alias, feed, prefix='') -%}
{# Where a row comes from: feed (SQL expression), delivery and line; null where there is no row.
   alias: the relation, none where the query has only one. #}
{% set column = (alias ~ '.' if alias else '') ~ prefix -%}
case when {{ column }}delivery_id is not null then {{ json_object({
    'feed': feed,
    'delivery_id': column ~ 'delivery_id',
    'line_number': column ~ 'line_number',
}) }} end
{%- endmacro %}


{% macro source_record(feed) -%}
{# The same of one of the records that a line holds: which of them it is, where it is not the first. #}
{{ json_object({
    'feed': feed,
    'delivery_id': 'delivery_id',
    'line_number': 'line_number',
    'position': 'nullif(position, 1)',
}) }}
{%- endmacro %}


{% macro evidence(facts, sources) -%}
{# facts: dictionary {key: SQL expression}, never a name, a bare number or an account; what a sender
   numbered or coded may hold a number all the same, and is masked. sources: SQL expressions, each a
   source line or a list of them. #}
{{ json_object({'facts': json_masked(json_object(facts)), 'sources': json_flatten(json_list(sources))}) }}
{%- endmacro %}


{% macro steady_facts() -%}
{# The facts without those who are late: a finding stays the same when another sender is. #}
{{ json_without(json_part('evidence', 'facts'), 'late_sources') }}
{%- endmacro %}


{% macro evidence_digest() -%}
{# What a decision on a finding was about: period, amount and facts, and which feeds speak. Not the
   lines (the same record delivered again is no news), nor facts that move with the calendar. #}
md5(concat_ws(
    '|',
    first_on::text,
    last_on::text,
    amount_yuan::text,
    {{ json_text(json_without(steady_facts(), 'income_month')) }},
    {{ json_distinct(json_part('evidence', 'sources'), 'feed') }}
))
{%- endmacro %}
