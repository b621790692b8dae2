-- Only an owner, or whoever was given the right, may put a trigger on a table; false where that is
-- not dw_owner. The types are those served, as publishing hashes them; what is made here runs nothing.
-- With an empty search path types would be looked for among temporary ones first.
create or replace function pub.watch(served text, source regclass, key text[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    key_hash text;
    event text;
begin
    select
        format(
            'hash_record_extended(row(%s), 0)',
            string_agg(
                format('%I::%s', attname, format_type(atttypid, atttypmod)), ', ' order by array_position(key, attname::text)
            )
        )
    into key_hash
    from pg_catalog.pg_attribute
    where attrelid = format('pub.%I', served)::regclass and attname = any(key);
    foreach event in array array['insert', 'update', 'delete'] loop
        execute format(
            'create or replace trigger %I after %s on %s referencing %s for each statement execute function pub.note_news(%L, %L)',
            'note_' || event, event, source,
            concat_ws(
                ' ', case when event <> 'insert' then 'old table as gone' end,
                case when event <> 'delete' then 'new table as come' end
            ),
            served, key_hash
        );
    end loop;
    return true;
exception
    when insufficient_privilege then return false;
end $$;
comment on function pub.watch(text, regclass, text[]) is '自此记录来源表的改动；无权时返回 false';

grant execute on function pub.watch(text, regclass, text[]) to publisher;
