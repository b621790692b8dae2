-- What the hashes are taken over, independent of session settings. Never change what it returns: a row already
-- written must read the same for ever. A new column gets a new function. Rows of lane 0 that name no client are
-- those written before there were lanes.
--
-- PL/pgSQL keeps its plan from call to call, and json takes an answer over as it is, where jsonb would take it
-- apart. Lists are jsonb, because json writes them without blanks.
create or replace function audit.row_text(logged audit.verification_log) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return json_build_array(
        logged.log_id,
        extract(epoch from logged.logged_at),
        logged.operation,
        logged.outcome,
        logged.problem_code,
        logged.caller,
        logged.operator,
        logged.purpose,
        logged.authorization_no,
        logged.request_id,
        logged.report_no,
        logged.generation,
        logged.asked_on - date '2000-01-01',
        to_jsonb(logged.open_feeds),
        to_jsonb(logged.resident_ids),
        logged.request,
        logged.answer
    )::text
    || case when logged.lane = 0 and logged.client is null then ''
        else json_build_array(logged.lane, logged.client)::text end;
end $$;
comment on function audit.row_text(audit.verification_log) is '计算摘要所用的行内容';

grant execute on function audit.row_text(audit.verification_log) to auditor;
