-- Whether it was withdrawn now, not before.
create or replace function api_v1.revoke_authorization(authorization_no text, revoked_by text, reason text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.want_words($2, $3);
    if clean.words($3) is null then
        raise invalid_parameter_value using message = '没有写明原因。 No reason is given.';
    end if;
    -- A number nobody has given yet is not closed to who will be given it.
    if api_v1.authorization_state($1) = 'unknown' then
        raise invalid_parameter_value using message = '没有这份授权书。 No such authorization is known.';
    end if;
    insert into ops.authorization_revocation (authorization_no, revoked_by, reason) values ($1, $2, $3)
    on conflict do nothing;
    return found;
end $$;
comment on function api_v1.revoke_authorization(text, text, text) is '撤回本区划的授权书，立即且不可恢复';

grant execute on function api_v1.revoke_authorization(text, text, text) to officer;
