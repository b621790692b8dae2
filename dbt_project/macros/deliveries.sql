{# Incremental by delivery: every model takes a delivery in once. The relations are handed over, so that they
   stand on the page of the model. #}

{% macro new_deliveries(deliveries) -%}
{# Accepted deliveries up to the business date which this model has not taken in yet. #}
select
    delivery.delivery_id,
    delivery.feed,
    delivery.business_date as delivery_date,
    delivery.delivery_order
from {{ deliveries }} as delivery
{% if is_incremental() -%}
where not exists (
    select 1 from {{ source('ops', 'absorbed_delivery') }} as absorbed
    where absorbed.model = '{{ this.name }}' and absorbed.delivery_id = delivery.delivery_id
)
{%- endif %}
{%- endmacro %}


{% macro note_absorbed() -%}
{{ return(adapter.dispatch('note_absorbed')()) }}
{%- endmacro %}

{% macro spark__note_absorbed() -%}
{# Everything is worked out from the beginning there. #}
{%- endmacro %}

{% macro default__note_absorbed() -%}
{# Post-hook, in the model's own transaction. A full refresh may be for an earlier day: then
   later deliveries are news again. #}
{% if flags.FULL_REFRESH -%}
delete from {{ source('ops', 'absorbed_delivery') }} where model = '{{ this.name }}';
{% endif -%}
insert into {{ source('ops', 'absorbed_delivery') }} (model, delivery_id)
select '{{ this.name }}', delivery_id from {{ ref('stg_deliveries') }}
on conflict do nothing
{%- endmacro %}


{% macro delivered(record, deliveries) -%}
{# What the lines of new deliveries say of a kind of record (input.<record>). #}
select
    delivery.delivery_date,
    delivery.delivery_order,
    received.*
from {{ record }} as received
inner join ({{ new_deliveries(deliveries) }}) as delivery on received.delivery_id = delivery.delivery_id
{% if is_incremental() -%}
where {{ is_one_of('received.delivery_id', 'select fresh.delivery_id from (' ~ new_deliveries(deliveries) ~ ') as fresh') }}
{%- endif %}
{%- endmacro %}


{% macro staged_indexes() -%}
{# A staged line is there once, and found by itself, by its sender's key, and by the columns named: what its record,
   and what has news with it, is told by. #}
{% set indexes = [
    {'columns': ['delivery_id', 'line_number', 'position'], 'unique': true}, {'columns': ['feed', 'line_key']}
] -%}
{% for column in varargs %}{% do indexes.append({'columns': [column]}) %}{% endfor -%}
{{ return(indexes) }}
{%- endmacro %}


{% macro versions_first() -%}
{# By which of the versions of one line stands: the greatest comes first. #}
{{ return([
    json_order('order_before') ~ ' desc nulls last', 'delivery_order desc', 'delivery_id desc',
    json_order('order_after') ~ ' desc nulls last', 'line_number desc'
]) }}
{%- endmacro %}


{% macro versions_last() -%}
{# The same, from the first to the one that stands. #}
{{ return([
    json_order('order_before') ~ ' nulls first', 'delivery_order', 'delivery_id',
    json_order('order_after') ~ ' nulls first', 'line_number'
]) }}
{%- endmacro %}


{% macro told_last() -%}
{# By which of several records that tell one fact counts, of one sender or of several, whose versions cannot be
   compared: the one told last comes first. #}
{{ return(['delivery_order desc', 'delivery_id desc', 'line_number desc', 'position']) }}
{%- endmacro %}


{% macro rejected_lines(keys) -%}
{# In which delivery a rejected line named a key of a feed last: its record is not absent from that. #}
(
    select
        feed,
        key_hash as line_key,
        max(delivery_order) as rejected_order
    from {{ keys }}
    group by feed, key_hash
)
{%- endmacro %}


{% macro latest_versions(staged, deliveries, rejected, key) -%}
{# One row per source (feed) and business key. Of the versions of a line (line_key) one stands; a record stands
   with the line that holds it, and is revoked where the line that stands holds it no more, as a dossier that
   names a benefit no longer. Only keys that new deliveries touched are worked on. `last_seen_order` says in
   which delivery the line was last named, be it by a rejected one: a later full delivery without it means it
   is gone. #}
with

{% if is_incremental() -%}
touched_lines as (
    select feed, line_key
    from {{ staged }}
    where delivery_id in (select delivery_id from ({{ new_deliveries(deliveries) }}) as fresh)

    union

    select feed, key_hash as line_key
    from {{ rejected }}
    where delivery_id in (select delivery_id from ({{ new_deliveries(deliveries) }}) as fresh)
),

touched as (
    select distinct feed, {{ key | join(', ') }}
    from {{ staged }}
    inner join touched_lines using (feed, line_key)
),

{% endif -%}
candidates as (
    select staged.*
    from {{ staged }} as staged
    {% if is_incremental() %}inner join touched on {{ same_key('staged', 'touched', ['feed'] + key) }}{% endif %}
    where staged.{{ key[0] }} is not null
),

{% if is_incremental() -%}
lines as (
    select staged.*
    from {{ staged }} as staged
    inner join (select distinct feed, line_key from candidates) as named using (feed, line_key)
),

{% endif -%}
standing as (
{{ distinct_on(
    ['feed', 'line_key'],
    'feed, line_key, delivery_id as standing_delivery_id, line_number as standing_line_number, '
    ~ 'max(delivery_order) over (partition by feed, line_key) as last_line_order',
    'lines' if is_incremental() else staged,
    versions_first()
) }}
),

judged as (
    select
        candidates.*,
        standing.last_line_order,
        candidates.delivery_id = standing.standing_delivery_id
        and candidates.line_number = standing.standing_line_number
        and not candidates.is_revoking as is_held
    from candidates
    inner join standing using (feed, line_key)
),

named as (
{{ distinct_on(['feed'] + key, '*', 'judged', ['is_held desc'] + versions_first() + ['position']) }}
)

select
    named.*,
    not named.is_held as is_revoked,
    greatest(named.last_line_order, rejected_lines.rejected_order) as last_seen_order
from named
left join {{ rejected_lines(rejected) }} as rejected_lines using (feed, line_key)
{%- endmacro %}


{% macro stands(record) -%}
{# Does a record stand: not revoked (作废), and named in or after the last full delivery of its source of which
   every line let its key be read? Reads the model's import `closings`. #}
not {{ record }}.is_revoked
    and not exists (
        select 1 from closings
        where closings.feed = {{ record }}.feed and closings.delivery_order > {{ record }}.last_seen_order
    )
{%- endmacro %}


{% macro lineage() -%}
feed,
    line_key,
    position,
    place,
    order_before,
    order_after,
    is_absent,
    is_revoked as is_revoking,
    updated_at,
    delivery_id,
    delivery_date,
    delivery_order,
    line_number
{%- endmacro %}


{% macro numbered(column) -%}
{# A number its system gives out, told from an equal one of another system. #}
coalesce(numbering || '/' || {{ column }}, {{ column }})
{%- endmacro %}


{% macro reach() -%}
{# How far several senders reach: as far as the one that reaches least, of which day and delivery are. Reads the
   model's import `senders` (int_senders). #}
{{ texts_in_order('senders.title_zh', 'senders.title_zh') }} as title_zh,
    case when bool_and(senders.delivery_id is not null) then min(senders.business_date) end as last_business_date,
    case when bool_and(senders.delivery_id is not null) then {{ first_by(
        'senders.delivery_id', ['senders.business_date', 'senders.delivery_id']
    ) }} end as last_delivery_id,
    case when bool_and(senders.delivery_id is not null) then {{ days_from_to('min(senders.business_date)', business_date()) }} end
        as days_old,
    bool_or(senders.is_stale) as is_stale
{%- endmacro %}
