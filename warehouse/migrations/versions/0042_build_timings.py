"""How long the steps and models of the last builds took."""

from alembic import op

revision = "0042"
down_revision = "0041"

TIMINGS = """
create table ops.build_timing (
    build_no bigint not null,
    step text not null check (step in ('stage', 'link', 'derive', 'judge', 'publish')),
    model text not null default '',
    seconds numeric(10, 3) not null check (seconds >= 0),
    ended_at timestamptz not null default clock_timestamp(),
    primary key (build_no, step, model)
);
comment on table ops.build_timing is '最近若干次构建各步骤、各模型用时；步骤重做的，以最后一次为准';
comment on column ops.build_timing.build_no is '构建编号';
comment on column ops.build_timing.step is '步骤';
comment on column ops.build_timing.model is '模型（dbt 节点）；空串为整个步骤';
comment on column ops.build_timing.seconds is '用时（秒）';
comment on column ops.build_timing.ended_at is '结束的时刻';
"""


def upgrade() -> None:
    op.execute(TIMINGS)


def downgrade() -> None:
    op.execute("drop table ops.build_timing")
