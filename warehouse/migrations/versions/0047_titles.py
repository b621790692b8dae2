"""Views in which each code and each person stands once, for those of analysts; what side a rule is on; samples."""

from alembic import op

revision = "0047"
down_revision = "0044"

# What reads them goes with them, and is made again by the former scripts.
VIEWS = "pub.scoped_place, pub.scoped_person, analytics.coverage"


def upgrade() -> None:
    """All of it is made by scripts."""


def downgrade() -> None:
    op.execute(f"drop view if exists {VIEWS} cascade; drop function if exists clean.rule_side(text) cascade")
    op.execute("drop function if exists api_v1.sample_findings(text, text, text, integer)")
