"""Which divisions a feed covers."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute("alter table ops.feed add column divisions text[] not null default '{}'")
    op.execute("comment on column ops.feed.divisions is '本来源所及的行政区划；空为全部'")


def downgrade() -> None:
    op.execute("alter table ops.feed drop column divisions")
