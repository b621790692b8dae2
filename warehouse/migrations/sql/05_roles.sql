-- Group roles and their rights, set anew after every migration. Roles belong to the whole
-- server: where the migrating user may not create them, an administrator does
-- (docs/operations.md) and the next migration gives the rights.

do $$
declare
    role_name text;
begin
    foreach role_name in array array[
        'dw_owner', 'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer', 'auditor',
        'vendor_ops'
    ] loop
        if to_regrole(role_name) is null then
            begin
                execute format('create role %I nologin', role_name);
            exception
                when insufficient_privilege then
                    raise notice 'Role % does not exist and may not be created by %.', role_name, current_user;
                when duplicate_object or unique_violation then
                    null;  -- a migration of another database on this server was faster
            end;
        end if;
    end loop;
end $$;

-- Nothing for everybody.
do $$
declare
    schema_name text;
begin
    foreach schema_name in array array[
        'raw', 'clean', 'ops', 'audit', 'staging', 'intermediate', 'marts', 'rules', 'pub', 'api_v1', 'analytics'
    ] loop
        execute format('revoke all on schema %I from public', schema_name);
        execute format('revoke all on all tables in schema %I from public', schema_name);
        execute format('revoke all on all functions in schema %I from public', schema_name);
    end loop;
    -- A temporary function leaks rows through a view that is not a security barrier.
    execute format('revoke temporary on database %I from public', current_database());
end $$;

do $$
declare
    missing text;
    served record;
begin
    select string_agg(wanted, ', ') into missing
    from unnest(array[
        'dw_owner', 'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer', 'auditor',
        'vendor_ops'
    ]) as wanted
    where to_regrole(wanted) is null;
    if missing is not null then
        raise notice 'No rights were given, because these roles do not exist: %.', missing;
        return;
    end if;

    -- What is served belongs to dw_owner, which nobody logs in as and which is no superuser:
    -- views run with the rights of their owner.
    if not pg_has_role(current_user, 'dw_owner', 'usage') then
        begin
            execute format('grant dw_owner to %I', current_user);
        exception
            when insufficient_privilege then
                raise notice 'What is served stays with %, who is no member of dw_owner.', current_user;
        end;
    end if;
    if pg_has_role(current_user, 'dw_owner', 'usage') then
        alter schema pub owner to dw_owner;
        alter schema api_v1 owner to dw_owner;
        alter schema analytics owner to dw_owner;
        for served in
            select relation.oid::regclass::text as name, case relation.relkind when 'v' then 'view' else 'table' end as kind
            from pg_class as relation
            where
                relation.relnamespace in ('pub'::regnamespace, 'api_v1'::regnamespace, 'analytics'::regnamespace)
                and relation.relkind in ('r', 'v')
                and relation.relowner <> 'dw_owner'::regrole
            union all
            select routine.oid::regprocedure::text, 'function'
            from pg_proc as routine
            where
                routine.pronamespace in ('pub'::regnamespace, 'api_v1'::regnamespace, 'analytics'::regnamespace)
                and routine.proowner <> 'dw_owner'::regrole
        loop
            execute format('alter %s %s owner to dw_owner', served.kind, served.name);
        end loop;
        grant usage on schema ops to dw_owner;
        grant select, references on ops.generation to dw_owner;
    end if;

    -- landing, gates, linkage
    grant usage, create on schema raw to loader;
    grant usage on schema clean, ops to loader;
    grant select, insert on all tables in schema raw to loader;
    grant execute on all functions in schema clean to loader;
    grant select, insert, update on all tables in schema ops to loader;
    revoke insert, update on ops.generation, ops.finding_decision from loader;

    -- dbt
    grant usage on schema raw, clean, ops to transformer;
    grant select on all tables in schema raw, ops to transformer;
    grant execute on all functions in schema clean to transformer;
    grant usage, create on schema staging, intermediate, marts, rules to transformer;
    alter default privileges in schema raw grant select on tables to transformer;

    -- publishing
    grant usage on schema marts, rules, pub, ops to publisher;
    grant select on all tables in schema marts, rules to publisher;
    alter default privileges in schema marts grant select on tables to publisher;
    alter default privileges in schema rules grant select on tables to publisher;
    grant select, insert, update on all tables in schema pub to publisher;
    grant select, insert on ops.generation to publisher;

    -- readers
    grant usage on schema api_v1 to approval_api, officer;
    grant select on all tables in schema api_v1 to approval_api, officer;
    grant execute on all functions in schema api_v1 to approval_api, officer;
    grant usage on schema analytics to analyst;
    grant select on all tables in schema analytics to analyst;
    grant execute on all functions in schema analytics to analyst;
    grant usage on schema audit, ops to auditor;
    grant select on all tables in schema audit to auditor;
    grant select on ops.generation, ops.gate_result, ops.delivery to auditor;
    grant usage on schema ops to vendor_ops;
    grant select on ops.generation, ops.gate_result, ops.delivery to vendor_ops;

    execute format('grant temporary on database %I to loader, transformer, publisher', current_database());
end $$;
