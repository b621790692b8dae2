-- To which day each kind of record reaches, by the sender that reaches least far. A sender that never delivered
-- is not zero: it is unknown. feed: the kind of record.
with

senders as (select * from {{ ref('int_senders') }}),

stg_deliveries as (select * from {{ ref('stg_deliveries') }}),

deliveries as (
    {{ distinct_on(
        ['feed'], 'feed, business_date, delivery_id', 'stg_deliveries', ['delivery_order desc', 'delivery_id desc']
    ) | indent(4) }}
),

reaching as (
    select
        senders.record,
        senders.title_zh,
        deliveries.business_date,
        deliveries.delivery_id,
        deliveries.business_date is null
        or coalesce({{ business_date() }} - deliveries.business_date > senders.stale_after_days, false) as is_stale
    from senders
    left join deliveries using (feed)
)

select
    record as feed,
    string_agg(title_zh, '、' order by title_zh) as title_zh,
    case when bool_and(delivery_id is not null) then min(business_date) end as last_business_date,
    case when bool_and(delivery_id is not null) then min(delivery_id) end as last_delivery_id,
    case when bool_and(delivery_id is not null) then {{ business_date() }} - min(business_date) end as days_old,
    bool_or(is_stale) as is_stale
from reaching
group by record
