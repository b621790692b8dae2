create or replace function api_v1.desk_counts(
    rule_code text, division text, severity text, least_yuan numeric, since date, certainty text, is_own boolean
) returns table (pile text, findings bigint, overdue bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select listed.pile, count(*), count(*) filter (where listed.is_overdue)
    from verification.desk_listed($1, $2, $3, $4, $5, $6, $7) as listed
    group by listed.pile;
end $$;
comment on function api_v1.desk_counts(text, text, text, numeric, date, text, boolean) is
'工作台各摞疑点的件数与逾期件数；不涉及个人';

grant execute on function api_v1.desk_counts(text, text, text, numeric, date, text, boolean) to officer;
