-- The use is noted to the minute, so that a client that asks all the time does not write all the time.
create or replace function api_v1.client_tokens(used text[]) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today constant date := verification.today();
begin
    if not api_v1.is_client_door() then
        return '[]';
    end if;
    update ops.client_token as token
    set last_used_at = clock_timestamp()
    where
        token.sha256 = any(used)
        and coalesce(token.last_used_at < clock_timestamp() - interval '1 minute', true);
    return coalesce(
        (
            select jsonb_agg(jsonb_build_object(
                'client', token.client,
                'sha256', token.sha256,
                'refused', case
                    when token.withdrawn_at is not null then 'token_withdrawn'
                    when today < token.valid_from then 'token_not_yet_valid'
                    when today > token.valid_to then 'token_expired'
                end
            ))
            from ops.client_token as token
        ),
        '[]'
    );
end $$;
comment on function api_v1.client_tokens(text[]) is
'REST 服务：各令牌的摘要、客户及不予接受的原因；并记下所列令牌刚被使用';

grant execute on function api_v1.client_tokens(text[]) to approval_api;
