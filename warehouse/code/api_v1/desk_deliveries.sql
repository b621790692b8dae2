create or replace function api_v1.desk_deliveries(first_day date, last_day date) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return jsonb_build_object(
        'feeds', (
            select coalesce(jsonb_agg(to_jsonb(sender) order by sender.system, sender.feed), '[]')
            from (
                select
                    feeds.feed, feeds.system, feeds.title_zh, feeds.owner, feeds.stale_after_days,
                    array_agg(distinct delivery.business_date) filter (where delivery.status <> 'withdrawn') as days,
                    -- What is only ever taken in later keeps to no schedule.
                    coalesce(bool_or(
                        (delivery.landed_at at time zone 'Asia/Shanghai')::date - delivery.business_date
                        <= feeds.stale_after_days
                    ), false) as was_ever_on_time
                from ops.feed as feeds
                left join ops.delivery as delivery on feeds.feed = delivery.feed
                group by feeds.feed, feeds.system, feeds.title_zh, feeds.owner, feeds.stale_after_days
            ) as sender
        ),
        'deliveries', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'delivery_id', delivery.delivery_id, 'feed', delivery.feed,
                    'business_date', delivery.business_date, 'mode', delivery.mode, 'status', delivery.status,
                    'landed_on', (delivery.landed_at at time zone 'Asia/Shanghai')::date,
                    'received_count', delivery.received_count, 'rejected_count', delivery.rejected_count
                )
                order by delivery.business_date, delivery.landed_at, delivery.delivery_id
            ), '[]')
            from ops.delivery as delivery
            where delivery.business_date between $1 and $2
        ),
        'refused', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'feed', refused.feed, 'business_date', refused.business_date, 'delivery_id', refused.delivery_id,
                    'reason', refused.reason, 'at', refused.first_seen_at
                )
                order by refused.first_seen_at
            ), '[]')
            from ops.rejected_delivery as refused
            where coalesce(refused.business_date, refused.first_seen_at::date) between $1 and $2
        )
    );
end $$;
comment on function api_v1.desk_deliveries(date, date) is '各来源在一段业务日期内的交付、暂扣与拒收；不涉及个人';

grant execute on function api_v1.desk_deliveries(date, date) to officer;
