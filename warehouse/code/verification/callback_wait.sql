-- How long to wait after so many attempts at a callback, as Standard Webhooks proposes; null, it was the last.
create or replace function verification.callback_wait(attempts integer) returns interval
language sql immutable parallel safe
return (
    array['5 seconds', '5 minutes', '30 minutes', '2 hours', '5 hours', '10 hours', '14 hours', '20 hours', '24 hours']
)[attempts]::interval;
