create or replace function api_v1.resident_of(id_number text) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select max(resident.resident_id) from pub.resident as resident where resident.id_number = clean.id_number($1);
end;
comment on function api_v1.resident_of(text) is '审计：公民身份号码所指的居民编号';

grant execute on function api_v1.resident_of(text) to auditor;
