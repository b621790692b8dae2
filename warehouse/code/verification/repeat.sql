-- Give out an answer already given. Consent withdrawn since then closes it.
create or replace function verification.repeat(
    given audit.verification_log, operation text, request jsonb, asked_on date
) returns jsonb
language plpgsql as $$
begin
    if verification.is_revoked(given.authorization_no) then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization', jsonb_build_object('reason', 'revoked')
        );
    end if;
    insert into audit.verification_log (
        operation, outcome, client, asked_on, operator, purpose, authorization_no, request_id, report_no, generation,
        open_feeds, resident_ids, request
    ) values (
        operation, 'repeated', verification.asking_client(), asked_on, coalesce(request ->> 'operator', session_user),
        request ->> 'purpose', given.authorization_no, given.request_id, given.report_no, given.generation,
        given.open_feeds, given.resident_ids, request
    );
    return given.answer;
end $$;
