-- What readers see of a served table: the rows of the generation the pointer names, with every column the
-- table has, described as in the table.
create or replace view pub.current_TABLE as
select COLUMNS
from pub.TABLE
where
    from_generation <= (select generation from pub.current_generation)
    and (to_generation is null or to_generation > (select generation from pub.current_generation));

do $$
declare
    described record;
begin
    for described in
        select
            case
                when objsubid = 0 then 'view pub.current_TABLE'
                else format('column pub.current_TABLE.%I', attname)
            end as name,
            replace(description, '（按发布世代保存）', '（读者所见的世代）') as text
        from pg_description
        left join pg_attribute on attrelid = objoid and attnum = objsubid
        where
            objoid = 'pub.TABLE'::regclass and classoid = 'pg_class'::regclass
            and attname in ('row_key', 'row_hash', 'from_generation', 'to_generation') is not true
    loop
        execute format('comment on %s is %L', described.name, described.text);
    end loop;
end $$;
