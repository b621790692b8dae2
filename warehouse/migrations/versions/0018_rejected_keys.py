"""Which record a rejected line names, so that a full delivery does not close it."""

from alembic import op

revision = "0018"
down_revision = "0017"

KEY_HASH = """
alter table ops.rejected_row add column key_hash bigint;
comment on column ops.rejected_row.key_hash is
    '该行所列业务键的摘要（clean.key_hash）；空值表示读不出业务键，该全量即不使任何记录失效';
"""


def upgrade() -> None:
    op.execute(KEY_HASH)


def downgrade() -> None:
    op.execute("drop function if exists clean.key_hash(text[])")
    op.execute("alter table ops.rejected_row drop column key_hash")
