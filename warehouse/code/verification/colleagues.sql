-- Who may work on a finding of a division: logins with an officer's account of the desk that see it.
create or replace function verification.colleagues(division_code text)
returns table (login text, display_name text)
language plpgsql stable as $$
begin
    return query
    select account.login, account.display_name
    from desk.account as account
    where account.duty <> 'auditor' and exists (
        select from ops.division_scope as scope
        left join pub.division as former on former.division_code = scope.division_code and former.to_generation is null
        where scope.user_name = account.login and $1 in (scope.division_code, former.successor_code)
            or scope.user_name = account.login and scope.division_code = '*'
    )
    order by account.display_name, account.login;
end $$;
