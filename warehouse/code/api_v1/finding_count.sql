create or replace function api_v1.finding_count(rule_code text, division text, state text) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select count(*) from verification.listed_findings(null, $1, $2, $3));
end $$;
comment on function api_v1.finding_count(text, text, text) is '本区划的疑点数，按规则、区划、状态；不涉及个人';

grant execute on function api_v1.finding_count(text, text, text) to officer;
