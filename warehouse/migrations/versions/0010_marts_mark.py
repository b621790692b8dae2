"""The mark up to which the marts have taken in what is known."""

from alembic import op

revision = "0010"
down_revision = "0009"

MARK = """
create table ops.marts_mark (
    is_only_row boolean primary key default true check (is_only_row),
    event_id bigint not null,
    business_date date not null,
    program_digest text not null,
    is_under_way boolean not null default false,
    marked_at timestamptz not null default now()
);
comment on table ops.marts_mark is
    '集市最近一次完整建成时所处的位置；之后的新事由 intermediate.int_touched_lines 列出。'
    '当时已处理的交付见 ops.absorbed_delivery（model = marts）';
comment on column ops.marts_mark.event_id is '已处理的最后一条 ops.identity_event';
comment on column ops.marts_mark.business_date is '当时的业务日期';
comment on column ops.marts_mark.program_digest is '建成集市的程序的摘要：不同程序建成的行不并存';
comment on column ops.marts_mark.is_under_way is '正在建集市；下一次运行开始时仍为真，说明上一次中断';
"""


def upgrade() -> None:
    op.execute(MARK)


def downgrade() -> None:
    op.execute("drop table ops.marts_mark; delete from ops.absorbed_delivery where model = 'marts'")
