create or replace function api_v1.is_client_door() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
return exists (select from ops.client_door as door where door.user_name = session_user);
comment on function api_v1.is_client_door() is '登录用户是否可以说明代哪个客户询问（REST 服务）';

grant execute on function api_v1.is_client_door() to approval_api;
