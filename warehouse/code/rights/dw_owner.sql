-- The owner of what is served, as far as whoever migrates may act as it: else it owns nothing here.
do $$
begin
    if not pg_has_role(current_user, 'dw_owner', 'usage') or not pg_has_role(current_user, 'analytics_owner', 'usage') then
        return;
    end if;
    grant usage on schema ops, clean, audit to dw_owner;
    grant select, references on ops.generation to dw_owner;
    grant select on
        ops.authorization, ops.authorization_revocation, ops.division_scope, ops.client_door to dw_owner;
    grant execute on all functions in schema clean to dw_owner;
    grant select on clean.character_sound to dw_owner;
    grant select on ops.client to dw_owner;
    grant select (client, sha256, valid_from, valid_to, last_used_at, withdrawn_at), update (last_used_at)
        on ops.client_token to dw_owner;
    grant select, insert, update on ops.request_allowance to dw_owner;
    grant select, insert on ops.batch_callback to dw_owner;
    grant update (attempts, next_attempt_at, delivered_at, given_up_at, last_error) on ops.batch_callback to dw_owner;
    -- What officers see and decide of findings, by functions that log it.
    grant select on ops.finding_state, ops.finding_desk to dw_owner;
    grant select, insert on ops.objection, ops.objection_report, ops.objection_decision to dw_owner;
    grant select, insert on
        ops.finding_assignment, ops.finding_letter, ops.finding_attachment, ops.finding_attachment_withdrawal,
        ops.person_request, ops.person_request_decision to dw_owner;
    grant select on ops.merged_resident to dw_owner;
    -- Files are shown to whom their finding is, whichever function asks.
    drop policy if exists own_findings on ops.finding_attachment;
    create policy own_findings on ops.finding_attachment to dw_owner
        using (exists (select from verification.finding as own where own.finding_id = finding_attachment.finding_id));
    grant usage on schema desk to dw_owner;
    grant select (login, display_name, duty, mail) on desk.account to dw_owner;
    grant select, insert on ops.officer_substitute to dw_owner;
    grant select on ops.substitute_now to dw_owner;
    grant select (feed, records, line_records, title_zh, owner, system, stale_after_days) on ops.feed to dw_owner;
    -- The lines behind a finding: which columns may be shown, whom a line names; the line itself line_reader reads.
    grant select on ops.line_column, ops.person_link to dw_owner;
    -- What officers see of deliveries: counts and reasons, no line.
    grant select on ops.delivery, ops.rejected_delivery, ops.gate_result, ops.source_scorecard to dw_owner;
    grant select (delivery_id, reason_code, column_name) on ops.rejected_row to dw_owner;
    grant select (delivery_id, reason, said_at) on ops.withdrawal to dw_owner;
    grant select, insert on ops.finding_decision, ops.authorization, ops.authorization_revocation to dw_owner;
    -- The log may be added to and read, never changed.
    grant select, insert on audit.verification_log, audit.batch, audit.batch_item to dw_owner;
    grant update (report_no, problem_code) on audit.batch_item to dw_owner;
    grant update (advanced_at, finished_at) on audit.batch to dw_owner;
    -- Puts the triggers on the sources of publishing.
    grant usage on schema marts, rules to dw_owner;
    grant trigger on all tables in schema marts, rules to dw_owner;
end $$;
