create or replace function api_v1.batch(batch_id uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select coalesce(
    (
        select verification.batch_progress(batch.batch_id, 0, 10000)
        from audit.batch as batch
        where batch.batch_id = $1 and verification.asker(batch.client, batch.caller) = verification.asker()
    ),
    verification.problem('batch_unknown', 'null')
);
end;
comment on function api_v1.batch(uuid) is '批量复核的进度与结果';

grant execute on function api_v1.batch(uuid) to approval_api;
