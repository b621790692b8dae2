-- A reading of its own in the log: who wanted names and numbers in full.
create or replace function api_v1.desk_household_named(
    household_no text, purpose text, known_generation integer default null, asked_on date default null
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return verification.desk_household('desk_household_named', $1, $2, $3, $4, true);
end $$;
comment on function api_v1.desk_household_named(text, text, integer, date) is
'同 desk_household，但写明姓名与号码；另行留痕';

grant execute on function api_v1.desk_household_named(text, text, integer, date) to officer;
