-- Whether somebody is known, and as whom, is a reading as well.
create or replace function api_v1.resident_of(id_number text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_id constant bigint := (
        select max(resident.resident_id) from pub.resident as resident where resident.id_number = clean.id_number($1)
    );
begin
    perform verification.note_reading(
        'resident_of', 'audit', jsonb_build_object('id_number', $1), array_remove(array[found_id], null)
    );
    return found_id;
end $$;
comment on function api_v1.resident_of(text) is '审计：公民身份号码所指的居民编号；留痕';

grant execute on function api_v1.resident_of(text) to auditor;
