-- Whose divisions changed, by whom and when, for logins and for clients: whoever keeps them cannot keep it back.
create or replace function ops.keep_scope_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    before constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
begin
    insert into ops.scope_change (holder, is_client, division_code, change)
    select step.holder, tg_table_name = 'client', step.division_code, step.change
    from (
        select 'taken' as change, gone.holder, gone.division_code from ops.scope_of(before) as gone
        where (gone.holder, gone.division_code) not in (select kept.holder, kept.division_code from ops.scope_of(after) as kept)
        union all
        select 'given', come.holder, come.division_code from ops.scope_of(after) as come
        where (come.holder, come.division_code) not in (select had.holder, had.division_code from ops.scope_of(before) as had)
    ) as step;
    return null;
end $$;
comment on function ops.keep_scope_change() is '触发器：登录与客户的行政区划每次增减记一行，连同所用的登录';

create or replace trigger keep_scope_change after insert or update or delete on ops.division_scope
for each row execute function ops.keep_scope_change();
create or replace trigger keep_scope_change after insert or update or delete on ops.client
for each row execute function ops.keep_scope_change();
