"""What analysts read: people without number and name, in place of the view with both masked."""

from alembic import op

revision = "0037"
down_revision = "0036"

# The views of this version; those of the former are made again by its scripts.
VIEWS = (
    "person", "death", "household", "household_member", "marriage", "marriage_event", "benefit_person_month",
    "entitlement", "means", "income", "property", "stay", "benefit_standard", "calendar_month", "source_quality",
    "metric", "benefit_month", "finding", "division", "statistics_benefit_month",
)  # fmt: skip


def upgrade() -> None:
    op.execute("drop view if exists analytics.resident")


def downgrade() -> None:
    op.execute("drop view if exists " + ", ".join(f"analytics.{view}" for view in VIEWS) + " cascade")
    op.execute("drop view if exists ops.source_scorecard cascade")
    op.execute("drop view if exists ops.source_quality, pub.scoped_release")
