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
        -- views of dw_owner no row security falls. These belong to analytics_owner.
        execute format(
            'create or replace view pub.%I as %s',
            'scoped_' || served, pg_get_viewdef(format('pub.%I', 'current_' || served)::regclass)
        );
        execute format(
            'comment on view pub.%I is %L', 'scoped_' || served, '读者所见的世代，限于登录用户的行政区划'
        );
    end loop;
end $$;

-- Whose rows may this login see? By session_user, which no caller can change, and a table, which no
-- caller can write; a session setting could be set by the caller. Not listed: nothing.
create or replace function pub.own_divisions() returns text[]
language sql stable security definer set search_path = ''
begin atomic
select coalesce(array_agg(scope.division_code), '{}') from ops.division_scope as scope
where scope.user_name = session_user;
end;
comment on function pub.own_divisions() is '登录用户可见的行政区划';

-- Also whoever may act as the owner of what is served.
create or replace function pub.sees_all_divisions() returns boolean
language sql stable security definer set search_path = ''
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
language plpgsql security definer set search_path = '' as $$
begin
    execute format('analyze %s', served);
end $$;
comment on function pub.renew_statistics(regclass) is '大量改写后更新统计信息';
