-- int_senders: which feeds fill which kind of record.
select
    feeds.feed,
    feeds.title_zh,
    feeds.stale_after_days,
    filled.record
from {{ source('ops', 'feed') }} as feeds
cross join lateral {{ items_of('feeds.records') }} as filled (record)
