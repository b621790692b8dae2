-- The purposes of the list; empty before anything is published.
create or replace function api_v1.purposes() returns text[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return array(
        select code from pub.current_verification_code where code_list = 'purpose' order by code
    );
end $$;
comment on function api_v1.purposes() is '查阅可说明的用途（代码表 purpose）';

grant execute on function api_v1.purposes() to officer, loader, approval_api;
