"""The register of processing: what the program does with what it knows of people, and what of that the contracts bring.

``processing.yml`` says it, one entry for each activity; here it becomes a page, beside the assessment by feed
(``ingestion/privacy.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.contract import Contract
from ingestion.privacy import CLASSES_ZH, SENSITIVE, columns_about_people
from ingestion.yaml_file import read_yaml

ALL = "all"
HEADING = """<!-- Derived from the contracts and ingestion/processing.yml by `minzheng sync`; do not edit. -->
# 个人信息处理活动记录

供填写处理情况记录（《个人信息保护法》第五十五、五十六条；GB/T 35273 第 11.3 条）：每项活动为何、处理谁的哪些信息、
谁来做、给谁、有没有自动化决策、存多久、由哪项测试保证。按来源的[影响评估](privacy.md)列出每一列。
敏感个人信息以 ★ 标明；法律依据、责任人和风险评级由本单位填写。

"""
COLUMNS = ("活动", "为何", "谁的", "哪些信息", "谁来做（角色）", "给谁", "自动化决策", "存多久", "保证")


@dataclass(frozen=True)
class Activity:
    """classes: of values about people (``CLASSES_ZH``); ``all``, whatever the contracts in use bring. roles: of the
    database; none, login says whose it is. settings: after what time something of it goes, without the program's
    prefix."""

    name: str
    purpose: str
    whose: str
    classes: Sequence[str] | str
    roles: Sequence[str]
    to: str
    automated: str
    settings: Sequence[str]
    tests: Sequence[str]
    login: str = ""


def activities() -> list[Activity]:
    return [Activity(**entry) for entry in read_yaml(Path(__file__).with_name("processing.yml"))]


def processing_page(contracts: Sequence[Contract]) -> str:
    """The register, of the classes that these contracts bring."""
    brought = {name for contract in contracts for name in columns_about_people(contract)}
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    return "\n".join(
        [HEADING + lines[0], lines[1], *(_row(activity, brought) for activity in activities()), ""]
    )


def _row(activity: Activity, brought: set[str]) -> str:
    named = brought if activity.classes == ALL else set(activity.classes)
    kept = [f"`MINZHENG_{name}`" for name in activity.settings] or ["长期"]
    cells = (
        activity.name,
        activity.purpose,
        activity.whose,
        "、".join(
            f"{title}{'★' if name in SENSITIVE else ''}"
            for name, title in CLASSES_ZH.items()
            if name in named
        )
        or "无",
        "、".join(f"`{role}`" for role in activity.roles) or activity.login,
        activity.to,
        activity.automated,
        "、".join(kept),
        "、".join(f"`{test}`" for test in activity.tests),
    )
    return f"| {' | '.join(cells)} |"
