-- The faults of a request of a batch; they point into the batch as it was sent. Null where none is known.
create or replace function verification.item_faults(item_no integer, request jsonb) returns jsonb
language sql stable
begin atomic
select jsonb_agg(
    verification.fault('/requests/' || $1 - 1 || (fault.told ->> 'pointer'), fault.told ->> 'code')
    order by fault.fault_no
)
from pub.current_generation as pointer
cross join jsonb_array_elements(verification.faults($2, pointer.generation)) with ordinality as fault (told, fault_no);
end;
