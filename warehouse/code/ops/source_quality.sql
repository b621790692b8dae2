-- What each feed delivered and what came of it, month by month of the business date.
create or replace view ops.source_quality as
with

checks as (
    select
        result.subject as delivery_id,
        count(*) as check_count,
        count(*) filter (where not result.success) as failed_count
    from ops.gate_result as result
    -- A gate may ask again: the last answer stands.
    inner join (
        select subject, max(checked_at) as checked_at
        from ops.gate_result
        where gate = 'landing'
        group by subject
    ) as last using (subject, checked_at)
    where result.gate = 'landing' and result.severity <> 'info'
    group by result.subject
),

delivered as (
    select
        delivery.system,
        delivery.feed,
        date_trunc('month', delivery.business_date)::date as month,
        count(*) as delivery_count,
        count(*) filter (where delivery.status = 'held') as held_count,
        sum(delivery.received_count) as received_count,
        sum(delivery.rejected_count) as rejected_count,
        coalesce(sum(checks.check_count), 0) as check_count,
        coalesce(sum(checks.failed_count), 0) as failed_check_count
    from ops.delivery as delivery
    left join checks using (delivery_id)
    group by 1, 2, 3
),

refused as (
    select
        system,
        feed,
        date_trunc('month', coalesce(business_date, first_seen_at))::date as month,
        count(distinct delivery_id) as refused_count
    from ops.rejected_delivery
    group by 1, 2, 3
)

select
    system,
    feed,
    month,
    coalesce(delivery_count, 0) as delivery_count,
    coalesce(held_count, 0) as held_count,
    coalesce(refused_count, 0) as refused_count,
    received_count,
    rejected_count,
    check_count,
    failed_check_count
from delivered
full join refused using (system, feed, month);
comment on view ops.source_quality is '来源质量：各来源按业务月份的交付、暂扣、拒收与检查情况';
