-- Whose a consent entered by hand is stands beside it from the first, and in which divisions a person's request was
-- recorded: whoever entered it may see other divisions later.
create or replace function ops.keep_divisions() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.entered_divisions := array(
        select scope.division_code from ops.division_scope as scope where scope.user_name = session_user order by 1
    );
    -- A consent that an administrator enters holds wherever its household is.
    if tg_table_name = 'authorization' and pub.sees_all_divisions() then
        new.entered_divisions := array['*'];
    end if;
    return new;
end $$;
comment on function ops.keep_divisions() is '触发器：记下登记授权书或本人请求时登录所属的行政区划，调用者写什么都不算';

create or replace trigger keep_divisions before insert on ops."authorization"
for each row execute function ops.keep_divisions();
create or replace trigger keep_divisions before insert on ops.person_request
for each row execute function ops.keep_divisions();
