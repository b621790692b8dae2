-- Which findings served begin so: at most two are wanted to know whether one is meant.
create or replace function api_v1.finding_ids(beginning text) returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select listed.finding_id
    from verification.listed_findings($1, null, null, null) as listed
    where listed.outcome = 'hit'
    order by listed.finding_id
    limit 2;
end $$;
comment on function api_v1.finding_ids(text) is '以此开头的疑点编号（本区划，最多两个）';

grant execute on function api_v1.finding_ids(text) to officer;
