create or replace function api_v1.eldercare_stay(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('eldercare_stay', $1);
end $$;
comment on function api_v1.eldercare_stay(jsonb) is '养老机构入住：与 verify 同样的请求、授权与留痕，只答入住';

grant execute on function api_v1.eldercare_stay(jsonb) to approval_api;
