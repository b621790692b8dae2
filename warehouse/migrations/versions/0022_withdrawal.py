"""An accepted delivery can be withdrawn: it is marked, and the next build computes as if it had never come."""

from alembic import op

revision = "0022"
down_revision = "0021"

STATUS = """
alter table ops.delivery drop constraint delivery_status_check;
alter table ops.delivery add constraint delivery_status_check
    check (status in ('landed', 'accepted', 'held', 'withdrawn'));
comment on column ops.delivery.status is
    'landed 待检，accepted 通过落地检查，held 整份暂扣，withdrawn 已撤回（原始行保留，构建时视为从未收到）';
"""

WITHDRAWAL = """
create table ops.withdrawal (
    withdrawal_id bigint generated always as identity primary key,
    delivery_id text not null,
    said_by text not null,
    login text not null default session_user,
    reason text not null,
    said_at timestamptz not null default clock_timestamp()
);
comment on table ops.withdrawal is '撤回交付的意见：何人、何时、为何；只增，需要两人时第二人的意见使其生效';
create index on ops.withdrawal (delivery_id);
create trigger append_only before update or delete or truncate on ops.withdrawal
for each statement execute function ops.refuse_change();
"""

# An older program knows of no withdrawal: what is held is not used by it either.
BACK = """
drop table ops.withdrawal;
update ops.delivery set status = 'held' where status = 'withdrawn';
alter table ops.delivery drop constraint delivery_status_check;
alter table ops.delivery add constraint delivery_status_check check (status in ('landed', 'accepted', 'held'));
comment on column ops.delivery.status is 'landed 待检，accepted 通过落地检查，held 整份暂扣';
"""


def upgrade() -> None:
    op.execute(STATUS)
    op.execute(WITHDRAWAL)


def downgrade() -> None:
    op.execute(BACK)
