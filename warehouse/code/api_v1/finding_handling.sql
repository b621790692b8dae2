create or replace function api_v1.finding_handling(finding_id text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select jsonb_build_object(
            'pile', own.pile,
            'rule_code', own.rule_code,
            'seen', own.seen,
            'is_own', coalesce(own.holder_login = any(verification.working_for()), false),
            'is_for_another', own.holder_login is distinct from session_user,
            'holder_name', own.holder_name,
            'due_on', own.due_on,
            'is_overdue', own.is_overdue,
            'colleagues', (
                select coalesce(jsonb_agg(colleague), '[]') from verification.colleagues(own.division_code) as colleague
                where colleague.login <> coalesce(own.holder_login, session_user)
            ),
            'events', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'at', event.assigned_at, 'event', event.event, 'by', event.assigned_by,
                        'login', event.assigned_login, 'due_on', event.due_on,
                        'holder_name', coalesce(account.display_name, event.holder_login)
                    )
                    order by event.assignment_id
                ), '[]')
                from ops.finding_assignment as event
                left join desk.account as account on event.holder_login = account.login
                where event.finding_id = own.finding_id
            ),
            'attachments', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'at', kept.added_at, 'attachment_id', kept.attachment_id, 'name', kept.name,
                        'kind', kept.kind, 'byte_count', kept.byte_count, 'sha256', kept.sha256,
                        'by', kept.added_by, 'login', kept.added_login, 'withdrawn_at', gone.withdrawn_at,
                        'withdrawn_by', gone.withdrawn_by, 'withdrawn_login', gone.withdrawn_login,
                        'withdrawn_because', gone.reason
                    )
                    order by kept.attachment_id
                ), '[]')
                from ops.finding_attachment as kept
                left join ops.finding_attachment_withdrawal as gone on gone.attachment_id = kept.attachment_id
                where kept.finding_id = own.finding_id
            ),
            'letters', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'at', letter.written_at, 'letter_no', letter.letter_no, 'by', letter.written_by,
                        'login', letter.written_login, 'due_on', letter.due_on
                    )
                    order by letter.letter_id
                ), '[]')
                from ops.finding_letter as letter
                where letter.finding_id = own.finding_id
            )
        )
        from verification.desk_finding as own
        where own.finding_id = $1
    );
end $$;
comment on function api_v1.finding_handling(text) is '本区划某一疑点由谁办理、如何经手，可移交给谁；不涉及当事人';

grant execute on function api_v1.finding_handling(text) to officer, auditor;
