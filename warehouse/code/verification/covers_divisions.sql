-- Whether one officer sees every division that another works in; who audits only works in none.
create or replace function verification.covers_divisions(login text, other text) returns boolean
language plpgsql stable as $$
begin
    return exists (select from ops.division_scope as scope where scope.user_name = $2)
        and not exists (
            select from desk.account as account where account.login = $2 and account.duty = 'auditor'
        )
        and not exists (
            select from ops.division_scope as scope
            where
                scope.user_name = $2
                and $1 not in (select own.login from verification.colleagues(scope.division_code) as own)
        );
end $$;
