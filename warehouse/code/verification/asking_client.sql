-- For which client the session asks. Only a door may say so: any other login would speak in another's name.
create or replace function verification.asking_client() returns text
language plpgsql stable as $$
declare
    named constant text := nullif(current_setting('minzheng.client', true), '');
begin
    if named is not null and not api_v1.is_client_door() then
        raise insufficient_privilege using
            message = format('%s may not ask for a client.', session_user),
            hint = format(
                'Whoever administers the database lists the login of the REST service: insert into ops.client_door values (%L)',
                session_user
            );
    end if;
    return named;
end $$;
