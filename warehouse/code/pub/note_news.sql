-- What the statements of whoever builds a source insert, update or delete is noted in the same
-- transaction, by the hash of the row's key; publishing then compares these keys alone. It acts as
-- whoever writes: a source's columns may be of a type its owner made, whose casts run with its values.
create or replace function pub.note_news() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
declare
    side text;
begin
    foreach side in array case tg_op when 'INSERT' then '{come}' when 'DELETE' then '{gone}' else '{gone, come}' end::text[] loop
        execute format(
            'insert into ops.source_news (relation, key_hash) select distinct %L, %s from %I', tg_argv[0], tg_argv[1], side
        );
    end loop;
    return null;
end $$;
comment on function pub.note_news() is '触发器：记录发布来源中被改动的行的键';
