-- For the auditor, who reads the log and nothing else.
create or replace function api_v1.reproduce(report_no text)
returns table (answer jsonb, generation integer, current_generation integer, again jsonb, today jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select
        log.answer, log.generation, pointer.generation,
        verification.reproduce(log.report_no, log.generation),
        verification.reproduce(log.report_no, pointer.generation)
    from audit.verification_log as log
    cross join pub.current_generation as pointer
    where log.report_no = $1 and log.outcome = 'answered';
end $$;
comment on function api_v1.reproduce(text) is '审计：按编号重做一份答复，依其世代与现世代';

grant execute on function api_v1.reproduce(text) to auditor;
