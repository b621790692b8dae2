-- What is wrong now, as far as the operations tables tell. Where all feeds are late the fault is not
-- with the senders one by one: one alert, not one per feed.
with

due as (
    select * from unnest(%(feeds)s::text[], %(due_on)s::date[]) as due (feed, due_on)
),

reach as (
    select
        feeds.feed,
        feeds.title_zh,
        feeds.stale_after_days,
        due.due_on,
        max(delivery.business_date) as reaches,
        -- Once a delivery came when its day was fresh. What is only ever taken in later, such as past
        -- years or an example, keeps to no schedule, so nobody is late.
        bool_or(
            (delivery.landed_at at time zone %(timezone)s)::date - delivery.business_date <= feeds.stale_after_days
        ) as was_ever_on_time
    from due
    inner join ops.feed as feeds using (feed)
    left join ops.delivery as delivery on delivery.feed = due.feed and delivery.status <> 'withdrawn'
    group by feeds.feed, due.due_on
),

late as (
    select *, count(*) over () = (select count(*) from reach as every_one) as is_every_feed
    from reach
    where (select bool_or(any_of_them.was_ever_on_time) from reach as any_of_them)
        and (
            reaches is null
            or (reaches < due_on and %(today)s::date - reaches > stale_after_days)
        )
),

last_release as (
    select *, ops.measured(description, observed, element_count, unexpected_count) as measured
    from ops.gate_result
    where
        gate = 'release'
        and checked_at = (select max(last.checked_at) from ops.gate_result as last where last.gate = 'release')
        and not success
)

select 'late_feed' as kind, feed as subject,
    title_zh || coalesce('：数据截至 ' || reaches, '：从未交付') || '，应有 ' || due_on || ' 的交付' as detail,
    due_on - reaches as extent
from late where not is_every_feed
union all
select 'late_feed', 'all', '所有来源均迟交，最近的数据截至 ' || coalesce(max(reaches)::text, '无') || '；先查交换目录',
    max(due_on) - max(reaches)
from late having bool_or(is_every_feed)
union all
select 'delivery_refused', delivery_id,
    string_agg(coalesce(%(refusals)s::jsonb ->> reason_code || '：', '') || reason, '；' order by reason_code), count(*)
from ops.rejected_delivery as refused
-- The correction may have another id: a refused manifest has only its folder's name.
where not exists (
    select from ops.delivery as landed
    where landed.landed_at > refused.first_seen_at and landed.status <> 'withdrawn'
        and (
            landed.delivery_id = refused.delivery_id
            or (landed.feed, landed.business_date) = (refused.feed, refused.business_date)
        )
)
group by delivery_id
-- Taken out of the inbox since (GONE): told again only when it is refused anew.
having delivery_id = any(%(refused_now)s) or coalesce(
    (
        select closed_at from ops.alert as told
        where told.kind = 'delivery_refused' and told.subject = refused.delivery_id
        order by alert_id desc limit 1
    ) < max(first_seen_at),
    true
)
union all
select 'delivery_held', delivery.delivery_id, coalesce(
    string_agg(
        ops.measured(
            coalesce(result.description, result.expectation),
            result.observed, result.element_count, result.unexpected_count
        ),
        '；' order by gate_result_id
    ),
    '见 ops.gate_result'
), count(result.gate_result_id)
from ops.delivery as delivery
left join ops.gate_result as result
    on result.gate = 'landing' and result.subject = delivery.delivery_id
    and not result.success and result.severity = 'critical'
where delivery.status = 'held'
group by delivery.delivery_id
union all
select 'inbox_stray', place, reason || ' 可留在那里的：minzheng inbox ignore PATH --reason ...', 1
from ops.inbox_stray where ignored_at is null
union all
-- Until one reaches the client again.
select 'callback_failed', client,
    count(*) || ' 次批量复核办结后未能告知（' || string_agg(distinct reason, '、' order by reason) || '），最后一次在 '
    || to_char(max(failed_at) at time zone %(timezone)s, 'YYYY-MM-DD HH24:MI'),
    count(*)
from (
    select client, last_error as reason, given_up_at as failed_at from ops.batch_callback where given_up_at is not null
    union all
    select client, 'not_sent' as reason, due_since as failed_at from ops.unsent_callback
) as failed
where not exists (
    select from ops.batch_callback as later
    where later.client = failed.client and later.delivered_at > failed.failed_at
)
group by client
union all
select 'gate_closed', subject, string_agg(measured, '；' order by gate_result_id), count(*)
from last_release where severity = 'critical'
group by subject
union all
select
    'findings_jump',
    rule_code,
    string_agg(measured, '；' order by gate_result_id),
    max(greatest(
        (observed ->> 'value')::numeric - coalesce(observed ->> 'max_count', observed ->> 'max_share')::numeric,
        (observed ->> 'min_count')::numeric - (observed ->> 'value')::numeric
    ))
from last_release where severity = 'warning' and rule_code is not null and observed ?| array['max_count', 'max_share']
group by rule_code
union all
-- Somebody is let in beside the usual ways, or was and has not been taken out again.
select 'emergency_access', login,
    role || ' 至 ' || to_char(until_at at time zone %(timezone)s, 'YYYY-MM-DD HH24:MI')
    || case when until_at < now() then '，已到期，登录尚未删除' else '' end,
    null
from ops.emergency_access where ended_at is null
