"""How often a client may still ask is one figure, however many services answer."""

from alembic import op

revision = "0048"
down_revision = "0047"

# What a crash empties is full again a minute later anyhow: nothing of it is worth writing to the log.
ALLOWANCE = """
create unlogged table ops.request_allowance (
    kind text not null,
    client text not null,
    remaining double precision not null,
    counted_at timestamptz not null,
    primary key (kind, client)
) with (fillfactor = 50);
comment on table ops.request_allowance is 'REST 各服务共用的频次：客户还可以询问几次';
comment on column ops.request_allowance.kind is '频次的种类：question 询问，check 验证报告（不分客户）';
comment on column ops.request_allowance.client is '客户名称；不分客户的为空串';
comment on column ops.request_allowance.remaining is '计数之时还可以询问几次';
comment on column ops.request_allowance.counted_at is '计数之时，此后匀速增加';
"""


def upgrade() -> None:
    op.execute(ALLOWANCE)


def downgrade() -> None:
    op.execute(
        "drop function if exists api_v1.draw_requests(text, text, integer, integer);"
        " drop table ops.request_allowance"
    )
