-- What is wrong with a member: as an object, its name, number and relation, its other fields. Null where nothing is.
create or replace function verification.member_codes(member jsonb) returns text[]
language sql immutable parallel safe
return case when jsonb_typeof(member) <> 'object' then array['not_object'] else array[
    null,
    verification.text_fault(member -> 'name', 64),
    verification.text_fault(member -> 'id_number', 64),
    verification.text_fault(member -> 'relation', 32),
    case when member - array['name', 'id_number', 'relation'] <> '{}' then 'unknown_field' end
] end;
