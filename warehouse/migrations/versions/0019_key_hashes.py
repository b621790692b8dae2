"""The rows in force under a key are found without reading the others."""

from alembic import op

revision = "0019"
down_revision = "0018"

# Of the tables whose sources are not made anew by each build: business keys as ``warehouse.publish`` hashes them.
KEYS = {
    "resident": "resident_id",
    "registered_household_member": "resident_id, valid_from",
    "aid_household_member": "aid_household_no, delivery_id, line_number, member_no",
    "benefit_month": "case_no, benefit_code, benefit_month",
    "benefit_month_person": "case_no, benefit_code, benefit_month, resident_id",
    "income_item": "delivery_id, line_number, income_kind, income_month, resident_id",
    "property_item": "property_kind, item_no, detail, delivery_id, line_number, resident_id",
    "household_means": "household_kind, household_no",
    "household_means_item": "household_kind, household_no, resident_id, item_kind, category, delivery_id, line_number",
}


def upgrade() -> None:
    for table, key in KEYS.items():
        key_hash = f"hash_record_extended(row({key}), 0)"
        op.execute(f"create index {table}_key_hash on pub.{table} ({key_hash}) where to_generation is null")
        # Of an index over part of a table the planner does not learn how few rows share a value.
        op.execute(f"create statistics pub.{table}_key_hash on ({key_hash}) from pub.{table}")
        op.execute(f"comment on statistics pub.{table}_key_hash is '业务键各列的摘要：每个键只有少数几行'")
        op.execute(f"analyze pub.{table}")


def downgrade() -> None:
    for table in KEYS:
        op.execute(f"drop statistics pub.{table}_key_hash")
        op.execute(f"drop index pub.{table}_key_hash")
