-- A delivery, its checks as last asked, each with what it said of the deliveries before, and its rejected lines by
-- reason.
create or replace function api_v1.desk_delivery(delivery_id text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return (
        with

        asked as (
            select * from ops.delivery as delivery where delivery.delivery_id = $1
        ),

        lately as materialized (
            select delivery.delivery_id, delivery.business_date
            from ops.delivery as delivery
            inner join asked using (feed)
            where (delivery.business_date, delivery.landed_at) <= (asked.business_date, asked.landed_at)
            order by delivery.business_date desc, delivery.landed_at desc
            limit 12
        ),

        checks as materialized (
            -- A gate may ask again: the last answer stands.
            select distinct on (result.subject, result.expectation, result.column_name, result.description)
                result.*,
                lately.business_date,
                coalesce(result.unexpected_count::numeric / nullif(result.element_count, 0), 0) as share
            from ops.gate_result as result
            inner join lately on result.subject = lately.delivery_id
            where result.gate = 'landing'
            order by
                result.subject, result.expectation, result.column_name, result.description, result.checked_at desc
        )

        select jsonb_build_object(
            'delivery_id', asked.delivery_id, 'system', asked.system, 'feed', asked.feed,
            'business_date', asked.business_date, 'mode', asked.mode, 'status', asked.status,
            'file_name', asked.file_name, 'landed_at', asked.landed_at, 'received_count', asked.received_count,
            'landed_count', asked.landed_count, 'rejected_count', asked.rejected_count,
            'repeated_count', asked.repeated_count,
            'withdrawn_because', (
                select string_agg(distinct said.reason, '；') from ops.withdrawal as said where said.delivery_id = $1
            ),
            'rejected', (
                select coalesce(jsonb_agg(to_jsonb(counted) order by counted.count desc, counted.reason_code), '[]')
                from (
                    select line.reason_code, line.column_name, count(*) as count
                    from ops.rejected_row as line
                    where line.delivery_id = $1
                    group by line.reason_code, line.column_name
                ) as counted
            ),
            'checks', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'description', coalesce(checks.description, checks.expectation),
                        'severity', checks.severity, 'success', checks.success,
                        'element_count', checks.element_count, 'unexpected_count', checks.unexpected_count,
                        'trend', (
                            select jsonb_agg(
                                jsonb_build_object(
                                    'day', before.business_date, 'share', before.share, 'success', before.success
                                )
                                order by before.business_date, before.subject
                            )
                            from checks as before
                            where
                                before.expectation = checks.expectation
                                and before.column_name is not distinct from checks.column_name
                                and before.description is not distinct from checks.description
                        )
                    )
                    order by
                        checks.success, array_position(array['critical', 'warning', 'info'], checks.severity),
                        checks.gate_result_id
                ), '[]')
                from checks
                where checks.subject = $1
            )
        )
        from asked
    );
end $$;
comment on function api_v1.desk_delivery(text) is '一次交付：件数、检查及其走势、拒收的原因；只有计数，不涉及个人';

grant execute on function api_v1.desk_delivery(text) to officer;
