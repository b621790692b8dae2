-- int_closings: the last full delivery of each source that says who is gone: what was named before it and not
-- since no longer stands.
select
    feed,
    max(delivery_order) as delivery_order
from {{ ref('stg_deliveries') }}
where closes_absent
group by feed
