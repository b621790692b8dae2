-- What an officer reads of people stands in the log with the purpose given: null, or why nothing is told.
create or replace function verification.refused_reading(operation text, purpose text, request jsonb) returns jsonb
language plpgsql as $$
#variable_conflict use_variable
begin
    if coalesce(
        (select verification.has_code('purpose', purpose, pointer.generation) from pub.current_generation as pointer),
        false
    ) then
        return null;
    end if;
    return verification.refuse(
        operation, request || jsonb_build_object('purpose', purpose), verification.today(), 'purpose_unknown'
    );
end $$;
