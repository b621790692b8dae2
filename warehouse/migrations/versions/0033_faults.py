"""Faults of a request point to their fields; batches are told page by page: functions with another shape now."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.execute(
        """
        drop function if exists
            api_v1.batch(uuid), verification.batch_progress(uuid), verification.faults(jsonb, integer),
            verification.is_text(jsonb, integer)
        """
    )


def downgrade() -> None:
    """The scripts of the former version make theirs again."""
    op.execute(
        """
        drop function if exists
            api_v1.batch(uuid), api_v1.batch_page(uuid, integer, integer),
            verification.batch_progress(uuid, integer, integer), verification.faults(jsonb, integer),
            verification.fault(text, text), verification.fault_detail(jsonb), verification.text_fault(jsonb, integer),
            verification.item_faults(integer, jsonb), verification.member_codes(jsonb)
        """
    )
