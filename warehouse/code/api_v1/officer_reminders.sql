-- For every account with a mail address and something due: its own findings, those of whom it stands in for, and, of
-- a head, what is overdue with colleagues. Counts alone.
create or replace function api_v1.officer_reminders()
returns table (display_name text, mail text, overdue bigint, due_soon bigint, escalated bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    with

    due as (
        select
            desk.holder_login,
            listed.division_code,
            desk.due_on < verification.today() as is_overdue,
            desk.due_on - verification.today() <= verification.rule_parameter(
                '*', 'remind_days', listed.division_code,
                (select pointer.generation from pub.current_generation as pointer), verification.today()
            ) as is_soon
        from ops.finding_desk as desk
        inner join pub.current_finding as listed using (finding_id)
        where desk.holder_login is not null and listed.outcome = 'hit'
    ),

    counted as (
        select
            account.display_name,
            account.mail,
            count(*) filter (where due.is_overdue and whose.is_own) as overdue,
            count(*) filter (where not due.is_overdue and due.is_soon and whose.is_own) as due_soon,
            count(*) filter (where due.is_overdue and not whose.is_own) as escalated
        from desk.account as account
        inner join due on true
        cross join lateral (
            select
                due.holder_login = account.login
                or exists (
                    select from ops.substitute_now as away
                    where (away.login, away.substitute_login) = (due.holder_login, account.login)
                ) as is_own
        ) as whose
        where
            account.mail is not null
            and (
                whose.is_own
                or account.duty = 'head'
                and due.is_overdue
                and account.login in (select fellow.login from verification.colleagues(due.division_code) as fellow)
            )
        group by account.login
    )

    select counted.* from counted
    where counted.overdue + counted.due_soon + counted.escalated > 0
    order by counted.mail;
end $$;
comment on function api_v1.officer_reminders() is '到期提醒的件数，按登记了邮箱的账号；不涉及当事人';

grant execute on function api_v1.officer_reminders() to loader;
