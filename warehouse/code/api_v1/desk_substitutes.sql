create or replace function api_v1.desk_substitutes() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select jsonb_build_object(
            'is_head', verification.is_head(),
            'officers', coalesce(jsonb_agg(
                jsonb_build_object(
                    'login', account.login,
                    'name', account.display_name,
                    'is_self', account.login = session_user,
                    'from_on', latest.from_on,
                    'until_on', latest.until_on,
                    'substitute_name', coalesce(substitute.display_name, latest.substitute_login),
                    'candidates', (
                        select coalesce(jsonb_agg(
                            jsonb_build_object('login', other.login, 'name', other.display_name)
                            order by other.display_name, other.login
                        ), '[]')
                        from desk.account as other
                        where other.login <> account.login and verification.covers_divisions(other.login, account.login)
                    )
                )
                order by account.login <> session_user, account.display_name, account.login
            ), '[]')
        )
        from desk.account as account
        left join lateral (
            select said.substitute_login, said.from_on, said.until_on
            from ops.officer_substitute as said
            where said.login = account.login
            order by said.substitute_id desc
            limit 1
        ) as latest on latest.substitute_login is not null and latest.until_on >= verification.today()
        left join desk.account as substitute on latest.substitute_login = substitute.login
        where verification.may_arrange(account.login)
    );
end $$;
comment on function api_v1.desk_substitutes() is '本人可为谁定代办人、现由谁代办、谁可代办；不涉及当事人';

grant execute on function api_v1.desk_substitutes() to officer;
