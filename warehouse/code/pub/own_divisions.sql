-- Whose rows may this login see? By session_user, which no caller can change, and a table, which no
-- caller can write; a session setting could be set by the caller. Not listed: nothing.
create or replace function pub.own_divisions() returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select coalesce(array_agg(distinct seen.division_code), '{}')
from ops.division_scope as scope
left join pub.division as former on former.division_code = scope.division_code and former.to_generation is null
cross join lateral (values (scope.division_code), (former.successor_code)) as seen (division_code)
where scope.user_name = session_user and seen.division_code is not null;
end;
comment on function pub.own_divisions() is '登录用户可见的行政区划';

-- Row security and the officers' views ask it for whoever is logged in, and tell that person only.
grant execute on function pub.own_divisions() to analyst, officer;
