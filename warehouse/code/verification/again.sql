create or replace function verification.again(
    given audit.verification_log, operation text, request jsonb, asked_on date
) returns jsonb
language plpgsql as $$
begin
    if given.request <> request or given.operation <> operation then
        return verification.refuse(operation, request, asked_on, 'request_id_reused');
    end if;
    return verification.repeat(given, operation, request, asked_on);
end $$;
