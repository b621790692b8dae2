create or replace function verification.is_head() returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from desk.account as account where account.login = session_user and account.duty = 'head'
    );
end $$;
