create or replace function api_v1.advance_batch(batch_id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    if not exists (
        select from audit.batch as batch
        where batch.batch_id = $1 and verification.asker(batch.client, batch.caller) = verification.asker()
    ) then
        return false;
    end if;
    return verification.advance($1);
end $$;
comment on function api_v1.advance_batch(uuid) is '办理自己的批量复核中的下一个请求；没有待办时返回 false';

grant execute on function api_v1.advance_batch(uuid) to approval_api;
