-- What is served belongs to dw_owner, which nobody logs in as and which is no superuser: views run with the
-- rights of their owner. The masked views belong to analytics_owner, on whom row security falls. Then rights
-- given by an earlier version go: what follows, beside the objects and in rights/, is all there is.
do $$
declare
    served record;
    owner_name text;
    role_name text;
    schema_name text;
begin
    foreach owner_name in array array['dw_owner', 'analytics_owner', 'line_reader'] loop
        if not pg_has_role(current_user, owner_name, 'usage') then
            begin
                execute format('grant %I to %I', owner_name, current_user);
            exception
                when insufficient_privilege then
                    raise notice 'What is served stays with %, who is no member of %.', current_user, owner_name;
            end;
        end if;
    end loop;
    if
        pg_has_role(current_user, 'dw_owner', 'usage') and pg_has_role(current_user, 'analytics_owner', 'usage')
        and pg_has_role(current_user, 'line_reader', 'usage')
    then
        alter schema pub owner to dw_owner;
        alter schema api_v1 owner to dw_owner;
        alter schema verification owner to dw_owner;
        alter schema analytics owner to analytics_owner;
        -- But for a superuser nobody may give an object to whoever may not create it in its schema.
        grant create on schema pub to analytics_owner;
        grant create on schema verification to line_reader;
        for served in
            select
                relation.oid::regclass::text as name,
                case relation.relkind when 'v' then 'view' else 'table' end as kind,
                relation.relowner as owner,
                case when relation.relname like 'scoped\_%' then 'analytics_owner'::regrole else namespace.nspowner end
                as wanted
            from pg_class as relation
            inner join pg_namespace as namespace on namespace.oid = relation.relnamespace
            where namespace.nspname in ('pub', 'api_v1', 'verification', 'analytics') and relation.relkind in ('r', 'v')
            union all
            select
                routine.oid::regprocedure::text, 'function', routine.proowner,
                -- What reads lines meets what others made: it runs with no right but to read them.
                case
                    when namespace.nspname = 'verification' and routine.proname = 'source_lines' then 'line_reader'::regrole
                    else namespace.nspowner
                end
            from pg_proc as routine
            inner join pg_namespace as namespace on namespace.oid = routine.pronamespace
            where namespace.nspname in ('pub', 'api_v1', 'verification', 'analytics')
        loop
            if served.owner <> served.wanted then
                execute format('alter %s %s owner to %s', served.kind, served.name, served.wanted::regrole);
            end if;
        end loop;
        revoke create on schema pub from analytics_owner;
        revoke create on schema verification from line_reader;
    end if;

    foreach role_name in array array[ROLES] loop
        foreach schema_name in array array[
            'raw', 'input', 'clean', 'ops', 'audit', 'verification', 'staging', 'intermediate', 'marts', 'rules', 'pub',
            'api_v1', 'analytics', 'desk'
        ] loop
            continue when exists (
                select from pg_namespace where nspname = schema_name and nspowner = role_name::regrole
            );
            execute format('revoke all on schema %I from %I', schema_name, role_name);
            execute format('revoke all on all tables in schema %I from %I', schema_name, role_name);
            execute format('revoke all on all sequences in schema %I from %I', schema_name, role_name);
            -- Those of the desk belong to the officers whose passwords they set (serving/desk/officers.py).
            continue when schema_name = 'desk';
            execute format('revoke all on all functions in schema %I from %I', schema_name, role_name);
        end loop;
    end loop;

    -- Except over what steps made in their own schemas: an owner's rights can be revoked as well.
    for served in
        select relation.oid::regclass::text as name, relation.relowner::regrole::text as owner
        from pg_class as relation
        where
            relation.relkind in ('r', 'v')
            and relation.relnamespace::regnamespace::text in ('raw', 'input', 'staging', 'intermediate', 'marts', 'rules')
            and relation.relowner in ('loader'::regrole, 'transformer'::regrole)
    loop
        execute format('grant all on %s to %s', served.name, served.owner);
    end loop;
end $$;
