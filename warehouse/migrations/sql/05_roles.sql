-- Group roles and their rights, set anew after every migration. Roles belong to the whole
-- server: where the migrating user may not create them, an administrator does
-- (docs/operations.md) and the next migration gives the rights.

do $$
declare
    role_name text;
begin
    foreach role_name in array array[
        'dw_owner', 'analytics_owner', 'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer',
        'auditor', 'vendor_ops', 'retention'
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

-- Where no temporary schema is named it is searched first, for types and tables: who may make a temporary
-- type called text would have a cast run as the owner of a function. Functions of migrations learn it here.
do $$
declare
    routine regprocedure;
begin
    for routine in
        select oid from pg_proc
        where
            pronamespace::regnamespace::text in ('clean', 'ops', 'audit', 'verification', 'pub', 'api_v1', 'analytics')
            and 'search_path=""' = any(proconfig)
    loop
        execute format('alter function %s set search_path = pg_catalog, pg_temp', routine);
    end loop;
end $$;

-- Nothing for everybody.
do $$
declare
    schema_name text;
begin
    foreach schema_name in array array[
        'raw', 'clean', 'ops', 'audit', 'verification', 'staging', 'intermediate', 'marts', 'rules', 'pub', 'api_v1', 'analytics'
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
    owner_name text;
    role_name text;
    schema_name text;
    owns_served boolean;
    own_rows text;
begin
    select string_agg(wanted, ', ') into missing
    from unnest(array[
        'dw_owner', 'analytics_owner', 'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer',
        'auditor', 'vendor_ops', 'retention'
    ]) as wanted
    where to_regrole(wanted) is null;
    if missing is not null then
        raise notice 'No rights were given, because these roles do not exist: %.', missing;
        return;
    end if;

    -- What is served belongs to dw_owner, which nobody logs in as and which is no superuser:
    -- views run with the rights of their owner. The masked views belong to analytics_owner, on
    -- whom row security falls.
    foreach owner_name in array array['dw_owner', 'analytics_owner'] loop
        if not pg_has_role(current_user, owner_name, 'usage') then
            begin
                execute format('grant %I to %I', owner_name, current_user);
            exception
                when insufficient_privilege then
                    raise notice 'What is served stays with %, who is no member of %.', current_user, owner_name;
            end;
        end if;
    end loop;
    owns_served := pg_has_role(current_user, 'dw_owner', 'usage')
        and pg_has_role(current_user, 'analytics_owner', 'usage');
    if owns_served then
        alter schema pub owner to dw_owner;
        alter schema api_v1 owner to dw_owner;
        alter schema verification owner to dw_owner;
        alter schema analytics owner to analytics_owner;
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
            select routine.oid::regprocedure::text, 'function', routine.proowner, namespace.nspowner
            from pg_proc as routine
            inner join pg_namespace as namespace on namespace.oid = routine.pronamespace
            where namespace.nspname in ('pub', 'api_v1', 'verification', 'analytics')
        loop
            if served.owner <> served.wanted then
                execute format('alter %s %s owner to %s', served.kind, served.name, served.wanted::regrole);
            end if;
        end loop;
    end if;

    -- Rights given by an earlier version go; what follows is all there is.
    foreach role_name in array array[
        'dw_owner', 'analytics_owner', 'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer',
        'auditor', 'vendor_ops', 'retention'
    ] loop
        foreach schema_name in array array[
            'raw', 'clean', 'ops', 'audit', 'verification', 'staging', 'intermediate', 'marts', 'rules', 'pub',
            'api_v1', 'analytics'
        ] loop
            continue when exists (
                select from pg_namespace where nspname = schema_name and nspowner = role_name::regrole
            );
            execute format('revoke all on schema %I from %I', schema_name, role_name);
            execute format('revoke all on all tables in schema %I from %I', schema_name, role_name);
            execute format('revoke all on all sequences in schema %I from %I', schema_name, role_name);
            execute format('revoke all on all functions in schema %I from %I', schema_name, role_name);
        end loop;
    end loop;

    -- Except over what steps made in their own schemas: an owner's rights can be revoked as well.
    for served in
        select relation.oid::regclass::text as name, relation.relowner::regrole::text as owner
        from pg_class as relation
        where
            relation.relkind in ('r', 'v')
            and relation.relnamespace::regnamespace::text in ('raw', 'staging', 'intermediate', 'marts', 'rules')
            and relation.relowner in ('loader'::regrole, 'transformer'::regrole)
    loop
        execute format('grant all on %s to %s', served.name, served.owner);
    end loop;

    if owns_served then
        grant usage on schema ops, clean, audit to dw_owner;
        grant select, references on ops.generation to dw_owner;
        grant select on
            ops.authorization, ops.authorization_revocation, ops.division_scope, ops.client_door to dw_owner;
        grant execute on all functions in schema clean to dw_owner;
        grant select on clean.character_sound to dw_owner;
        -- What officers see and decide of findings, by functions that log it.
        grant select on ops.finding_state to dw_owner;
        grant select (feed) on ops.feed to dw_owner;
        grant select, insert on ops.finding_decision, ops.authorization, ops.authorization_revocation to dw_owner;
        grant select on pub.scoped_household_history to dw_owner;
        -- The log may be added to and read, never changed.
        grant select, insert on audit.verification_log, audit.batch, audit.batch_item to dw_owner;
        grant update (report_no, problem_code) on audit.batch_item to dw_owner;
        grant update (advanced_at, finished_at) on audit.batch to dw_owner;
        -- Puts the triggers on the sources of publishing.
        grant usage on schema marts, rules to dw_owner;
        grant trigger on all tables in schema marts, rules to dw_owner;
        grant usage on schema pub to analytics_owner;
        grant select on all tables in schema pub to analytics_owner;
        grant usage on schema ops to analytics_owner;
        grant select on ops.generation to analytics_owner;
    end if;

    -- Every program looks first whether the database is up to date.
    grant usage on schema ops to loader, transformer, publisher, retention, approval_api, officer, auditor, vendor_ops;
    grant select on ops.alembic_version, ops.script
        to loader, transformer, publisher, retention, approval_api, officer, auditor, vendor_ops;

    -- Whose turn it is: only whoever does the work can make others wait for it.
    grant select, insert, update on ops.turn to loader, transformer, publisher, retention, auditor;
    drop policy if exists steps on ops.turn;
    create policy steps on ops.turn to loader, transformer, publisher, retention using (name <> 'anchor');
    drop policy if exists anchors on ops.turn;
    create policy anchors on ops.turn to auditor using (name = 'anchor');

    -- landing, gates, linkage
    grant usage, create on schema raw to loader;
    grant usage on schema clean, ops, staging, intermediate, marts, rules to loader;
    grant select, insert, delete on all tables in schema raw to loader;
    grant select on all tables in schema staging, intermediate, marts, rules to loader;
    grant execute on all functions in schema clean to loader;
    grant select on clean.character_sound to loader;
    grant select, insert, update, delete on
        ops.feed, ops.delivery, ops.rejected_delivery, ops.rejected_row, ops.line_version, ops.gate_result,
        ops.person_link, ops.resident_identity, ops.resident_name, ops.holder_name, ops.name_sound, ops.identity_weighed,
        ops.identity_pair, ops.identity_review, ops.identity_event to loader;
    grant select, insert on ops.identity_decision to loader;
    grant select on ops.generation, ops.build to loader;
    grant select, insert, delete on ops.absorbed_delivery to loader;
    grant select, insert, update on ops.alert to loader;
    grant execute on function ops.measured(text, jsonb, bigint, bigint), ops.number_text(numeric) to loader;
    grant select, insert on ops.alert_notice, ops.withdrawal to loader;
    grant select, insert, update, delete on ops.inbox_stray to loader;
    grant select on ops.source_scorecard to loader;

    -- The release gate compares with what is served, through the pointer.
    grant usage on schema pub to loader;
    grant select on pub.current_release to loader;

    -- dbt
    grant usage on schema raw, clean, ops, pub to transformer;
    -- findings remember when they were first seen and what officers decided
    grant select on pub.finding, ops.finding_decision to transformer;
    grant select on all tables in schema raw to transformer;
    grant select on
        ops.feed, ops.delivery, ops.person_link, ops.resident_identity, ops.holder_name, ops.identity_decision,
        ops.identity_event,
        ops.generation, ops.finding_decision, ops.asked_review, ops.last_review
        to transformer;
    grant select (delivery_id, key_hash) on ops.rejected_row to transformer;  -- never the line itself
    grant select, insert, delete on ops.absorbed_delivery to transformer;
    grant select, insert, update, delete on ops.marts_mark to transformer;
    grant insert on ops.source_news to transformer;  -- by the triggers on what it builds
    grant execute on all functions in schema clean to transformer;
    grant select on clean.character_sound to transformer;
    grant usage, create on schema staging, intermediate, marts, rules to transformer;

    -- publishing
    grant usage on schema marts, rules, pub, ops to publisher;
    grant select on all tables in schema marts, rules to publisher;
    grant select, insert, update on all tables in schema pub to publisher;
    grant select, insert on ops.generation, ops.build to publisher;
    grant execute on function pub.renew_statistics(regclass), pub.watch(text, regclass, text[]) to publisher;
    grant select, insert, update, delete on ops.build_under_way to publisher;
    grant select, insert, update, delete on ops.watched_source to publisher;
    grant select, delete on ops.source_news to publisher;

    -- Retention may remove what is no longer in force, and blank what was rejected; nothing else.
    grant usage on schema pub, audit to retention;
    grant select on ops.generation, ops.delivery, ops.rejected_row, ops.gate_result to retention;
    grant update (dropped_at) on ops.generation to retention;
    grant update (raw_line) on ops.rejected_row to retention;
    grant delete on ops.gate_result to retention;
    grant select (generation) on audit.verification_log to retention;
    grant select, delete on audit.batch, audit.batch_item to retention;
    grant update (submitted_at) on audit.batch to retention;  -- only to hold a batch while it goes
    grant select on pub.current_generation to retention;

    -- What dbt and landing make anew is readable without a grant afterwards.
    alter default privileges in schema raw grant select on tables to transformer;
    alter default privileges in schema marts grant select on tables to publisher, loader;
    alter default privileges in schema rules grant select on tables to publisher, loader;
    alter default privileges in schema marts, rules grant trigger on tables to dw_owner;
    alter default privileges in schema staging grant select on tables to loader;
    alter default privileges in schema intermediate grant select on tables to loader;
    if pg_has_role(current_user, 'loader', 'member') and pg_has_role(current_user, 'transformer', 'member') then
        alter default privileges for role loader in schema raw grant select on tables to transformer;
        alter default privileges for role transformer in schema marts grant select on tables to publisher, loader;
        alter default privileges for role transformer in schema rules grant select on tables to publisher, loader;
        alter default privileges for role transformer in schema marts, rules grant trigger on tables to dw_owner;
        alter default privileges for role transformer in schema staging grant select on tables to loader;
        alter default privileges for role transformer in schema intermediate grant select on tables to loader;
    end if;

    -- The approval system asks; it cannot list.
    grant usage on schema api_v1 to approval_api, officer;
    grant select on api_v1.current_release, api_v1.source_freshness to approval_api, officer;
    grant execute on function
        api_v1.verify(jsonb), api_v1.marriage_status(jsonb), api_v1.eldercare_stay(jsonb),
        api_v1.get_report(text, text, text), api_v1.submit_batch(jsonb), api_v1.advance_batch(uuid),
        api_v1.advance_batches(), api_v1.batch(uuid), api_v1.is_client_door() to approval_api;
    grant execute on function pub.source_freshness_today() to approval_api, officer, loader;
    -- Officers see the cases of their own divisions, each reading logged.
    grant execute on function
        api_v1.household_check(text, text), api_v1.benefit_overlap(text, text), api_v1.resident_status(text, text),
        api_v1.findings(text, text, text, text, text, integer), api_v1.finding_count(text, text, text),
        api_v1.finding_ids(text), api_v1.worklist(text, integer, text), api_v1.household_sheets(text, text),
        api_v1.finding_reasons(), api_v1.finding_decisions(text, text),
        api_v1.decide_finding(text, text, text, text, text), api_v1.authorization_state(text),
        api_v1.enter_authorization(text, text[], text[], date, date, text),
        api_v1.revoke_authorization(text, text, text)
        to officer;
    grant select on api_v1.rule_title to officer;
    -- Cases of identity are decided by who links; both say for what they look at people.
    grant usage on schema api_v1 to loader;
    grant execute on function api_v1.purposes() to officer, loader;
    grant execute on function api_v1.note_lookup(text, text, jsonb, bigint[]) to loader;
    -- Whether a note holds an identity number is asked before it is kept.
    grant usage on schema clean to officer;
    grant execute on function clean.mask_id_numbers_in(text) to officer;
    grant usage on schema analytics to analyst, officer;
    grant select on analytics.coverage, analytics.rule_precision, analytics.statistics_benefit_month to officer;
    grant select on all tables in schema analytics to analyst;
    grant execute on all functions in schema analytics to analyst;
    -- Row security and the officers' views ask it for whoever is logged in, and tell that person only.
    grant execute on function pub.own_divisions(), pub.sees_all_divisions() to analyst, officer;
    grant usage on schema audit, ops, api_v1 to auditor;
    grant execute on function api_v1.reproduce(text), api_v1.resident_of(text) to auditor;
    grant select on all tables in schema audit to auditor;
    grant execute on function audit.row_text(audit.verification_log) to auditor;
    grant select on ops.authorization, ops.authorization_revocation, ops.merged_resident to auditor;
    grant select on ops.generation, ops.gate_result, ops.delivery to auditor, vendor_ops;
    grant select on ops.alert, ops.alert_notice, ops.source_scorecard, ops.inbox_stray to vendor_ops;
    grant select on ops.withdrawal to auditor, vendor_ops;
    grant usage on schema ops to vendor_ops;

    execute format('grant temporary on database %I to loader, transformer, publisher', current_database());

    -- Row security: nobody sees a row unless a policy says so, the owner included. What is served
    -- to the approval system is whole ("in force anywhere"); analysts see their own divisions.
    for served in
        select
            relation.relname as name,
            array(select attname::text from pg_attribute where attrelid = relation.oid and attnum > 0) as columns
        from pg_class as relation
        where relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
    loop
        if served.name <> 'current_generation' then
            execute format('grant select on pub.%I to loader', 'current_' || served.name);
        end if;
        continue when not owns_served;
        execute format('alter table pub.%I enable row level security', served.name);
        execute format('alter table pub.%I force row level security', served.name);
        execute format('drop policy if exists serve on pub.%I', served.name);
        execute format('create policy serve on pub.%I for select to dw_owner using (true)', served.name);
        execute format('drop policy if exists publish on pub.%I', served.name);
        execute format('create policy publish on pub.%I to publisher using (true) with check (true)', served.name);
        -- Of a served table it sees, and so removes, only rows that have ended; no version of a finding.
        execute format('drop policy if exists retain on pub.%I', served.name);
        if 'to_generation' = any(served.columns) and served.name <> 'finding' then
            execute format('grant select (from_generation, to_generation), delete on pub.%I to retention', served.name);
            execute format(
                'create policy retain on pub.%I to retention using (to_generation is not null)', served.name
            );
        elsif served.name = 'current_generation' then
            create policy retain on pub.current_generation for select to retention using (true);
        end if;
        execute format('drop policy if exists remember on pub.%I', served.name);
        if served.name = 'finding' then
            create policy remember on pub.finding for select to transformer using (true);
        end if;
        execute format('drop policy if exists own_divisions on pub.%I', served.name);
        execute format('drop policy if exists everybody on pub.%I', served.name);
        if served.name = any(array[
            'current_generation', 'anomaly_rule', 'source_freshness', 'benefit_standard', 'income_window',
            'rule_parameter', 'verification_parameter', 'verification_code', 'finding_reason'
        ]) then
            execute format('create policy everybody on pub.%I for select to analytics_owner using (true)', served.name);
        else
            -- The sub-selects are evaluated once; a call per row would cost 17 times as much. What has
            -- no division of its own follows the household or the resident it belongs to, where they are by the
            -- newest generation: who moved away is not seen any more by where they were.
            own_rows := case
                when 'division_code' = any(served.columns) then
                    '(select pub.sees_all_divisions()) or division_code = any((select pub.own_divisions())::text[])'
                when 'aid_household_no' = any(served.columns) then
                    'aid_household_no in (select aid_household_no from pub.aid_household where to_generation is null)'
                when 'resident_id' = any(served.columns) then
                    'resident_id in (select resident_id from pub.resident where to_generation is null)'
            end;
            if own_rows is not null then
                execute format(
                    'create policy own_divisions on pub.%I for select to analytics_owner, analyst, officer using (%s)',
                    served.name, own_rows
                );
            end if;
        end if;
    end loop;
end $$;
