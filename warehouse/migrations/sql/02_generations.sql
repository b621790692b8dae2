-- pub.<table>_at(generation): a served table as known at any generation retained. Plain SQL, so
-- that the planner sees through it and reads by index. pub.scoped_<table>: what pub.current_<table>
-- shows, under row security.

do $$
declare
    served text;
begin
    for served in
        select relation.relname
        from pg_class as relation
        inner join pg_attribute as span on span.attrelid = relation.oid and span.attname = 'from_generation'
        where relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
    loop
        execute format(
            'create or replace function pub.%1$I(generation integer) returns setof pub.%2$I language sql stable as '
            '$at$ select * from pub.%2$I where from_generation <= $1 and (to_generation is null or to_generation > $1) $at$',
            served || '_at', served
        );
        execute format('comment on function pub.%I(integer) is %L', served || '_at', '某一发布世代的内容');
        -- A view reads with the rights of its owner, and so does what it reads in turn: on the
        -- views of dw_owner no row security falls. These belong to analytics_owner. What a reader asks
        -- for stays outside: neither an index nor a statistic of rows that are not shown may answer it,
        -- which `explain` would tell. So `offset 0`, and the barrier, behind which no statistics are read.
        execute format(
            'create or replace view pub.%I with (security_barrier = true) as %s offset 0',
            'scoped_' || served,
            rtrim(pg_get_viewdef(format('pub.%I', 'current_' || served)::regclass), '; ')
        );
        execute format(
            'comment on view pub.%I is %L', 'scoped_' || served, '读者所见的世代，限于登录用户的行政区划'
        );
    end loop;
end $$;

-- Whose rows may this login see? By session_user, which no caller can change, and a table, which no
-- caller can write; a session setting could be set by the caller. Not listed: nothing.
create or replace function pub.own_divisions() returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select coalesce(array_agg(scope.division_code), '{}') from ops.division_scope as scope
where scope.user_name = session_user;
end;
comment on function pub.own_divisions() is '登录用户可见的行政区划';

-- Also whoever may act as the owner of what is served.
create or replace function pub.sees_all_divisions() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select
    exists (
        select from ops.division_scope as scope where scope.user_name = session_user and scope.division_code = '*'
    )
    or exists (
        select from pg_catalog.pg_namespace as served
        where served.nspname = 'pub' and pg_catalog.pg_has_role(session_user, served.nspowner, 'member')
    );
end;
comment on function pub.sees_all_divisions() is '登录用户是否可见全部行政区划';

-- Only an owner may analyse, and nobody logs in as the owner of what is served.
create or replace function pub.renew_statistics(served regclass) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Of its own tables alone: what others shape (an index, a statistic) is not for this owner to run.
    if not exists (
        select from pg_catalog.pg_class as relation
        where relation.oid = served and relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
    ) then
        raise insufficient_privilege using message = pg_catalog.format('%s is not served.', served);
    end if;
    execute pg_catalog.format('analyze %s', served);
end $$;
comment on function pub.renew_statistics(regclass) is '大量改写后更新统计信息';

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
