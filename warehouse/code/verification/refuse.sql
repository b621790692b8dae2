create or replace function verification.refuse(
    operation text, request jsonb, asked_on date, code text, detail jsonb default 'null'
) returns jsonb
language plpgsql as $$
declare
    -- A body that is no request, or a huge one, is not kept.
    kept jsonb := case when octet_length(request::text) <= 65536 then request end;
begin
    insert into audit.verification_log (
        operation, outcome, problem_code, client, asked_on, operator, purpose, authorization_no, request_id, report_no,
        request
    ) values (
        operation, 'refused', code, verification.asking_client(), asked_on, kept ->> 'operator', kept ->> 'purpose',
        kept ->> 'authorization_no', kept ->> 'request_id', kept ->> 'report_no', kept
    );
    return verification.problem(code, detail);
end $$;
