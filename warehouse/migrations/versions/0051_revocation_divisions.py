"""For which divisions a consent was withdrawn whose number no household had yet; a number may be withdrawn again."""

from alembic import op
from sqlalchemy import text

from warehouse.migrations.frozen.refusal import Refusal

revision = "0051"
down_revision = "0048"

# What was withdrawn before stays so, whoever said it.
DIVISIONS = """
alter table ops.authorization_revocation
    add column divisions text[],
    drop constraint authorization_revocation_pkey,
    add primary key (authorization_no, revoked_at);
comment on column ops.authorization_revocation.divisions is
'撤回时编号尚无家庭的，为撤回者当时的行政区划：只对日后在其中的家庭有效；空值对任何家庭有效';
comment on column ops.authorization_revocation.authorization_no is '授权书编号：日后属他处家庭的，可再撤回';
"""
TWICE = (
    "select exists (select from ops.authorization_revocation group by authorization_no having count(*) > 1)"
)


def upgrade() -> None:
    op.execute(DIVISIONS)


def downgrade() -> None:
    if op.get_bind().execute(text(TWICE)).scalar_one():
        raise Refusal(
            "A consent was withdrawn by two divisions, which the older version does not know. Nothing was "
            "changed. Stay with this version, or restore the backup made before the upgrade."
        )
    op.execute(
        "drop function if exists verification.is_revoked(text), verification.is_said_for(text[], text);"
        " alter table ops.authorization_revocation drop constraint authorization_revocation_pkey,"
        " add primary key (authorization_no), drop column divisions cascade;"
        " comment on column ops.authorization_revocation.authorization_no is null"
    )
