"""The mark up to which the marts have taken in what is known."""

from alembic import op

revision = "0010"
down_revision = "0009"

MARK = """
create table ops.marts_mark (
    is_only_row boolean primary key default true check (is_only_row),
    event_id bigint not null,
    business_date date not null,
    marked_at timestamptz not null default now()
);
comment on table ops.marts_mark is
    '集市最近一次完整建成时所处的位置；之后的新事由 intermediate.int_touched_lines 列出。'
    '当时已处理的交付见 ops.absorbed_delivery（model = marts）';
comment on column ops.marts_mark.event_id is '已处理的最后一条 ops.identity_event';
comment on column ops.marts_mark.business_date is '当时的业务日期';
"""


def upgrade() -> None:
    op.execute(MARK)


def downgrade() -> None:
    op.execute("drop table ops.marts_mark; delete from ops.absorbed_delivery where model = 'marts'")
