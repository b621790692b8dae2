"""Alerts of the machine; who was let in beside the usual ways, why, and until when."""

from alembic import op

revision = "0040"
down_revision = "0038"

KINDS = (
    "pipeline_failed", "gate_closed", "delivery_held", "delivery_refused", "late_feed", "findings_jump", "inbox_stray",
    "callback_failed",
)  # fmt: skip
OF_THE_MACHINE = ("backup_old", "disk_low", "certificate_ends", "log_unanchored", "emergency_access")

EMERGENCY = """
create table ops.emergency_access (
    emergency_id bigint generated always as identity primary key,
    login text not null unique,
    role text not null,
    divisions text[] not null,
    reason text not null check (btrim(reason) <> ''),
    asked_by text not null check (btrim(asked_by) <> ''),
    opened_login text not null,
    opened_at timestamptz not null default clock_timestamp(),
    until_at timestamptz not null,
    ended_at timestamptz,
    ended_login text,
    check (until_at > opened_at),
    check ((ended_at is null) = (ended_login is null))
);
comment on table ops.emergency_access is '应急登录：为何、为谁、到何时；只增，结束时记下何时何人';
comment on column ops.emergency_access.login is '临时的数据库登录，到时口令失效';
comment on column ops.emergency_access.role is '授予的角色';
comment on column ops.emergency_access.divisions is '可见的行政区划；* 为全部';
comment on column ops.emergency_access.asked_by is '要求应急登录的人';
comment on column ops.emergency_access.opened_login is '开通者的数据库登录';
comment on column ops.emergency_access.until_at is '到期的时刻';
comment on column ops.emergency_access.ended_at is '登录被删除的时刻；空值表示尚在';
create trigger keep_login before insert on ops.emergency_access
for each row execute function ops.keep_login('opened_login');
create trigger keep_end before update on ops.emergency_access
for each row execute function ops.keep_login('ended_login');
create trigger kept before delete or truncate on ops.emergency_access
for each statement execute function ops.refuse_change();
"""

# Alerts of kinds that the older version does not know.
FORGET = """
alter table ops.alert disable trigger user;
alter table ops.alert_notice disable trigger user;
delete from ops.alert_notice where alert_id in (select alert_id from ops.alert where kind in ({kinds}));
delete from ops.alert where kind in ({kinds});
alter table ops.alert enable trigger user;
alter table ops.alert_notice enable trigger user;
"""


def _listed(*kinds: str) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


def _kinds(*kinds: str) -> str:
    return (
        "alter table ops.alert drop constraint alert_kind_check;"
        f"alter table ops.alert add constraint alert_kind_check check (kind in ({_listed(*kinds)}));"
    )


def upgrade() -> None:
    op.execute(_kinds(*KINDS, *OF_THE_MACHINE))
    op.execute(EMERGENCY)


def downgrade() -> None:
    # What the gate has counted, a program before knows nothing of.
    op.execute("delete from ops.absorbed_delivery where model = 'release_gate'")
    op.execute(FORGET.format(kinds=_listed(*OF_THE_MACHINE)))
    op.execute(_kinds(*KINDS))
    op.execute("drop table ops.emergency_access")
