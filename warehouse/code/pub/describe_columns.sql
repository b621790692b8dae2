-- Views of other schemas inherit the Chinese comments of the columns they pass on: from what they read, where
-- a column of the name stands there, else from any served table that has one.
create or replace function pub.describe_columns(target_schema text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    passed_on record;
begin
    for passed_on in
        select distinct on (target.attrelid, target.attnum)
            target.attrelid::regclass::text as relation,
            target.attname as column_name,
            described.description
        from pg_catalog.pg_attribute as target
        inner join pg_catalog.pg_class as view on view.oid = target.attrelid and view.relkind = 'v'
        inner join pg_catalog.pg_attribute as source on source.attname = target.attname
        inner join pg_catalog.pg_class as served
            on served.oid = source.attrelid and served.relname like 'current\_%'
            and served.relnamespace = 'pub'::regnamespace
        inner join pg_catalog.pg_description as described
            on described.objoid = source.attrelid and described.objsubid = source.attnum
        left join lateral (
            select true as is_read
            from pg_catalog.pg_rewrite as rule
            inner join pg_catalog.pg_depend as needs on needs.objid = rule.oid and needs.classid = 'pg_rewrite'::regclass
            inner join pg_catalog.pg_class as seen on seen.oid = needs.refobjid and needs.refclassid = 'pg_class'::regclass
            where
                rule.ev_class = view.oid
                and regexp_replace(seen.relname, '^(current|scoped)_', '') = regexp_replace(served.relname, '^current_', '')
            limit 1
        ) as reading on true
        where view.relnamespace = target_schema::regnamespace
            and target.attnum > 0
            and pg_catalog.col_description(target.attrelid, target.attnum) is null
        order by target.attrelid, target.attnum, reading.is_read nulls last, served.relname
    loop
        execute format(
            'comment on column %s.%I is %L',
            passed_on.relation, passed_on.column_name, passed_on.description
        );
    end loop;
end $$;
