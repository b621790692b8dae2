-- int_not_sent: the rules to which somebody who sends a kind of record does not send a column they need. A sender
-- is asked by the versions of its contract that read the deliveries of which lines may stand.
with

deliveries as (select * from {{ ref('stg_deliveries') }}),

closings as (select * from {{ ref('int_closings') }}),

-- A line that was named again in a later delivery stands with what that delivery says.
standing as (
    select distinct
        deliveries.feed,
        deliveries.business_date
    from deliveries
    left join closings using (feed)
    where deliveries.delivery_order >= coalesce(closings.delivery_order, 0)
),

columns as (
    select
        told.lost as rule_code,
        told.record,
        told.column_name,
        told.title_zh,
        bool_or(told.is_sent) as is_sent_by_some
    from {{ source('input', 'column_sent') }} as told
    inner join standing
        on
            told.feed = standing.feed
            and standing.business_date >= coalesce(told.first_day, standing.business_date)
            and (told.following_day is null or standing.business_date < told.following_day)
    group by told.lost, told.record, told.column_name, told.title_zh
    having not bool_and(told.is_sent)
)

select
    rule_code,
    bool_and(is_sent_by_some) as is_sent_by_some,
    {{ texts_in_order('title_zh', 'record, column_name') }} as columns_zh
from columns
group by rule_code
