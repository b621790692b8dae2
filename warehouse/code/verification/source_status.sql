-- A hit is a hit however old; that nothing was found counts only where the source is current and open to us.
create or replace function verification.source_status(
    is_opened boolean, is_hit boolean, last_business_date date, is_stale boolean
) returns text
language sql immutable parallel safe
return case
    when not is_opened then 'not_authorized'
    when is_hit then 'hit'
    when last_business_date is null then 'unavailable'
    when is_stale then 'stale'
    else 'not_hit'
end;
