create or replace function api_v1.ask_verification(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return verification.asked_by_hand('verify', $1);
end $$;
comment on function api_v1.ask_verification(jsonb) is
'手工核对申请：格式同 verify，操作人为登录者本人，所据授权书须属本区划；每次留痕';

grant execute on function api_v1.ask_verification(jsonb) to officer;
