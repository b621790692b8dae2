{# Incremental by delivery: every model takes a delivery in once. #}

{% macro new_deliveries() -%}
{# Accepted deliveries up to the business date which this model has not taken in yet. #}
select
    delivery.delivery_id,
    delivery.feed,
    delivery.business_date as delivery_date,
    delivery.delivery_order
from {{ ref('stg_deliveries') }} as delivery
{% if is_incremental() -%}
where not exists (
    select 1 from {{ source('ops', 'absorbed_delivery') }} as absorbed
    where absorbed.model = '{{ this.name }}' and absorbed.delivery_id = delivery.delivery_id
)
{%- endif %}
{%- endmacro %}


{% macro note_absorbed() -%}
{# Post-hook, in the model's own transaction. A full refresh may be for an earlier day: then
   later deliveries are news again. #}
{% if flags.FULL_REFRESH -%}
delete from {{ source('ops', 'absorbed_delivery') }} where model = '{{ this.name }}';
{% endif -%}
insert into {{ source('ops', 'absorbed_delivery') }} (model, delivery_id)
select '{{ this.name }}', delivery_id from {{ ref('stg_deliveries') }}
on conflict do nothing
{%- endmacro %}


{% macro delivered_lines(feed) -%}
{# The lines of new deliveries of a feed, as received. #}
select
    delivery.delivery_date,
    delivery.delivery_order,
    received.*
from {{ source('raw', feed) }} as received
inner join ({{ new_deliveries() }}) as delivery on received._delivery_id = delivery.delivery_id
{%- endmacro %}


{% macro latest_versions(staged, key, updated_at=none) -%}
{# One row per business key: the latest 更新时间, else the latest delivery and line, wins.
   Only keys that new deliveries touched are worked on. `last_seen_order` says in which
   delivery the key was last named: a later full delivery without it means it is gone. #}
with

touched as (
    select distinct {{ key | join(', ') }}
    from {{ ref(staged) }}
    {% if is_incremental() -%}
    where delivery_id in (select delivery_id from ({{ new_deliveries() }}) as fresh)
    {%- endif %}
)

{{ distinct_on(
    key,
    'staged.*, max(delivery_order) over (partition by ' ~ (key | join(', ')) ~ ') as last_seen_order',
    ref(staged) ~ ' as staged' ~ (' inner join touched using (' ~ (key | join(', ')) ~ ')' if is_incremental() else ''),
    ([updated_at ~ ' desc nulls last'] if updated_at else [])
        + ['delivery_order desc', 'delivery_id desc', 'line_number desc']
) }}
{%- endmacro %}


{% macro current_records(latest, feed) -%}
{# Records that stand: not revoked (作废), and named in or after the feed's last full delivery
   that was read without a rejected line. #}
(
    select latest.*
    from {{ ref(latest) }} as latest
    where
        not latest.is_revoked
        and latest.last_seen_order >= coalesce((
            select max(delivery.delivery_order)
            from {{ ref('stg_deliveries') }} as delivery
            where delivery.feed = '{{ feed }}' and delivery.closes_absent
        ), 0)
)
{%- endmacro %}


{% macro lineage() -%}
_delivery_id as delivery_id,
    delivery_date,
    delivery_order,
    _line_number as line_number
{%- endmacro %}


{% macro is_revoked(operation) -%}
clean.compact({{ operation }}) = '作废'
{%- endmacro %}
