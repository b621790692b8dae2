-- For the auditor, who reads the log and nothing else. How an answer would be today tells of people as they are
-- now, whatever became of the consent: that reading is in the log too.
create or replace function api_v1.reproduce(report_no text)
returns table (answer jsonb, generation integer, current_generation integer, again jsonb, today jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.note_reading(
        'reproduce', 'audit', jsonb_build_object('report_no', log.report_no), log.resident_ids
    )
    from audit.verification_log as log
    where log.report_no = $1 and log.outcome = 'answered';
    return query
    select
        log.answer, log.generation, pointer.generation,
        verification.reproduce(log.report_no, log.generation),
        verification.reproduce(log.report_no, pointer.generation)
    from audit.verification_log as log
    cross join pub.current_generation as pointer
    where log.report_no = $1 and log.outcome = 'answered';
end $$;
comment on function api_v1.reproduce(text) is '审计：按编号重做一份答复，依其世代与现世代，留痕';

grant execute on function api_v1.reproduce(text) to auditor;
