-- What is wrong with a text of the request (null: nothing), by the first that is.
create or replace function verification.text_fault(value jsonb, longest integer) returns text
language sql immutable parallel safe
return case
    when value is null then 'missing'
    when jsonb_typeof(value) <> 'string' then 'not_text'
    when length(value #>> '{}') > longest then 'too_long'
    when clean.words(value #>> '{}') is null then 'blank'
end;
