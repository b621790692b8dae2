-- A bucket that refills steadily. Nobody waits for the disk: what a crash forgets is a minute's questions.
create or replace function api_v1.draw_requests(kind text, client text, per_minute integer, wanted integer)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    known ops.request_allowance;
    granted integer;
    moment timestamptz;
begin
    if not api_v1.is_client_door() then
        raise exception 'no door of clients' using errcode = 'insufficient_privilege';
    end if;
    perform set_config('synchronous_commit', 'off', true);
    insert into ops.request_allowance (kind, client, remaining, counted_at)
    values (draw_requests.kind, draw_requests.client, per_minute, clock_timestamp())
    on conflict do nothing;
    select allowance.* into known
    from ops.request_allowance as allowance
    where (allowance.kind, allowance.client) = (draw_requests.kind, draw_requests.client)
    for update;
    moment := clock_timestamp();
    known.remaining := least(
        per_minute, known.remaining + greatest(extract(epoch from moment - known.counted_at), 0) * per_minute / 60
    );
    granted := least(wanted, floor(known.remaining));
    if granted > 0 then
        update ops.request_allowance as allowance
        set remaining = known.remaining - granted, counted_at = moment
        where (allowance.kind, allowance.client) = (known.kind, known.client);
    end if;
    return jsonb_build_object(
        'granted', granted,
        'wait_seconds', greatest(1 - known.remaining, 0) * 60 / per_minute
    );
end $$;
comment on function api_v1.draw_requests(text, text, integer, integer) is
'REST 服务：从客户的频次中取走若干次，不多于所余；一次也没有时告知还要等几秒';

grant execute on function api_v1.draw_requests(text, text, integer, integer) to approval_api;
