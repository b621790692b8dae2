"""The rights there are, with their last use, as a workbook to be looked through and signed each quarter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import xlsxwriter
from psycopg.rows import class_row

from ingestion.office_files import own_file
from warehouse.bureau.letterhead import letterhead
from warehouse.database.connection import Warehouse
from warehouse.database.errors import given_path
from warehouse.database.settings import BUREAU_TIME
from warehouse.staff.duties import DUTIES_ZH, duties
from warehouse.verification.clients import Token, tokens

LOGINS = """
select
    login.rolname::text as login,
    coalesce(account.display_name, shobj_description(login.oid, 'pg_authid'), '') as name,
    roles.roles,
    array(
        select scope.division_code from ops.division_scope as scope where scope.user_name = login.rolname order by 1
    ) as divisions,
    coalesce(account.duty = 'head', false) as is_head,
    login.rolsuper as is_superuser, login.rolreplication as may_replicate,
    login.rolbypassrls as sees_past_rows, login.rolcreaterole as may_make_roles,
    login.rolcreatedb as may_make_databases,
    login.rolvaliduntil as valid_until, used.last_used_at
from pg_roles as login
cross join lateral (
    select array_agg(granted.rolname::text order by granted.rolname) as roles
    from pg_roles as granted
    where
        not granted.rolcanlogin and (pg_has_role(login.oid, granted.oid, 'member') and not login.rolsuper)
) as roles
left join desk.account as account on account.login = login.rolname
left join ops.login_last_use as used on used.login = login.rolname
where
    login.rolcanlogin
    and (
        roles.roles is not null or login.rolsuper or login.rolreplication or login.rolbypassrls or login.rolcreaterole
        or login.rolcreatedb
    )
order by login.rolname
"""
# Of as long as a sheet is signed for, and the one before.
CHANGES = """
select changed_at, case when is_client then '客户' else '登录' end, holder, division_code,
    case change when 'given' then '给予' else '取消' end, changed_login
from ops.scope_change
where changed_at > %s - interval '1 year'
order by scope_change_id desc
"""
HEADINGS = {
    "登录": (
        "登录",
        "姓名或用途",
        "角色",
        "职责",
        "行政区划",
        "口令有效至",
        "最近使用",
        "保留（是/否）",
        "说明",
    ),
    "区划变更": ("时间", "类别", "何者", "行政区划", "变更", "所用登录", "无误（是/否）", "说明"),
    "令牌": ("编号", "客户", "行政区划", "起", "止", "最近使用", "状态", "保留（是/否）", "说明"),
}
WIDTHS = (18, 18, 30, 16, 24, 18, 18, 14, 30)


@dataclass(frozen=True)
class Right:
    """A login and what it may. last_used_at: as far as the log of verification and the desk know; none, never."""

    login: str
    name: str
    roles: list[str] | None
    divisions: list[str]
    is_head: bool
    is_superuser: bool
    may_replicate: bool
    sees_past_rows: bool
    may_make_roles: bool
    may_make_databases: bool
    valid_until: datetime | None
    last_used_at: datetime | None

    @property
    def told_duties(self) -> str:
        """In words: what else it is than a user."""
        told = [DUTIES_ZH[duty] for duty in duties(self.roles or ())]
        told += [
            word
            for word, holds in (
                ("超级用户", self.is_superuser), ("备份", self.may_replicate), ("科室负责人", self.is_head),
                ("不受行级安全约束", self.sees_past_rows), ("可建角色", self.may_make_roles),
                ("可建数据库", self.may_make_databases),
            )
            if holds
        ]  # fmt: skip
        return "、".join(told)


def rights(connection: psycopg.Connection) -> list[Right]:
    """Every login that can do something here, but for those who own nothing and belong to nothing of ours."""
    with connection.cursor(row_factory=class_row(Right)) as cursor:
        return cursor.execute(LOGINS).fetchall()


def write_rights(warehouse: Warehouse, out: Path, now: datetime) -> int:
    """The workbook, closed to others; returns the number of logins."""
    with warehouse.connect() as connection:
        found = rights(connection)
        changes = [(_time(at), *told) for at, *told in connection.execute(CHANGES, [now]).fetchall()]
    known = tokens(warehouse)
    logins = [
        (
            right.login, right.name, "、".join(right.roles or ()), right.told_duties, "、".join(right.divisions),
            _time(right.valid_until), _time(right.last_used_at) or "未见使用",
        )
        for right in found
    ]  # fmt: skip
    with given_path(out):
        own_file(out)
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        with xlsxwriter.Workbook(out, options) as workbook:
            _sheet(workbook, "登录", logins, now)
            _sheet(workbook, "令牌", [_told(token) for token in known], now)
            _sheet(workbook, "区划变更", changes, now)
    return len(found)


def _told(token: Token) -> tuple[object, ...]:
    state = "已撤回" if token.withdrawn_at else "已到期" if token.is_over else "有效"
    return (
        token.token_id, token.client, "、".join(token.divisions), str(token.valid_from), str(token.valid_to or ""),
        _time(token.last_used_at) or "未见使用", state,
    )  # fmt: skip


def _sheet(
    workbook: xlsxwriter.Workbook, title: str, rows: Sequence[tuple[object, ...]], now: datetime
) -> None:
    bold = workbook.add_format({"bold": True, "border": 1})
    cell = workbook.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    sheet = workbook.add_worksheet(title)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, f"{letterhead()} 数据仓库权限清单（{title}） {_time(now)}".strip())
    sheet.write_row(2, 0, HEADINGS[title], bold)
    sheet.repeat_rows(2)
    for place, row in enumerate(rows, start=3):
        for column, value in enumerate([*row, "", ""]):
            sheet.write(place, column, value, cell)
    sheet.write_string(
        len(rows) + 5, 0, "安全管理员（签字）：            审计管理员（签字）：            日期："
    )


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(BUREAU_TIME):%Y-%m-%d %H:%M}" if moment else ""
