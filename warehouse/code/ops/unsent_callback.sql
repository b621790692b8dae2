-- Every attempt moves the next one into the future: what has been due for a day, no service sends.
create or replace view ops.unsent_callback with (security_barrier = true) as
select
    callback.batch_id,
    callback.client,
    greatest(callback.next_attempt_at, batch.finished_at) as due_since
from ops.batch_callback as callback
inner join audit.batch as batch using (batch_id)
where
    batch.finished_at is not null
    and greatest(callback.next_attempt_at, batch.finished_at) < clock_timestamp() - interval '1 day'
    and callback.next_attempt_at is not null;
comment on view ops.unsent_callback is '已到时一天而无人发出的回调（例如设置中不再允许任何回调地址）';
comment on column ops.unsent_callback.due_since is '自何时起应发出';
