-- What a refusal tells of the faults: each by itself, and the fields of the request that they are in.
create or replace function verification.fault_detail(faults jsonb) returns jsonb
language sql immutable
begin atomic
select jsonb_build_object(
    'fields', jsonb_agg(fields.field order by fields.first_no),
    'errors', $1
)
from (
    select
        coalesce(nullif(split_part(fault.told ->> 'pointer', '/', 2), ''), 'request') as field,
        min(fault.fault_no) as first_no
    from jsonb_array_elements($1) with ordinality as fault (told, fault_no)
    group by field
) as fields;
end;
