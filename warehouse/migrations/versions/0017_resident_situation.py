"""The situation of residents at a generation has no reader: an answer reads the tables themselves."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("drop function if exists pub.resident_situation_at(integer)")


def downgrade() -> None:
    """The scripts of the former version make it again."""
