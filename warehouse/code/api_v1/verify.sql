-- With generic plans a question costs a fifth: planned anew for each list of members, most of the time
-- would go into planning. So do the other questions of the contract.
create or replace function api_v1.verify(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('verify', $1);
end $$;
comment on function api_v1.verify(jsonb) is
'家庭经济状况核对：没有有效授权和用途不予答复，每次请求与答复记入审计日志；请求与答复的格式见 docs/openapi.json';

grant execute on function api_v1.verify(jsonb) to approval_api;
