-- How well each sending system delivers, month by month of the business date, with the change since
-- the month before. Shares have their denominators beside them.
create or replace view ops.source_scorecard as
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
        date_trunc('month', delivery.business_date)::date as month,
        count(*) as delivery_count,
        count(*) filter (where delivery.status = 'held') as held_count,
        sum(delivery.received_count) as received_count,
        sum(delivery.rejected_count) as rejected_count,
        coalesce(sum(checks.check_count), 0) as check_count,
        coalesce(sum(checks.failed_count), 0) as failed_check_count
    from ops.delivery as delivery
    left join checks using (delivery_id)
    group by 1, 2
),

refused as (
    select
        system,
        date_trunc('month', coalesce(business_date, first_seen_at))::date as month,
        count(distinct delivery_id) as refused_count
    from ops.rejected_delivery
    group by 1, 2
),

shares as (
    select
        system,
        month,
        coalesce(delivery_count, 0) as delivery_count,
        coalesce(held_count, 0) as held_count,
        coalesce(refused_count, 0) as refused_count,
        received_count,
        rejected_count,
        rejected_count / nullif(received_count, 0) as rejected_share,
        check_count,
        failed_check_count,
        failed_check_count / nullif(check_count, 0) as failed_check_share
    from delivered
    full join refused using (system, month)
)

select
    *,
    rejected_share - lag(rejected_share) over months as rejected_share_change,
    failed_check_share - lag(failed_check_share) over months as failed_check_share_change
from shares
window months as (partition by system order by month);
comment on view ops.source_scorecard is '来源评分：各系统按业务月份的交付、暂扣、拒收与检查情况，及与上一月之差';
comment on column ops.source_scorecard.rejected_share is '拒收行占收到行的比例';
comment on column ops.source_scorecard.failed_check_share is '落地检查中不符合的比例（不含仅作记录的检查）';

grant select on ops.source_scorecard to loader, vendor_ops;
