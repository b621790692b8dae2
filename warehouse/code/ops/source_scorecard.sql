-- How well each sending system delivers, month by month of the business date, with the change since
-- the month before. Shares have their denominators beside them.
create or replace view ops.source_scorecard as
with

shares as (
    select
        system,
        month,
        sum(delivery_count)::bigint as delivery_count,
        sum(held_count)::bigint as held_count,
        sum(refused_count)::bigint as refused_count,
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count,
        sum(rejected_count) / nullif(sum(received_count), 0) as rejected_share,
        sum(check_count) as check_count,
        sum(failed_check_count) as failed_check_count,
        sum(failed_check_count) / nullif(sum(check_count), 0) as failed_check_share
    from ops.source_quality
    group by system, month
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
