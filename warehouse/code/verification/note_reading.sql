create or replace function verification.note_reading(
    operation text, purpose text, request jsonb, resident_ids bigint[]
) returns void
language sql
begin atomic
insert into audit.verification_log (operation, outcome, asked_on, operator, purpose, resident_ids, request)
values (operation, 'read', verification.today(), session_user, purpose, coalesce(resident_ids, '{}'), request);
end;
