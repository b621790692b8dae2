-- The words and the extent of an open alert follow its cause; what it is, and since when, stays.
create or replace function ops.refuse_change_but_closing() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.closed_at is null
        and (new.alert_id, new.kind, new.subject, new.raised_at)
        = (old.alert_id, old.kind, old.subject, old.raised_at)
        and (new.closed_at is null or (new.detail, new.extent) is not distinct from (old.detail, old.extent)) then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
