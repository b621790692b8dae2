-- A caller may write any name; the login is the server's word.
create or replace function ops.keep_login() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return jsonb_populate_record(new, jsonb_build_object(tg_argv[0], session_user));
end $$;
comment on function ops.keep_login() is '触发器：记下登录用户，调用者写什么都不算；参数为列名';
