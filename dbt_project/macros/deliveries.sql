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
{# Post-hook, in the model's own transaction. A full refresh may be for an earlier day: then
   later deliveries are news again. #}
{% if flags.FULL_REFRESH -%}
delete from {{ source('ops', 'absorbed_delivery') }} where model = '{{ this.name }}';
{% endif -%}
insert into {{ source('ops', 'absorbed_delivery') }} (model, delivery_id)
select '{{ this.name }}', delivery_id from {{ ref('stg_deliveries') }}
on conflict do nothing
{%- endmacro %}


{% macro delivered_lines(received, deliveries) -%}
{# The lines of new deliveries of a feed, as received. #}
select
    delivery.delivery_date,
    delivery.delivery_order,
    received.*
from {{ received }} as received
inner join ({{ new_deliveries(deliveries) }}) as delivery on received._delivery_id = delivery.delivery_id
{%- endmacro %}


{% macro key_hash(key) -%}
{# Of cleaned columns, as landing hashes the key of a line it rejects. #}
clean.key_hash({% for column in key %}{{ column }}::text{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{% macro rejected_keys(keys, feed) -%}
{# In which delivery a rejected line named a key of the feed last: the record is not absent from it. #}
(
    select
        key_hash,
        max(delivery_order) as rejected_order
    from {{ keys }}
    where feed = '{{ feed }}'
    group by key_hash
)
{%- endmacro %}


{% macro latest_versions(staged, deliveries, rejected, feed, key, updated_at=none) -%}
{# One row per business key: the latest 更新时间, else the latest delivery and line, wins.
   Only keys that new deliveries touched are worked on. `last_seen_order` says in which
   delivery the key was last named, be it by a rejected line: a later full delivery without it
   means it is gone. #}
with

touched as (
    select {{ key | join(', ') }}
    from {{ staged }}
    {% if is_incremental() -%}
    where delivery_id in (select delivery_id from ({{ new_deliveries(deliveries) }}) as fresh)

    union

    select {{ key | join(', ') }}
    from {{ this }}
    where key_hash in (
        select key_hash
        from {{ rejected }}
        where feed = '{{ feed }}' and delivery_id in (select delivery_id from ({{ new_deliveries(deliveries) }}) as fresh)
    )
    {%- endif %}
),

candidates as (
    select staged.*
    from {{ staged }} as staged
    {% if is_incremental() %}inner join touched using ({{ key | join(', ') }}){% endif %}
),

named as (
{{ distinct_on(
    key,
    'candidates.*, max(delivery_order) over (partition by ' ~ (key | join(', ')) ~ ') as last_line_order, '
    ~ key_hash(key) ~ ' as key_hash',
    'candidates',
    ([updated_at ~ ' desc nulls last'] if updated_at else [])
        + ['delivery_order desc', 'delivery_id desc', 'line_number desc']
) }}
)

select named.*, greatest(named.last_line_order, rejected.rejected_order) as last_seen_order
from named
left join {{ rejected_keys(rejected, feed) }} as rejected on named.key_hash = rejected.key_hash
{%- endmacro %}


{% macro stands(record, feed) -%}
{# Does a record stand: not revoked (作废), and named in or after the feed's last full delivery of which every
   line let its key be read? Reads the model's import `stg_deliveries`. #}
not {{ record }}.is_revoked
    and {{ record }}.last_seen_order >= coalesce((
        select max(delivery.delivery_order)
        from stg_deliveries as delivery
        where delivery.feed = '{{ feed }}' and delivery.closes_absent
    ), 0)
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
