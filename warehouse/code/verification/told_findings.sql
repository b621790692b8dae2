create or replace function verification.told_findings(
    operation text, purpose text, request jsonb, found verification.finding[]
) returns setof verification.finding
language plpgsql as $$
begin
    perform verification.note_reading($1, $2, jsonb_strip_nulls($3), array(
        select distinct told.subject_resident_id from unnest($4) as told where told.subject_resident_id is not null
    ));
    return query select * from unnest($4);
end $$;
