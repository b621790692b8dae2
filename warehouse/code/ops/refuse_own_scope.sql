-- Nobody gives divisions to oneself, whoever keeps them. Taken they may be.
create or replace function ops.refuse_own_scope() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if new.user_name = session_user then
        raise insufficient_privilege using
            message = '不得给自己的登录行政区划。 No login gives divisions to itself: another has to.';
    end if;
    return new;
end $$;
comment on function ops.refuse_own_scope() is '触发器：不得给自己的登录行政区划';

create or replace trigger refuse_own_scope before insert or update on ops.division_scope
for each row execute function ops.refuse_own_scope();
