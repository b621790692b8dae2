"""Served as well: statistics for returns, and how often officers found a rule right."""

from alembic import op

from warehouse.migrations.frozen.served_table import served_table

revision = "0011"
down_revision = "0010"

DIVISION = {"division_code": ("text", "行政区划代码（6 位）")}

# Table: Chinese title and columns.
SERVED = {
    "statistics_benefit_month": (
        "待遇统计（小格隐去）",
        {
            "benefit_month": ("date", "所属月份（当月第一日）"),
            **DIVISION,
            "benefit_code": ("text", "待遇类别"),
            "age_band": ("text", "年龄段（周岁）；all 合计，unknown 未知"),
            "sex_code": ("text", "性别（GB/T 2261.1）；all 合计，unknown 未知"),
            "recipient_count": ("bigint", "领取人数；空值表示隐去"),
            "paid_yuan": ("numeric(14,2)", "发放金额（元）；空值表示隐去"),
            "is_suppressed": ("boolean", "是否隐去"),
            "min_cell_count": ("integer", "少于此人数的格隐去"),
        },
    ),
    "rule_precision": (
        "规则的核实准确率",
        {
            "rule_code": ("text", "规则代码"),
            **DIVISION,
            "decided_count": ("bigint", "已处理且可评价的疑点数"),
            "right_count": ("bigint", "其中规则说对的"),
            "precision_share": ("numeric(5,4)", "核实准确率（0 至 1）"),
            "precision_lower_bound": ("numeric(5,4)", "核实准确率的置信下限"),
            "is_observed": ("boolean", "是否降为观察"),
        },
    ),
}


def upgrade() -> None:
    for table, (title, columns) in SERVED.items():
        op.execute(served_table(table, title, columns))


def downgrade() -> None:
    for table in SERVED:
        op.execute(f"drop function if exists pub.{table}_at")
        op.execute(f"drop table pub.{table} cascade")
