-- What whoever asks was answered under this number of his.
create or replace function verification.given_before(asked_request text) returns audit.verification_log
language plpgsql stable as $$
declare
    asker constant text := verification.asker();
    given audit.verification_log;
begin
    select * into given
    from audit.verification_log as log
    where
        log.request_id = asked_request and log.outcome = 'answered'
        and coalesce('client ' || log.client, 'login ' || log.caller) = asker;
    return given;
end $$;
