-- In whose name the login works: its own, and that of whomever it stands in for today.
create or replace function verification.working_for() returns text[]
language plpgsql stable as $$
begin
    return array(
        select session_user::text
        union
        select away.login from ops.substitute_now as away where away.substitute_login = session_user
    );
end $$;
