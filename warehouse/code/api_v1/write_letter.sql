-- By who works on the finding, and has seen how it stands. A letter changes no state: waiting for a reply is said
-- on its own.
create or replace function api_v1.write_letter(
    finding_id text, purpose text, question_zh text, bring_zh text, due_on date, contact text, written_by text,
    seen text
) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own verification.desk_finding;
    addressee bigint;
    wrong text;
    written ops.finding_letter;
begin
    perform verification.want_purpose($2);
    perform verification.want_words($7, $6);
    perform verification.want_words($3, $4);
    perform verification.want_unchanged($1, $8);
    select listed.* into own from verification.desk_finding as listed where listed.finding_id = $1;
    addressee := verification.addressee($1);
    wrong := case
        when own.pile is null or own.pile = 'decided'
            then '这条疑点已处理或不再出现。 It is decided, or no longer found.'
        when own.holder_login = any(verification.working_for()) is not true
            then '只有办理人可以这样做。 Only who works on it may do that.'
        when coalesce($5 < verification.today(), true)
            then '请写明应答复之日，不早于今天。 Say by which day a reply is due, today or later.'
        when clean.words($6) is null then '请写明联系人和电话。 Say whom to call.'
        when addressee is null
            then '没有可以致送的在世的本区划人员。 Nobody alive of your divisions is known to write to.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.finding_letter (
        finding_id, addressee_resident_id, question_zh, bring_zh, due_on, contact, written_on, written_by
    )
    values ($1, addressee, $3, $4, $5, clean.words($6), verification.today(), $7)
    returning * into written;
    perform verification.note_reading(
        'write_letter', $2, jsonb_build_object('finding_id', $1, 'letter_no', written.letter_no), array[addressee]
    );
    return written.letter_no;
end $$;
comment on function api_v1.write_letter(text, text, text, text, date, text, text, text) is
'就本区划某一疑点拟发核实通知，返回文号；不改变疑点的状态，留痕';

grant execute on function api_v1.write_letter(text, text, text, text, date, text, text, text) to officer;
