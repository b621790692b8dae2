-- Columns of served views are described anew: by the file of their view, or as the table they come from
-- (columns.sql).
do $$
declare
    described record;
begin
    for described in
        select attrelid::regclass::text as relation, attname as column_name
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        where
            relnamespace in ('api_v1'::regnamespace, 'analytics'::regnamespace)
            and relkind = 'v' and attnum > 0 and col_description(attrelid, attnum) is not null
    loop
        execute format('comment on column %s.%I is null', described.relation, described.column_name);
    end loop;
end $$;
