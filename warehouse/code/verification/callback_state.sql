-- How the callback of a batch stands; null where none was asked for.
create or replace function verification.callback_state(asked_batch uuid) returns jsonb
language sql stable
begin atomic
select jsonb_build_object(
    'status', case
        when callback.delivered_at is not null then 'delivered'
        when callback.given_up_at is not null then 'failed'
        else 'waiting'
    end,
    'attempts', callback.attempts,
    'last_error', callback.last_error,
    'next_attempt_at', case when callback.attempts > 0 then callback.next_attempt_at end
)
from ops.batch_callback as callback
where callback.batch_id = $1;
end;
