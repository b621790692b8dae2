-- What is let in under a login for hours does not outlast its day.
create or replace function ops.end_with_emergency() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.valid_to := least(new.valid_to, (
        select (broken.until_at at time zone 'Asia/Shanghai')::date
        from ops.emergency_access as broken
        where broken.login = session_user
    ));
    return new;
end $$;
comment on function ops.end_with_emergency() is '触发器：应急登录所建令牌至迟与其同日到期';

create or replace trigger end_with_emergency before insert on ops.client_token
for each row execute function ops.end_with_emergency();
