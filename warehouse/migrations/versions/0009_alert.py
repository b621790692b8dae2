"""Alerts: what somebody should look at, from when it was seen until its cause was gone."""

from alembic import op

revision = "0009"
down_revision = "0008"

ALERTS = """
create table ops.alert (
    alert_id bigint generated always as identity primary key,
    kind text not null check (
        kind in ('pipeline_failed', 'gate_closed', 'delivery_held', 'delivery_refused', 'late_feed', 'findings_jump')
    ),
    subject text not null,
    detail text not null,
    raised_at timestamptz not null default now(),
    closed_at timestamptz
);
create unique index one_open_alert on ops.alert (kind, subject) where closed_at is null;
comment on table ops.alert is '告警：只增，原因消失时记下关闭时间；不含个人信息';
comment on column ops.alert.kind is
    'pipeline_failed 运行失败，gate_closed 发布检查未通过，delivery_held 整份暂扣，'
    'delivery_refused 整份拒收，late_feed 迟交，findings_jump 疑点数突变';
comment on column ops.alert.subject is '任务、世代、交付编号、来源或规则代码';
comment on column ops.alert.closed_at is '原因消失的时间；空值表示仍然有效';

-- Closing is all that may ever happen to an alert.
create function ops.refuse_change_but_closing() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.closed_at is null and new.closed_at is not null
        and (new.alert_id, new.kind, new.subject, new.detail, new.raised_at)
        = (old.alert_id, old.kind, old.subject, old.detail, old.raised_at) then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on ops.alert
for each row execute function ops.refuse_change_but_closing();
create trigger not_emptied before truncate on ops.alert
for each statement execute function ops.refuse_change();

create table ops.alert_notice (
    alert_id bigint not null references ops.alert,
    channel text not null check (channel in ('webhook', 'email')),
    sent_at timestamptz not null default now(),
    primary key (alert_id, channel)
);
comment on table ops.alert_notice is '已发出的告警：每个渠道只发一次';
create trigger append_only before update or delete or truncate on ops.alert_notice
for each statement execute function ops.refuse_change();
"""


def upgrade() -> None:
    op.execute(ALERTS)


def downgrade() -> None:
    # Of a script: it stands on tables that earlier revisions change.
    op.execute("drop view if exists ops.source_scorecard")
    op.execute("drop table ops.alert_notice")
    op.execute("drop table ops.alert")
    op.execute("drop function ops.refuse_change_but_closing")
