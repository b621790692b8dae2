-- Nobody's is taken; anybody of the division may hand it over, from whomever is on leave too; who works on it
-- waits for a reply or puts it back.
create or replace function api_v1.hand_finding(
    finding_id text, event text, holder text, due_on date, assigned_by text, seen text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own verification.desk_finding;
    wrong text;
begin
    perform verification.want_words($5, null);
    perform verification.want_unchanged($1, $6);
    select listed.* into own from verification.desk_finding as listed where listed.finding_id = $1;
    wrong := case
        when own.finding_id is null then '没有这条疑点。 There is no such finding.'
        when own.pile is null or own.pile = 'decided' then '这条疑点已处理或不再出现。 It is decided, or no longer found.'
        when $2 = 'taken' and own.holder_login is not null then '已有人办理。 Somebody works on it already.'
        when $2 in ('waiting', 'released') and own.holder_login = any(verification.working_for()) is not true
            then '只有办理人可以这样做。 Only who works on it may do that.'
        when $2 = 'waiting' and coalesce($4 < verification.today(), true)
            then '请写明应答复之日，不早于今天。 Say by which day a reply is due, today or later.'
        when $2 = 'handed_over' and coalesce($3, '') not in (
            select colleague.login from verification.colleagues(own.division_code) as colleague
        ) then '此人不办理该区划的疑点。 That person does not work on findings of this division.'
        when coalesce($2, '') not in ('taken', 'handed_over', 'waiting', 'released')
            then '没有这种办理。 No such step.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.finding_assignment (finding_id, event, holder_login, due_on, after_decision_id, assigned_by)
    select
        $1, $2,
        -- Who stands in for somebody acts; the finding stays that person's.
        case $2 when 'handed_over' then $3 when 'waiting' then own.holder_login when 'taken' then session_user end,
        case when $2 = 'waiting' then $4 when $2 <> 'released' then verification.today() + verification.rule_parameter(
            '*', 'due_days', own.division_code, pointer.generation, verification.today()
        )::integer end,
        (select desk.decision_id from ops.finding_desk as desk where desk.finding_id = $1),
        $5
    from pub.current_generation as pointer;
end $$;
comment on function api_v1.hand_finding(text, text, text, date, text, text) is
'领取、移交、等待回复或放回本区划的疑点；他人刚刚办理过的，告知而不改';

grant execute on function api_v1.hand_finding(text, text, text, date, text, text) to officer;
