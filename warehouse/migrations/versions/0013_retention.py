"""Generations that retention has dropped are known as such, so that nobody reads what is left of them."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("alter table ops.generation add column dropped_at timestamptz")
    op.execute(
        "comment on column ops.generation.dropped_at is '按保留期限清理的时间；空值表示仍可查询与回退'"
    )


def downgrade() -> None:
    # Of a script: it reads the column.
    op.execute("drop view if exists analytics.generation cascade")
    op.execute("alter table ops.generation drop column dropped_at")
