-- Of deliveries, which belong to no division and tell of nobody.
create or replace view analytics.source_quality with (security_barrier = true) as
select
    quality.system,
    quality.feed,
    source.title_zh as feed_zh,
    quality.month,
    quality.delivery_count,
    quality.held_count,
    quality.refused_count,
    quality.received_count,
    quality.rejected_count,
    quality.rejected_count / nullif(quality.received_count, 0) as rejected_share,
    quality.check_count,
    quality.failed_check_count,
    quality.failed_check_count / nullif(quality.check_count, 0) as failed_check_share
from ops.source_quality as quality
left join pub.scoped_source_freshness as source using (feed);
comment on view analytics.source_quality is '来源质量：每个来源每个业务月份一行';
comment on column analytics.source_quality.system is '来源系统';
comment on column analytics.source_quality.feed_zh is '来源名称';
comment on column analytics.source_quality.month is '业务月份（当月第一日）';
comment on column analytics.source_quality.delivery_count is '收到的交付数';
comment on column analytics.source_quality.held_count is '其中暂扣的';
comment on column analytics.source_quality.refused_count is '拒收的交付数（不在收到之内）';
comment on column analytics.source_quality.received_count is '收到的行数';
comment on column analytics.source_quality.rejected_count is '拒收的行数';
comment on column analytics.source_quality.rejected_share is '拒收行占收到行的比例';
comment on column analytics.source_quality.check_count is '落地检查数（不含仅作记录的）';
comment on column analytics.source_quality.failed_check_count is '其中不符合的';
comment on column analytics.source_quality.failed_check_share is '落地检查中不符合的比例';
