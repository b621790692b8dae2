-- Whether it was withdrawn now, not before.
create or replace function api_v1.revoke_authorization(authorization_no text, revoked_by text, reason text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    is_delivered constant boolean := exists (
        select from pub.current_aid_household as delivered where delivered.authorization_no = $1
    );
begin
    perform verification.want_words($2, $3);
    if clean.words($3) is null then
        raise invalid_parameter_value using message = '没有写明原因。 No reason is given.';
    end if;
    -- A number nobody has given yet is not closed to who will be given it.
    if api_v1.authorization_state($1) = 'unknown' then
        raise invalid_parameter_value using message = '没有这份授权书。 No such authorization is known.';
    end if;
    insert into ops.authorization_revocation (authorization_no, revoked_by, reason, divisions)
    select
        $1, $2, $3,
        -- Of a household's consent the login is known to be the owner (is_own_authorization), wherever it moves.
        case
            when is_delivered then null
            when pub.sees_all_divisions() then array['*']
            else pub.own_divisions()
        end
    -- What was said before the household came holds in some divisions: its owner says it for all.
    where
        not verification.is_revoked($1)
        or is_delivered
        and not exists (
            select from ops.authorization_revocation as before
            where before.authorization_no = $1 and before.divisions is null
        )
    on conflict do nothing;
    return found;
end $$;
comment on function api_v1.revoke_authorization(text, text, text) is '撤回本区划的授权书，立即且不可恢复';

grant execute on function api_v1.revoke_authorization(text, text, text) to officer;
