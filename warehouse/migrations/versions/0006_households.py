"""Three households side by side: legal families, kinship, means line by line, differences and the watch list.

Published tables that gain columns keep their rows: what was served in an earlier generation has no
value there.
"""

from alembic import op

from warehouse.migrations.frozen.served_table import current_view, served_table

revision = "0006"
down_revision = "0005"

COLUMNS = {
    "aid_household_no": ("text", "救助家庭编号"),
    "amount_yuan": ("numeric(14,2)", "金额（元）"),
    "delivery_id": ("text", "来源交付编号"),
    "detail": ("text", "补充说明：车辆类型、房屋用途、任职角色"),
    "division_code": ("text", "行政区划代码（6 位）"),
    "feed": ("text", "来源（数据流）"),
    "household_no": ("text", "户号"),
    "income_month": ("date", "收入所属月份"),
    "item_no": ("text", "号牌、不动产单元号或统一社会信用代码"),
    "line_number": ("integer", "来源行号"),
    "member_count": ("bigint", "成员数"),
    "member_no": ("integer", "成员序号"),
    "relation": ("text", "与申请人关系"),
    "resident_id": ("bigint", "居民编号；空值表示未能确认身份"),
    "sources": ("jsonb", "来源行：feed，delivery_id，line_number"),
    "standard_yuan": ("numeric(14,2)", "适用的月保障标准（元）"),
    "status": ("text", "规则状态"),
    "valid_from": ("date", "有效起（含当日）"),
    "valid_to": ("date", "有效止（不含当日）；空值表示至今"),
    "basis": ("text", "亲子关系依据：population 户口簿，aid_household 申报，marriage 出生时的婚姻（推定）"),
    "category": ("text", "收入、扣减或财产的种类"),
    "child_resident_id": ("bigint", "子女居民编号"),
    "countable_income_yuan": ("numeric(14,2)", "可计月收入（元）：计入减扣减，不小于零"),
    "countable_multiple": ("numeric(10,4)", "人均可计收入为标准的倍数"),
    "countable_per_capita_yuan": ("numeric(14,2)", "人均可计月收入（元）"),
    "counted_income_yuan": ("numeric(14,2)", "计入的月收入（元），扣减前"),
    "counted_share": ("numeric(9,6)", "计入或扣减的比例；财产为份额"),
    "counted_yuan": ("numeric(14,2)", "计入或扣减的月金额（元）"),
    "deduction_yuan": ("numeric(14,2)", "月扣减（元）"),
    "difference_kind": ("text", "差异种类"),
    "family_no": ("text", "法定家庭编号"),
    "has_overlap": ("boolean", "与一方的另一段登记婚姻时间重叠，须核实"),
    "household_kind": ("text", "家庭口径：aid 救助家庭，registered 登记户，legal 法定家庭"),
    "item_kind": ("text", "income 收入，deduction 扣减，property 财产"),
    "month_count": ("integer", "平均的月数，或该项代表的月数"),
    "parent_delivery_id": ("text", "另一方所在交付编号"),
    "parent_line_number": ("integer", "另一方所在行号"),
    "parent_resident_id": ("bigint", "父母居民编号"),
    "preference": ("smallint", "父母分开时随谁，1 为先"),
    "property_outcome": (
        "text",
        "财产：above 超限，within 在限内（存款没有来源，不包括），not_assessable 不能判断",
    ),
    "property_tests": ("jsonb", "财产逐项：test 项目，value 数值，limit 限值，outcome 结果"),
    "reasons": ("jsonb", "监测理由：reason 事由，on 日期，来源行"),
    "share_capital_yuan": ("numeric(14,2)", "认缴出资合计（元）"),
    "standard_code": ("text", "标准代码"),
    "unknown_income_count": ("bigint", "收入不明的成年成员数"),
}

TABLES = {
    "parentage": (
        "亲子关系",
        """
        child_resident_id parent_resident_id basis relation preference feed delivery_id line_number
        parent_delivery_id parent_line_number
        """,
        "child_resident_id parent_resident_id",
    ),
    "legal_family_member": (
        "法定家庭成员",
        "family_no resident_id relation valid_from valid_to feed delivery_id line_number",
        "family_no resident_id",
    ),
    "household_means_item": (
        "家庭经济状况逐项明细",
        """
        household_kind household_no item_kind category detail resident_id item_no income_month amount_yuan
        counted_share counted_yuan month_count feed delivery_id line_number
        """,
        "household_no",
    ),
    "household_difference": (
        "家庭口径的差异",
        "aid_household_no difference_kind resident_id member_no relation sources",
        "aid_household_no",
    ),
    "household_watch": (
        "致贫返贫监测",
        """
        household_no division_code member_count unknown_income_count countable_per_capita_yuan standard_yuan
        countable_multiple reasons
        """,
        "division_code",
    ),
}

ADDED = {
    "marriage_spell": "has_overlap",
    "income_item": "valid_from valid_to feed",
    "property_item": "status",
    "household_means": """
        household_kind household_no division_code unknown_income_count income_month month_count
        counted_income_yuan deduction_yuan countable_income_yuan countable_per_capita_yuan standard_code
        countable_multiple share_capital_yuan property_outcome property_tests
        """,
}


def upgrade() -> None:
    for table in TABLES:
        title, columns, lookups = TABLES[table]
        op.execute(
            served_table(table, title, {name: COLUMNS[name] for name in columns.split()}, lookups.split())
        )
    for table, added in ADDED.items():
        for name in added.split():
            op.execute(f"alter table pub.{table} add column {name} {COLUMNS[name][0]}")
            op.execute(f"comment on column pub.{table}.{name} is '{COLUMNS[name][1]}'")
        op.execute(current_view(table))
    op.execute("create index on pub.household_means (household_no)")


def downgrade() -> None:
    # What is served stands on these views, so it goes with them; the scripts make it anew.
    for schema in ("api_v1", "analytics"):
        op.execute(f"drop schema {schema} cascade")
        op.execute(f"create schema {schema}")
    for table in TABLES:
        op.execute(f"drop table pub.{table} cascade")
    for table, added in ADDED.items():
        op.execute(f"drop view pub.current_{table} cascade")
        for name in added.split():
            op.execute(f"alter table pub.{table} drop column {name}")
        op.execute(current_view(table))
