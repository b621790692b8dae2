-- Set off by any change of the verification log.
create or replace function audit.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'The verification log is append-only.' using errcode = 'insufficient_privilege';
end $$;
