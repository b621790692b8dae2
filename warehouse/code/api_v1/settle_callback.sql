create or replace function api_v1.settle_callback(batch_id uuid, error text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update ops.batch_callback as callback
    set
        last_error = error,
        delivered_at = case when error is null then clock_timestamp() end,
        given_up_at = case when told.is_over and error is not null then clock_timestamp() end,
        next_attempt_at = case when error is not null and not told.is_over then callback.next_attempt_at end
    from (
        select
            other.batch_id,
            -- 410 is the receiver's word that nobody listens there any more.
            verification.callback_wait(other.attempts) is null or coalesce(error = 'status_410', false) as is_over
        from ops.batch_callback as other
    ) as told
    where
        callback.batch_id = $1 and told.batch_id = callback.batch_id and callback.next_attempt_at is not null
        and api_v1.is_client_door();
    return found;
end $$;
comment on function api_v1.settle_callback(uuid, text) is
'REST 服务：记下一次回调的结果；error 为失败的代码，空为已送达';

grant execute on function api_v1.settle_callback(uuid, text) to approval_api;
