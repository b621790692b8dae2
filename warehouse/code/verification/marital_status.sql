-- Null of the dead. last_ended_by: of the marriage that ended last.
create or replace function verification.marital_status(is_known_dead boolean, is_married boolean, last_ended_by text)
returns text
language sql immutable parallel safe
return case
    when is_known_dead then null
    when is_married then 'married'
    when last_ended_by = 'divorce' then 'divorced'
    when last_ended_by = 'death' then 'widowed'
    else 'no_record'
end;
