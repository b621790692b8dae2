-- The group roles whose rights stand in rights/. Roles belong to the whole server: where the migrating user may
-- not create them, an administrator does (docs/operations.md) and the next migration gives the rights.
do $$
declare
    role_name text;
begin
    foreach role_name in array array[ROLES] loop
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
