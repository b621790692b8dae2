-- What several programs need: to know whether the database is up to date, whose turn it is, room for
-- temporary tables, and what is made anew without a grant.

-- Every program looks first whether the database is up to date.
grant select on ops.alembic_version, ops.script
    to loader, transformer, publisher, retention, approval_api, officer, auditor, vendor_ops, desk,
    security;

-- Whose turn it is: only whoever does the work can make others wait for it.
grant select, insert, update on ops.turn to loader, transformer, publisher, retention, auditor;
drop policy if exists steps on ops.turn;
create policy steps on ops.turn to loader, transformer, publisher, retention using (name <> 'anchor');
drop policy if exists anchors on ops.turn;
create policy anchors on ops.turn to auditor using (name = 'anchor');

-- What dbt and landing make anew is readable without a grant afterwards.
alter default privileges in schema raw, input grant select on tables to transformer, line_reader;
alter default privileges in schema raw grant select, insert, delete on tables to loader;
alter default privileges in schema input grant select on tables to loader;
alter default privileges in schema marts grant select on tables to publisher, loader;
alter default privileges in schema rules grant select on tables to publisher, loader;
alter default privileges in schema marts, rules grant trigger on tables to dw_owner;
alter default privileges in schema staging grant select on tables to loader;
alter default privileges in schema intermediate grant select on tables to loader;

do $$
begin
    if pg_has_role(current_user, 'loader', 'member') and pg_has_role(current_user, 'transformer', 'member') then
        alter default privileges for role loader in schema raw, input grant select on tables to transformer, line_reader;
        alter default privileges for role transformer in schema marts grant select on tables to publisher, loader;
        alter default privileges for role transformer in schema rules grant select on tables to publisher, loader;
        alter default privileges for role transformer in schema marts, rules grant trigger on tables to dw_owner;
        alter default privileges for role transformer in schema staging grant select on tables to loader;
        alter default privileges for role transformer in schema intermediate grant select on tables to loader;
    end if;
    execute format('grant temporary on database %I to loader, transformer, publisher', current_database());
end $$;
