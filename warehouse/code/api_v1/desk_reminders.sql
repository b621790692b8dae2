create or replace function api_v1.desk_reminders() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    hands constant text[] := verification.working_for();
begin
    return (
        select jsonb_build_object(
            'overdue', count(*) filter (where listed.is_overdue and listed.holder_login = any(hands)),
            'due_soon', count(*) filter (
                where not listed.is_overdue and listed.holder_login = any(hands)
                and listed.due_on - verification.today() <= verification.rule_parameter(
                    '*', 'remind_days', listed.division_code,
                    (select pointer.generation from pub.current_generation as pointer), verification.today()
                )
            ),
            'escalated', count(*) filter (where listed.is_overdue and listed.holder_login <> all(hands)),
            'standing_in', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'name', coalesce(account.display_name, away.login), 'until_on', away.until_on
                    )
                    order by away.until_on, away.login
                ), '[]')
                from ops.substitute_now as away
                left join desk.account as account on away.login = account.login
                where away.substitute_login = session_user
            )
        )
        from verification.desk_listed(null, null, null, null, null, null, true) as listed
        where listed.pile in ('taken', 'waiting')
    );
end $$;
comment on function api_v1.desk_reminders() is
'工作台的提醒：在办的逾期与将到期件数，负责人所见他人逾期件数，今日代谁办理；不涉及当事人';

grant execute on function api_v1.desk_reminders() to officer;
