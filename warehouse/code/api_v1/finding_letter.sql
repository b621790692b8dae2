-- What is printed: the addressee in full, so that it is a reading of that person.
create or replace function api_v1.finding_letter(letter_no text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    letter ops.finding_letter;
    told jsonb;
begin
    perform verification.want_purpose($2);
    select written.* into letter
    from ops.finding_letter as written
    inner join verification.finding as own on written.finding_id = own.finding_id
    where
        written.letter_no = $1
        and written.addressee_resident_id = any(verification.told_in_full(array[written.addressee_resident_id]));
    if letter.letter_no is not null then
        select
            to_jsonb(letter) - array['letter_id', 'addressee_resident_id', 'written_login', 'written_at']
            || jsonb_build_object(
                'name', resident.name,
                'is_minor', coalesce(resident.born_on > letter.written_on - interval '18 years', false),
                'case_no', own.aid_household_no
            )
        into told
        from verification.finding as own
        inner join pub.current_resident as resident on resident.resident_id = letter.addressee_resident_id
        where own.finding_id = letter.finding_id;
    end if;
    perform verification.note_reading(
        'finding_letter', $2, jsonb_build_object('letter_no', $1), array_remove(array[letter.addressee_resident_id], null)
    );
    return told;
end $$;
comment on function api_v1.finding_letter(text, text) is '按用途取本区划的核实通知以供打印（写明致送何人），留痕';

grant execute on function api_v1.finding_letter(text, text) to officer;
