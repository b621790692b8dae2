"""The figures everybody quotes, defined once in ``warehouse/metrics.yml``: a view that gives them, a page that says
them in words."""

from dataclasses import dataclass
from pathlib import Path

from ingestion.yaml_file import read_yaml
from warehouse.database.settings import PROJECT_ROOT

SOURCE = Path(__file__).parents[1] / "metrics.yml"
VIEW = Path(__file__).parents[1] / "code" / "analytics" / "metric.sql"
PAGE = PROJECT_ROOT / "docs" / "metrics.md"
NOTE = "Derived from warehouse/metrics.yml by `minzheng sync`; do not edit."
# Of what is as of the business date.
PRESENT_MONTH = "(select max(month) from analytics.calendar_month)"

COMMENTS = """\
comment on view analytics.metric is '常用指标，定义见 docs/metrics.md：每项指标每月每个区划每个分类一行';
comment on column analytics.metric.metric is '指标';
comment on column analytics.metric.metric_zh is '指标名称';
comment on column analytics.metric.month is '月份（当月第一日）；现状类指标为业务日期所在的月份';
comment on column analytics.metric.detail is '分类：待遇、规则或家庭口径的代码；空为不分';
comment on column analytics.metric.value is '数值';
"""


@dataclass(frozen=True)
class Metric:
    """value: an aggregate over the rows of source that satisfy where, by month and detail (SQL; null: of the
    business date, not told apart)."""

    name: str
    title: str
    unit: str
    says: str
    beware: str
    value: str
    source: str
    where: str | None
    month: str | None
    detail: str | None


def metrics() -> list[Metric]:
    """All of them, in the order in which they stand on the page."""
    return [
        Metric(
            row["metric"], row["title"], row["unit"], row["says"], row["beware"], row["value"], row["from"],
            row.get("where"), row.get("month"), row.get("detail"),
        )
        for row in read_yaml(SOURCE)
    ]  # fmt: skip


def metric_view() -> str:
    """The text of ``analytics/metric.sql``."""
    parts = "\n\nunion all\n\n".join(_select(metric) for metric in metrics())
    return (
        f"-- {NOTE}\n"
        "create or replace view analytics.metric with (security_barrier = true) as\n"
        f"{parts};\n{COMMENTS}"
    )


def _select(metric: Metric) -> str:
    lines = [
        "select",
        f"    '{metric.name}' as metric,",
        f"    '{metric.title}' as metric_zh,",
        f"    {metric.month or PRESENT_MONTH} as month,",
        "    division_code,",
        f"    {metric.detail or 'null::text'} as detail,",
        f"    ({metric.value})::numeric as value",
        f"from {metric.source}",
    ]
    if metric.where:
        lines += ["where", *(f"    {line}" for line in metric.where.splitlines())]
    return "\n".join([*lines, f"group by {', '.join(_grouped(metric))}"])


def _grouped(metric: Metric) -> list[str]:
    return [column for column in (metric.month, "division_code", metric.detail) if column]


def metrics_page() -> str:
    """The text of ``docs/metrics.md``."""
    lines = [
        f"<!-- {NOTE} -->",
        "# 常用指标 Metrics",
        "",
        "大家引用的数字，一项一个定义：`select * from analytics.metric where metric = '…' and month = '…'`，"
        "按月份、区划与分类。引用时请写明世代（`analytics.generation`）。",
        "",
        "| 指标 | 名称 | 单位 | 是什么 | 注意 | 分类 |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{metric.name}` | {metric.title} | {metric.unit} | {metric.says} | {metric.beware} |"
            f" {f'`{metric.detail}`' if metric.detail else ''} |"
            for metric in metrics()
        ),
        "",
        "定义 Definitions:",
        "",
        "| 指标 | 数值 | 来自 | 条件 |",
        "|---|---|---|---|",
        *(
            f"| `{metric.name}` | `{metric.value}` | `{_in_a_line(metric.source)}` |"
            f" {f'`{_in_a_line(metric.where)}`' if metric.where else ''} |"
            for metric in metrics()
        ),
    ]
    return "\n".join(lines) + "\n"


def _in_a_line(statement: str) -> str:
    return " ".join(statement.split())
