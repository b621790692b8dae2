-- Cases of identity are looked at by who links (minzheng review, explain --mention), with rights of their own.
create or replace function api_v1.note_lookup(operation text, purpose text, request jsonb, resident_ids bigint[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.want_purpose($2);
    perform verification.note_reading($1, $2, $3, $4);
end $$;
comment on function api_v1.note_lookup(text, text, jsonb, bigint[]) is '为身份核对所见的居民留痕，须说明用途';

-- Cases of identity are decided by who links, and say for what they look at people.
grant execute on function api_v1.note_lookup(text, text, jsonb, bigint[]) to loader;
