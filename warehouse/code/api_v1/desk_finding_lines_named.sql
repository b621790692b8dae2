-- A reading of its own in the log, as desk_household_named is.
create or replace function api_v1.desk_finding_lines_named(finding_id text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return verification.finding_lines('desk_finding_lines_named', $1, $2, true);
end $$;
comment on function api_v1.desk_finding_lines_named(text, text) is
'同 desk_finding_lines，但写明本区划人员的姓名、号码与电话；另行留痕';

grant execute on function api_v1.desk_finding_lines_named(text, text) to officer;
