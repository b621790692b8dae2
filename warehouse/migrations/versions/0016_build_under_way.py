"""The build under way, so that its steps may be run one by one; alerts whose words follow their cause."""

from alembic import op

revision = "0016"
down_revision = "0015"

UNDER_WAY = """
create table ops.build_under_way (
    is_only_row boolean primary key default true check (is_only_row),
    build_no integer not null generated always as identity,
    business_date date not null,
    deliveries_digest text not null,
    program_digest text not null,
    generation integer not null,
    is_full_refresh boolean not null,
    reached text check (reached in ('stage', 'link', 'derive', 'judge', 'publish')),
    judged_against integer,
    begun_at timestamptz not null default now(),
    reached_at timestamptz not null default now()
);
comment on table ops.build_under_way is '最近开始的一次构建：各步骤据此判断是否轮到自己；走完全程的见 ops.build';
comment on column ops.build_under_way.build_no is '构建编号：另一次构建开始后，原编号的步骤不再执行';
comment on column ops.build_under_way.generation is '为哪一世代而建';
comment on column ops.build_under_way.is_full_refresh is '是否从 raw 全部重建';
comment on column ops.build_under_way.reached is '最后完成的步骤；空值表示尚无';
comment on column ops.build_under_way.judged_against is '发布检查时正在提供服务的世代';
"""

# The words and the extent of an open alert follow its cause; what it is, and since when, stays.
ALERTS = """
alter table ops.alert add column extent numeric;
comment on column ops.alert.extent is
    '严重程度，按告警种类计：迟交天数、不符合的检查项数、疑点数超出限值多少；空值表示不可比较';
create or replace function ops.refuse_change_but_closing() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.closed_at is null
        and (new.alert_id, new.kind, new.subject, new.raised_at)
        = (old.alert_id, old.kind, old.subject, old.raised_at)
        and (new.closed_at is null or (new.detail, new.extent) is not distinct from (old.detail, old.extent)) then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

alter table ops.alert_notice add column extent numeric;
alter table ops.alert_notice drop constraint alert_notice_pkey;
alter table ops.alert_notice add column notice_id bigint not null generated always as identity primary key;
create index on ops.alert_notice (alert_id, channel);
comment on table ops.alert_notice is '已发出的告警：每个渠道发一次，明显加重时再发';
comment on column ops.alert_notice.extent is '发出时的严重程度';

create index on ops.gate_result (gate, checked_at desc);

-- The task of this name is now five, each with an alert of its own.
update ops.alert set closed_at = now() where subject = 'build_warehouse.build_gate_publish' and closed_at is null;
"""

FORMER_ALERTS = """
drop index ops.gate_result_gate_checked_at_idx;

alter table ops.alert_notice disable trigger append_only;
delete from ops.alert_notice as again
where exists (
    select from ops.alert_notice as first
    where (first.alert_id, first.channel) = (again.alert_id, again.channel) and first.notice_id < again.notice_id
);
alter table ops.alert_notice enable trigger append_only;
alter table ops.alert_notice drop column notice_id, drop column extent;
drop index if exists ops.alert_notice_alert_id_channel_idx;
alter table ops.alert_notice add primary key (alert_id, channel);
comment on table ops.alert_notice is '已发出的告警：每个渠道只发一次';

alter table ops.alert drop column extent;
create or replace function ops.refuse_change_but_closing() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.closed_at is null and new.closed_at is not null
        and (new.alert_id, new.kind, new.subject, new.detail, new.raised_at)
        = (old.alert_id, old.kind, old.subject, old.detail, old.raised_at) then
        return new;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
"""


def upgrade() -> None:
    op.execute(UNDER_WAY)
    op.execute(ALERTS)


def downgrade() -> None:
    op.execute("drop table ops.build_under_way")
    op.execute(FORMER_ALERTS)
