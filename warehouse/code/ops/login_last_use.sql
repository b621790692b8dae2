-- When a login was last seen at work: in the log of verification and at the desk. Nothing of what it did.
create or replace view ops.login_last_use as
select
    seen.login,
    max(seen.seen_at) as last_used_at
from (
    select caller as login, logged_at as seen_at from audit.verification_log
    union all
    select login, last_seen_at from desk.session
    union all
    select decided_login, decided_at from ops.finding_decision
) as seen
where seen.login is not null
group by seen.login;
comment on view ops.login_last_use is '每个登录最近一次留痕的时刻：核对日志、工作台、疑点处理';
comment on column ops.login_last_use.last_used_at is '最近一次留痕的时刻';

grant select on ops.login_last_use to security, auditor;
