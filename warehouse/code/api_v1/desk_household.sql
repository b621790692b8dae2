create or replace function api_v1.desk_household(
    household_no text, purpose text, known_generation integer default null, asked_on date default null
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return verification.desk_household('desk_household', $1, $2, $3, $4, false);
end $$;
comment on function api_v1.desk_household(text, text, integer, date) is
'按用途查阅本区划某户及与之相关的登记户、法定家庭、救助家庭：成员、婚姻、待遇、经济状况（某世代所知的某日；脱敏），留痕';

grant execute on function api_v1.desk_household(text, text, integer, date) to officer;
