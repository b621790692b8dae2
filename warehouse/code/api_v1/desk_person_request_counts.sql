create or replace function api_v1.desk_person_request_counts() returns table (open bigint, overdue bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select count(*), count(*) filter (where own.is_overdue)
    from verification.own_person_request as own where own.is_open;
end $$;
comment on function api_v1.desk_person_request_counts() is '本区划未答复的本人请求件数与逾期件数';

grant execute on function api_v1.desk_person_request_counts() to officer;
