-- To whom a report, a batch or a request number belongs: a client, or a login that asks for itself.
create or replace function verification.asker(client text, caller text) returns text
language sql immutable parallel safe
return coalesce('client ' || client, 'login ' || caller);

create or replace function verification.asker() returns text
language sql stable
return verification.asker(verification.asking_client(), session_user::text);
