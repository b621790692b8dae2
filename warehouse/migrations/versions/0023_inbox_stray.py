"""What lies in the inbox and nothing reads, told by an alert until it is gone or acknowledged."""

from alembic import op

revision = "0023"
down_revision = "0022"

KINDS = ("pipeline_failed", "gate_closed", "delivery_held", "delivery_refused", "late_feed", "findings_jump")

STRAY = """
create table ops.inbox_stray (
    place text primary key,
    feed text not null,
    reason text not null,
    first_seen_at timestamptz not null default now(),
    ignored_by text,
    ignored_at timestamptz,
    ignored_reason text
);
comment on table ops.inbox_stray is '交换目录中无人读取的文件或目录；不再出现时删去';
comment on column ops.inbox_stray.place is '交换目录之下的位置；不像本系统名称的部分以摘要代替';
comment on column ops.inbox_stray.feed is '所在的来源；空串表示不在任何来源之下';
comment on column ops.inbox_stray.ignored_at is '何时认可其留在那里（minzheng inbox ignore）；空值表示尚未认可';
"""

FORGET = """
alter table ops.alert disable trigger user;
alter table ops.alert_notice disable trigger user;
delete from ops.alert_notice where alert_id in (select alert_id from ops.alert where kind = 'inbox_stray');
delete from ops.alert where kind = 'inbox_stray';
alter table ops.alert enable trigger user;
alter table ops.alert_notice enable trigger user;
drop table ops.inbox_stray;
"""


def _kinds(*kinds: str) -> str:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        "alter table ops.alert drop constraint alert_kind_check;"
        f"alter table ops.alert add constraint alert_kind_check check (kind in ({listed}));"
    )


def upgrade() -> None:
    op.execute(STRAY)
    op.execute(_kinds(*KINDS, "inbox_stray"))


def downgrade() -> None:
    op.execute(FORGET)
    op.execute(_kinds(*KINDS))
