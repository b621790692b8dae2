-- To which day each source reaches. A source that never delivered is not zero: it is unknown.
with

feeds as (select * from {{ source('ops', 'feed') }}),

stg_deliveries as (select * from {{ ref('stg_deliveries') }}),

deliveries as (
    {{ distinct_on(
        ['feed'], 'feed, business_date, delivery_id', 'stg_deliveries', ['delivery_order desc', 'delivery_id desc']
    ) | indent(4) }}
)

select
    feeds.feed,
    feeds.title_zh,
    deliveries.business_date as last_business_date,
    deliveries.delivery_id as last_delivery_id,
    {{ business_date() }} - deliveries.business_date as days_old,
    deliveries.business_date is null
    or coalesce({{ business_date() }} - deliveries.business_date > feeds.stale_after_days, false) as is_stale
from feeds
left join deliveries using (feed)
