-- What stands in raw and input beside plain tables and views that only read: whoever reads there runs what whoever
-- lands has made, at night as a login that may act as every step. Empty where all is as landing makes it.
create or replace function ops.strange_inputs() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $$
with

landed as (select oid, nspname from pg_namespace where nspname in ('raw', 'input')),

relations as (
    select pg_class.*, nspname from pg_class inner join landed on landed.oid = relnamespace
),

-- What a view reads by: names of the server's own are pinned and stand in no list of dependencies.
called as (
    select distinct ev_class, (matched[1])::oid as funcid
    from pg_rewrite
    inner join relations on relations.oid = ev_class
    cross join regexp_matches(ev_action::text, ':funcid (\d+)', 'g') as matched
)

select format('%s (relkind %s)', oid::regclass, relkind)
from relations where not case nspname when 'raw' then relkind in ('r', 'i') else relkind = 'v' end
union all
select format('%s (row security)', oid::regclass) from relations where relrowsecurity
union all
select format('%s of %s (rule)', rulename, ev_class::regclass)
from pg_rewrite inner join relations on relations.oid = ev_class
where not (relkind = 'v' and rulename = '_RETURN')
union all
select format('%s of %s (trigger)', tgname, tgrelid::regclass)
from pg_trigger inner join relations on relations.oid = tgrelid where not tgisinternal
union all
select format('%s of %s (default)', adnum, adrelid::regclass)
from pg_attrdef inner join relations on relations.oid = adrelid
union all
select format('%s of %s (check)', conname, conrelid::regclass)
from pg_constraint inner join relations on relations.oid = conrelid where contype = 'c'
union all
select format('%s (expression in an index)', indexrelid::regclass)
from pg_index inner join relations on relations.oid = indrelid
where indexprs is not null or indpred is not null
union all
select format('%s.%s (type %s)', attrelid::regclass, attname, atttypid::regtype)
from pg_attribute
inner join relations on relations.oid = attrelid
inner join pg_type on pg_type.oid = atttypid
where attnum > 0 and not attisdropped and typnamespace <> 'pg_catalog'::regnamespace
union all
select format('%s (routine)', pg_proc.oid::regprocedure) from pg_proc inner join landed on landed.oid = pronamespace
union all
select format('%s (operator)', pg_operator.oid::regoperator)
from pg_operator inner join landed on landed.oid = oprnamespace
union all
select format('%s calls %s', ev_class::regclass, funcid::regprocedure)
from called
left join pg_proc on pg_proc.oid = funcid
left join pg_namespace on pg_namespace.oid = pronamespace
where
    (
        nspname = 'clean'
        -- which neither set nor run anything
        or nspname = 'pg_catalog' and provolatile <> 'v' and proname !~ '_to_xml'
    ) is not true
union all
-- An operator, a function behind one, or a relation of somebody else.
select format('%s reads %s', ev_class::regclass, pg_describe_object(refclassid, refobjid, 0))
from pg_rewrite
inner join relations on relations.oid = ev_class
inner join pg_depend on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
left join pg_class as read on refclassid = 'pg_class'::regclass and read.oid = refobjid
left join pg_proc on refclassid = 'pg_proc'::regclass and pg_proc.oid = refobjid
where
    not case refclassid
        when 'pg_class'::regclass then read.relnamespace::regnamespace::text in ('raw', 'input', 'ops')
        when 'pg_proc'::regclass then pronamespace::regnamespace::text in ('pg_catalog', 'clean')
        else false
    end
order by 1
$$;
comment on function ops.strange_inputs() is
'raw 与 input 中除普通表和只读视图之外的内容：有则来源行不予显示、构建不开始';

grant execute on function ops.strange_inputs() to loader, line_reader;
