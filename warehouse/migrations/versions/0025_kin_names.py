"""Who ever stood in a household book of the resident is kin: the names need no book named with them."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("drop function if exists verification.kin_names(bigint, text, integer)")


def downgrade() -> None:
    """The scripts of the former version make it again."""
    op.execute("drop function if exists verification.kin_names(bigint, integer)")
