-- Trusted: those who own what is served, administrators (superusers and members of dw_owner), and who
-- migrated. Everything else in these schemas is named with what mends it.
with

trusted as (
    select oid from pg_roles
    where
        rolsuper
        or rolname in ('dw_owner', 'analytics_owner', 'line_reader')
        or (to_regrole('dw_owner') is not null and pg_has_role(oid, to_regrole('dw_owner'), 'member'))
        or oid in (select datdba from pg_database where datname = current_database())
        or oid in (select relowner from pg_class where oid = to_regclass('ops.alembic_version'))
),

watched as (
    select oid, nspname from pg_namespace
    where nspname in ('clean', 'ops', 'audit', 'verification', 'pub', 'api_v1', 'analytics')
),

owned as (
    select
        format('schema %I', nspname) as name, '' as met_by, nspowner as owner, nspacl as acl, 'CREATE' as right_to_shape
    from pg_namespace where oid in (select oid from watched)
    union all
    select
        format('%s %s', case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, oid::regclass),
        '', relowner, relacl, 'TRIGGER'
    from pg_class where relnamespace in (select oid from watched) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select format('function %s', oid::regprocedure), '', proowner, null, null
    from pg_proc where pronamespace in (select oid from watched)
    union all
    select format('type %s', oid::regtype), '', typowner, null, null
    from pg_type where typnamespace in (select oid from watched) and typrelid = 0 and typcategory <> 'A'
    union all
    -- with their owner's rights, set off by whoever writes to our tables
    select
        format('function %s', tgfoid::regprocedure), format(', trigger of %s', tgrelid::regclass), proowner, null, null
    from pg_trigger
    inner join pg_proc on pg_proc.oid = tgfoid
    inner join pg_class on pg_class.oid = tgrelid
    where not tgisinternal and relnamespace in (select oid from watched)
)

select name || met_by || ' belongs to ' || owner::regrole || ': `alter ' || name || ' owner to ' || current_user || '`'
from owned where owner not in (select oid from trusted)
union all
select
    name || ' can be shaped by ' || coalesce(nullif(grantee, 0)::regrole::text, 'everybody') || ': `revoke '
    || lower(privilege_type) || ' on ' || regexp_replace(name, '^view', 'table') || ' from '
    || coalesce(nullif(grantee, 0)::regrole::text, 'public') || '`'
from owned, aclexplode(acl) as granted
where privilege_type = right_to_shape and grantee not in (select oid from trusted)
union all
select format('%s is a member of %s: `revoke %s from %s`', member.rolname, owner.rolname, owner.rolname, member.rolname)
from pg_roles as member, pg_roles as owner
where
    member.rolname in (
        'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer', 'auditor', 'vendor_ops', 'retention'
    )
    and owner.rolname in ('dw_owner', 'analytics_owner', 'line_reader')
    and pg_has_role(member.oid, owner.oid, 'member')
order by 1
