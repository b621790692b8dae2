-- A report is its consent's: told to whoever may see that (is_own_authorization), whoever asked for it. None: no row.
create or replace function verification.own_report(report_no text) returns audit.verification_log
language plpgsql stable as $$
declare
    given audit.verification_log;
begin
    select * into given
    from audit.verification_log as log
    where
        log.report_no = $1 and log.outcome = 'answered'
        and verification.is_own_authorization(log.authorization_no);
    return given;
end $$;
