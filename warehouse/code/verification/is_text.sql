create or replace function verification.is_text(value jsonb, longest integer) returns boolean
language sql immutable parallel safe
return coalesce(
    jsonb_typeof(value) = 'string'
    and length(value #>> '{}') <= longest
    and clean.words(value #>> '{}') is not null,
    false
);
