create or replace function api_v1.desk_finding_lines(finding_id text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return verification.finding_lines('desk_finding_lines', $1, $2, false);
end $$;
comment on function api_v1.desk_finding_lines(text, text) is
'按用途查阅本区划某一疑点所依据的来源行及其救助家庭的申报行：原样与读出（脱敏），留痕';

grant execute on function api_v1.desk_finding_lines(text, text) to officer, auditor;
