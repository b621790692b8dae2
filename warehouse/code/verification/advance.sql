-- One request of a batch, in a transaction of its own: a batch broken off goes on where it was. One that
-- cannot be answered is refused, so that neither this batch nor another waits for it.
create or replace function verification.advance(asked_batch uuid) returns boolean
language plpgsql as $$
declare
    waiting audit.batch_item;
    answer jsonb;
begin
    select item.* into waiting
    from audit.batch_item as item
    where item.batch_id = asked_batch and item.report_no is null and item.problem_code is null
    order by item.item_no
    limit 1
    for update skip locked;
    if found then
        begin
            answer := verification.answer('verify', waiting.request);
        exception
            when serialization_failure or deadlock_detected then
                raise;
            when data_exception or program_limit_exceeded then
                answer := verification.refuse('verify', waiting.request, verification.today(), 'invalid_request');
            -- "others" are all but a question stopped by a time limit, which it would meet again
            when query_canceled or others then
                answer := verification.refuse('verify', waiting.request, verification.today(), 'unavailable');
        end;
        update audit.batch_item as item
        set report_no = answer ->> 'report_no', problem_code = answer -> 'problem' ->> 'code'
        where item.batch_id = asked_batch and item.item_no = waiting.item_no;
    end if;
    update audit.batch as batch
    set
        advanced_at = clock_timestamp(),
        finished_at = case when not exists (
            select from audit.batch_item as item
            where item.batch_id = asked_batch and item.report_no is null and item.problem_code is null
        ) then clock_timestamp() end
    where batch.batch_id = asked_batch and batch.finished_at is null;
    return waiting.batch_id is not null;
end $$;
