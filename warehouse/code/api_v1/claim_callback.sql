-- The attempt is counted before it is made: one broken off by a restart comes up again, and no two services make it.
create or replace function api_v1.claim_callback() returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    due ops.batch_callback;
begin
    if not api_v1.is_client_door() then
        return '{}';
    end if;
    select callback.* into due
    from ops.batch_callback as callback
    inner join audit.batch as batch using (batch_id)
    where callback.next_attempt_at <= clock_timestamp() and batch.finished_at is not null
    order by callback.next_attempt_at
    limit 1
    for update of callback skip locked;
    if not found then
        return jsonb_build_object('is_working', exists (
            select
            from ops.batch_callback as callback
            inner join audit.batch as batch using (batch_id)
            where callback.next_attempt_at is not null and batch.finished_at is null
        ));
    end if;
    update ops.batch_callback as callback
    set
        attempts = callback.attempts + 1,
        next_attempt_at = clock_timestamp()
        + coalesce(verification.callback_wait(callback.attempts + 1), interval '1 hour')
    where callback.batch_id = due.batch_id;
    return jsonb_build_object(
        'client', due.client,
        'url', due.url,
        'finished_at', (select batch.finished_at from audit.batch as batch where batch.batch_id = due.batch_id),
        'batch', verification.batch_progress(due.batch_id, 0, 0) - array['items', 'next_after', 'callback']
    );
end $$;
comment on function api_v1.claim_callback() is
'REST 服务：取一个到时的回调并记一次尝试；没有时告知是否还有待回调的批量在办理';

grant execute on function api_v1.claim_callback() to approval_api;
