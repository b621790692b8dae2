-- The pile in which a finding lies on the desk; null: it is no longer found, and nobody decided it.
create or replace view verification.desk_finding with (security_barrier = true) as
select
    listed.*,
    case
        when listed.state in ('confirmed', 'cleared', 'dismissed') then 'decided'
        when listed.state <> 'new' then null
        when desk.event = 'waiting' then 'waiting'
        when desk.holder_login is not null then 'taken'
        when listed.has_returned then 'returned'
        else 'new'
    end as pile,
    desk.holder_login,
    coalesce(account.display_name, desk.holder_login) as holder_name,
    desk.due_on,
    coalesce(desk.holder_login is not null and desk.due_on < verification.today(), false) as is_overdue,
    desk.decided_by,
    desk.decided_login,
    desk.decided_at,
    coalesce(desk.seen, '0.0') as seen,
    desk.recovered_yuan
from verification.finding as listed
left join ops.finding_desk as desk using (finding_id)
left join desk.account as account on desk.holder_login = account.login
where listed.outcome = 'hit';
comment on view verification.desk_finding is '工作台上的疑点：在哪一摞、由谁办理、应在何日前办结；限于登录用户的行政区划';
comment on column verification.desk_finding.pile is
'new 待处理，taken 已领取，waiting 等待回复，decided 已处理，returned 重新出现；空为不再出现';
comment on column verification.desk_finding.holder_name is '办理人';
comment on column verification.desk_finding.is_overdue is '已过办结期限';
