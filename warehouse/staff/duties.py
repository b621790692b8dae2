"""Duties that exclude each other (三员分立): who runs the system, who gives rights and who audits are three people.

A superuser of the server stands outside: the office's own database administrator, whose sign-ins the server logs.
"""

from collections.abc import Iterable

import psycopg

from warehouse.database.errors import UsageError

# Duty: the roles by which somebody has it.
DUTIES = {
    "system": ("dw_owner", "analytics_owner", "line_reader"),
    "security": ("security",),
    "audit": ("auditor",),
}
# Who keeps rights would give them to oneself, who audits would audit oneself.
WORK = ("officer", "analyst", "loader")
WITHOUT_WORK = ("security", "audit")
DUTIES_ZH = {"system": "系统管理员", "security": "安全管理员", "audit": "审计管理员", "work": "业务办理"}
# What a person may be given; those of services are not among them.
OF_PEOPLE = ("officer", "analyst", "auditor", "vendor_ops", "security", "loader")
# Who knows divisions: for others a list of them says nothing.
BY_DIVISION = ("officer", "analyst")
BOTH = """
select login.rolname::text, array_agg(granted.rolname::text order by granted.rolname)
from pg_roles as login
inner join pg_roles as granted
    on granted.rolname = any(%s) and pg_has_role(login.oid, granted.oid, 'member')
where login.rolcanlogin and not login.rolsuper
group by login.rolname
order by login.rolname
"""


def duties(roles: Iterable[str]) -> list[str]:
    """The duties that come with roles, in the order of the list."""
    held = set(roles)
    return [duty for duty, of in DUTIES.items() if held & set(of)]


def meeting(roles: Iterable[str]) -> list[str]:
    """The duties among roles that may not be one person's; none where they may, or where there is but one."""
    held = list(roles)
    found = duties(held)
    if set(held) & set(WORK) and set(found) & set(WITHOUT_WORK):
        found.append("work")
    return found if len(found) > 1 else []


def refuse_two(roles: Iterable[str]) -> None:
    """Raises UsageError where roles bring more than one duty, or are none of people's."""
    given = list(roles)
    if unknown := [role for role in given if role not in OF_PEOPLE]:
        raise UsageError(
            f"{', '.join(unknown)} 不是授予个人的角色。 "
            f"{', '.join(unknown)} is no role of people: {', '.join(OF_PEOPLE)}."
        )
    _refuse(meeting(given))


def refuse_held(connection: psycopg.Connection, login: str) -> None:
    """Raises UsageError where what a login holds, by whatever way, brings more than one duty."""
    _refuse(meeting(logins_with_two(connection).get(login, ())))


def _refuse(found: list[str]) -> None:
    if found:
        raise UsageError(
            f"{'、'.join(DUTIES_ZH[duty] for duty in found)}不得由一人兼任。 "
            f"The duties {', '.join(found)} exclude each other: a login each, for a person each."
        )


def logins_with_two(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Logins that have more than one duty, however they came by it, with their roles."""
    asked = [role for of in (*DUTIES.values(), WORK) for role in of]
    rows = connection.execute(BOTH, [asked]).fetchall()
    return {login: roles for login, roles in rows if meeting(roles)}
