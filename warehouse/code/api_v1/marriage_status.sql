create or replace function api_v1.marriage_status(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('marriage_status', $1);
end $$;
comment on function api_v1.marriage_status(jsonb) is '婚姻状况：与 verify 同样的请求、授权与留痕，只答婚姻';

grant execute on function api_v1.marriage_status(jsonb) to approval_api;
