-- Taken back, a file is had by nobody any more; its name, size and digest stay in the history, its bytes until they
-- are cleared (MINZHENG_KEEP_WITHDRAWN_DAYS).
create or replace function api_v1.withdraw_attachment(
    attachment_id bigint, purpose text, reason text, withdrawn_by text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    said constant text := clean.words($3);
    kept ops.finding_attachment;
    subject bigint;
begin
    perform verification.want_purpose($2);
    perform verification.want_words($4, said);
    select listed.* into kept from ops.finding_attachment as listed where listed.attachment_id = $1;
    perform verification.lock_finding(kept.finding_id);
    if kept.attachment_id is null then
        raise invalid_parameter_value using message = '没有这个附件。 There is no such attachment.';
    end if;
    if said is null then
        raise invalid_parameter_value using message = '没有写明原因。 No reason is given.';
    end if;
    -- Who kept it, who works on the finding, or who heads the section; nobody else clears a colleague's evidence away.
    if
        kept.added_login is distinct from session_user and not verification.is_head()
        and not exists (
            select from verification.desk_finding as own
            where own.finding_id = kept.finding_id and own.holder_login = any(verification.working_for())
        )
    then
        raise invalid_parameter_value using
            message = '附件由存入者、在办者或科室负责人撤回。 It is taken back by who kept it, who works on the finding or the head.';
    end if;
    insert into ops.finding_attachment_withdrawal (attachment_id, reason, withdrawn_by) values ($1, said, $4);
    select own.subject_resident_id into subject
    from verification.finding as own where own.finding_id = kept.finding_id;
    perform verification.note_reading(
        'withdraw_attachment', $2, jsonb_build_object('attachment_id', $1), array_remove(array[subject], null)
    );
exception
    when unique_violation then
        raise object_not_in_prerequisite_state using
            message = '他人刚刚撤回了这个附件。 Somebody else was faster: look at it anew.';
end $$;
comment on function api_v1.withdraw_attachment(bigint, text, text, text) is
'撤回本区划疑点的一份附件，须写明原因，留痕；此后不再能取';

grant execute on function api_v1.withdraw_attachment(bigint, text, text, text) to officer;
