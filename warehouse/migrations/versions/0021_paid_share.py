"""What a household is paid stands on each person's row: its name says so, and the person's share stands beside it."""

from alembic import op

from warehouse.migrations.frozen.served_table import current_view

revision = "0021"
down_revision = "0020"

TABLE = "benefit_month_person"


def _rename(before: str, after: str) -> None:
    for relation in (f"table pub.{TABLE}", f"view pub.current_{TABLE}", f"view if exists pub.scoped_{TABLE}"):
        op.execute(f"alter {relation} rename column {before} to {after}")


def upgrade() -> None:
    _rename("paid_yuan", "household_paid_yuan")
    op.execute(
        f"""
        alter table pub.{TABLE} add column paid_share_yuan numeric(14, 2);
        comment on column pub.{TABLE}.household_paid_yuan is '该业务该月成立的发放金额（元），整户：不可相加';
        comment on column pub.{TABLE}.paid_share_yuan is '本人的份额（元）；各人相加等于整户金额';
        """
    )
    op.execute(current_view(TABLE))


def downgrade() -> None:
    # Views of other schemas stand on this one; the scripts make them again.
    op.execute(f"drop view pub.current_{TABLE} cascade")
    op.execute(f"drop view if exists pub.scoped_{TABLE} cascade")
    op.execute(f"alter table pub.{TABLE} drop column paid_share_yuan")
    op.execute(f"alter table pub.{TABLE} rename column household_paid_yuan to paid_yuan")
    op.execute(f"comment on column pub.{TABLE}.paid_yuan is '成立的发放金额（元）'")
    op.execute(current_view(TABLE))
