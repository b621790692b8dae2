-- The clients take turns, a request each: first whoever waited longest since the last one. A batch is
-- worked on by one session at a time.
create or replace function api_v1.advance_batches() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    due audit.batch;
begin
    select batch.* into due
    from audit.batch as batch
    where
        batch.client is not null and batch.finished_at is null
        and api_v1.is_client_door()
    order by
        (select max(other.advanced_at) from audit.batch as other where other.client = batch.client) nulls first,
        batch.submitted_at, batch.batch_id
    limit 1
    for update of batch skip locked;
    if not found then
        return false;
    end if;
    perform set_config('minzheng.client', due.client, true);
    perform verification.advance(due.batch_id);
    return true;
end $$;
comment on function api_v1.advance_batches() is
'REST 服务：轮到的客户的批量复核办理一个请求，各客户轮流；没有待办时返回 false';

grant execute on function api_v1.advance_batches() to approval_api;
