-- For whoever holds a printed report: nothing but whether number and digest belong together. Both are needed
-- and neither can be guessed (verification.new_report_no), so it is not logged: nobody is told of anybody.
create or replace function api_v1.report_matches(report_no text, sha256 text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
select exists (
    select
    from audit.verification_log as log
    where
        log.report_no = $1 and log.outcome = 'answered'
        and encode(pg_catalog.sha256(convert_to(verification.canonical(log.answer), 'UTF8')), 'hex') = lower($2)
)
$$;
comment on function api_v1.report_matches(text, text) is
'核验纸面报告：编号与校验值（答复按 RFC 8785 书写后的 SHA-256）是否相符；不答其他任何内容';

grant execute on function api_v1.report_matches(text, text) to approval_api;
