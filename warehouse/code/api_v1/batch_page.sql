create or replace function api_v1.batch_page(batch_id uuid, after_item integer, most integer) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select coalesce(
    (
        select verification.batch_progress(batch.batch_id, $2, $3)
        from audit.batch as batch
        where batch.batch_id = $1 and verification.asker(batch.client, batch.caller) = verification.asker()
    ),
    verification.problem('batch_unknown', 'null')
);
end;
comment on function api_v1.batch_page(uuid, integer, integer) is
'批量复核的进度，及某项之后已办结的至多若干项；next_after 为下一页的起点，空值为此后再无';

grant execute on function api_v1.batch_page(uuid, integer, integer) to approval_api;
