-- Also whoever may act as the owner of what is served.
create or replace function pub.sees_all_divisions() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select
    exists (
        select from ops.division_scope as scope where scope.user_name = session_user and scope.division_code = '*'
    )
    or exists (
        select from pg_catalog.pg_namespace as served
        where served.nspname = 'pub' and pg_catalog.pg_has_role(session_user, served.nspowner, 'member')
    );
end;
comment on function pub.sees_all_divisions() is '登录用户是否可见全部行政区划';

-- Row security and the officers' views ask it for whoever is logged in, and tell that person only.
grant execute on function pub.sees_all_divisions() to analyst, officer;
