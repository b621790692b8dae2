-- int_senders: which feeds fill which kind of record, and to which day each reaches. One that never delivered is
-- not zero: it is unknown.
with

stg_deliveries as (select * from {{ ref('stg_deliveries') }}),

deliveries as (
    {{ distinct_on(
        ['feed'], 'feed, business_date, delivery_id', 'stg_deliveries', ['delivery_order desc', 'delivery_id desc']
    ) | indent(4) }}
)

select
    feeds.feed,
    feeds.title_zh,
    filled.record,
    deliveries.business_date,
    deliveries.delivery_id,
    deliveries.business_date is null
    or coalesce({{ days_from_to('deliveries.business_date', business_date()) }} > feeds.stale_after_days, false) as is_stale
from {{ source('ops', 'feed') }} as feeds
cross join lateral {{ items_of('feeds.records') }} as filled (record)
left join deliveries using (feed)
