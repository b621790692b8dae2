"""Is this machine fit to run the warehouse? Every answer says what to do."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from ingestion.bureau import own_folder
from ingestion.contract import load_contracts
from ingestion.errors import IngestionError, RequestError
from ingestion.pulling.pull import look
from warehouse.bureau.examine import examine as examine_folder
from warehouse.database.chosen import open_warehouse
from warehouse.database.errors import MinzhengError
from warehouse.database.ownership import strangers
from warehouse.database.server import OLDEST_VERSION, Account, find_binaries, server_version
from warehouse.database.server_log import what_the_log_tells
from warehouse.database.settings import BUREAU_TIME, settings
from warehouse.database.source_logins import signing_in, way_of
from warehouse.database.transport import Way, connections
from warehouse.derived.sync import drifted
from warehouse.staff.duties import logins_with_two

SMALLEST_FREE_GIB = 2
# Logins that came by a role of ours, without a limit of their own.
UNLIMITED = """
select rolname::text from pg_roles as login
where
    rolcanlogin and not rolsuper and rolconnlimit = -1
    and exists (
        select from pg_auth_members inner join pg_roles as granted on granted.oid = roleid
        where member = login.oid and granted.rolname in (
            'loader', 'transformer', 'publisher', 'analyst', 'approval_api', 'officer', 'auditor', 'vendor_ops',
            'retention', 'security'
        )
    )
order by 1
"""

# How this very session travels, whatever the settings say; no row where it does so in the clear.
SEALED = "select version from pg_stat_ssl where pid = pg_backend_pid() and ssl"


@dataclass(frozen=True)
class Check:
    """is_notice: it works here, but somebody should know of a limit."""

    title: str
    good: bool
    detail: str
    is_notice: bool = False


def examine() -> Iterator[Check]:
    """The checks, one by one. Starts the embedded server where no other is named."""
    home = settings().home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield Check(
            "目录 home",
            False,
            f"{home} 无法建立，请把 MINZHENG_HOME 设在别处。 "
            f"{home} cannot be made ({type(error).__name__}); set MINZHENG_HOME elsewhere",
        )
        return
    yield _examine_python(Path(sys.executable).resolve())
    free_gib = shutil.disk_usage(home).free / 2**30
    yield Check(
        "磁盘 disk",
        free_gib >= SMALLEST_FREE_GIB,
        f"{home} 下可用 {free_gib:.0f} GiB，至少要 {SMALLEST_FREE_GIB}。 "
        f"{free_gib:.0f} GiB free below {home}; at least {SMALLEST_FREE_GIB} wanted",
    )
    if not settings().database_url:
        binaries = find_binaries()
        yield Check("数据库程序 PostgreSQL", True, f"版本 version {server_version(binaries)}: {binaries}")
        yield Check(
            "运行账户 account",
            True,
            f"数据库以 uid {Account.current().uid} 运行。 The server runs as uid {Account.current().uid}",
        )
    try:
        with open_warehouse() as warehouse, warehouse.connect() as connection:
            yield from _examine_database(connection)
    except MinzhengError as error:
        yield Check("数据库连接 connection", False, str(error))
    yield from examine_ways()
    yield from examine_bureau()
    yield from examine_sources()
    stale = drifted()
    yield Check(
        "派生文件 derived files",
        not stale,
        f"{len(stale)} 个与来源不一致，请运行 `minzheng sync`。 "
        f"{len(stale)} differ from their source: run `minzheng sync`"
        if stale
        else "一致 up to date",
    )


def examine_ways() -> Iterator[Check]:
    """How each connection travels; what leaves the machine in the clear is a notice, for no setting forbids it here."""
    for each in connections(settings()):
        is_plain = each.way is Way.PLAIN
        yield Check(
            f"传输 transport: {each.title}",
            True,
            f"{each}. {each.remedy}" if is_plain else str(each),
            is_plain,
        )


def examine_bureau() -> Iterator[Check]:
    """Whether the bureau's own folder can be used; nothing where it has none."""
    folder = own_folder()
    if folder is None:
        return
    faults = len(examine_folder(folder).faults)
    yield Check(
        "本局目录 bureau",
        not faults,
        f"{folder} 有 {faults} 处错误，由 `minzheng doctor --bureau` 逐条列出。 "
        f"{faults} faults in {folder}: `minzheng doctor --bureau` tells each"
        if faults
        else str(folder),
    )


def examine_sources() -> Iterator[Check]:
    """Whether each system that a feed is fetched from can be reached and has the columns of its contract."""
    try:
        contracts = load_contracts()
    except IngestionError:
        return  # the check of the bureau's folder tells why
    for contract in contracts.values():
        if contract.source is None:
            continue
        title = f"来源系统 source {contract.source.name} ({contract.feed})"
        try:
            told = look(contract, signing_in, datetime.now(BUREAU_TIME))
            is_plain = way_of(contract.source) is Way.PLAIN
            yield Check(title, True, f"{told} {Way.PLAIN.value}" if is_plain else told, is_plain)
        except RequestError as error:  # not now
            yield Check(title, True, str(error), is_notice=True)
        except IngestionError as error:
            yield Check(title, False, str(error))


def _examine_python(python: Path) -> Check:
    """An environment leads to the Python it was made from; below /root no other account gets there."""
    if Account.current().can_reach(python):
        return Check("解释器 Python", True, str(python))
    return Check(
        "解释器 Python",
        True,
        f"{python} 所在目录不对其他账户开放，只有 root 能用这个环境；命令见后。 "
        f"{python} lies in a folder closed to other accounts, so only root can use this environment. For "
        "others: `rm -rf .venv .uv && make install PYTHON=/usr/bin/python3` (any they can reach)",
        is_notice=True,
    )


def _examine_database(connection: psycopg.Connection) -> Iterator[Check]:
    version = connection.info.server_version // 10000
    yield Check(
        "数据库版本 version",
        version >= OLDEST_VERSION,
        f"PostgreSQL {version}，要 {OLDEST_VERSION} 或更新。 PostgreSQL {version}; {OLDEST_VERSION} or newer wanted",
    )
    sealed = connection.execute(SEALED).fetchone()
    yield Check(
        "数据库传输 on the way",
        True,
        f"本连接以 {sealed[0]} 加密。 This connection is sealed by {sealed[0]}"
        if sealed
        else "本连接未加密。 This connection is not sealed",
    )
    encoding = (connection.execute("show server_encoding").fetchone() or ("",))[0]
    yield Check("字符集 encoding", encoding == "UTF8", f"{encoding}，要 UTF8 wanted")
    migrated = (connection.execute("select to_regclass('ops.delivery') is not null").fetchone() or (False,))[
        0
    ]
    yield Check(
        "迁移 migrations",
        True,
        "已完成 applied"
        if migrated
        else "尚未，第一次 `minzheng run` 时完成。 Not yet: the first `minzheng run` applies them",
    )
    shaped = strangers(connection)
    yield Check(
        "归属 owners",
        not shaped,
        f"他人可以改动以所有者权限运行的内容，请由超级用户改正。 {'; '.join(shaped)}"
        if shaped
        else "无人能改动以他人权限运行的内容。 Nobody shapes what runs with another's rights",
    )
    told = list(what_the_log_tells(connection))
    for sentence in told:
        yield Check(
            "服务器日志 log", True, f"日志会留下个人信息，请由超级用户改正。 {sentence}", is_notice=True
        )
    if not told:
        yield Check(
            "服务器日志 log", True, "没有设置会把个人信息写进去。 No setting writes values of people into it"
        )
    two = logins_with_two(connection)
    yield Check(
        "职责 duties",
        True,
        f"职责不得由一人兼任：{'；'.join(two)}。 Duties that exclude each other meet in {', '.join(two)}: "
        "`minzheng staff move`"
        if two
        else "系统、安全、审计各由不同登录担任。 System, security and audit are logins of their own",
        is_notice=bool(two),
    )
    unlimited = [login for (login,) in connection.execute(UNLIMITED).fetchall()]
    yield Check(
        "连接数 connections",
        True,
        f"{', '.join(unlimited)} 没有连接数上限，一个登录就可占尽服务器的连接。 "
        f"No limit for {', '.join(unlimited)}: `alter role ... connection limit 5`, or one login may take all "
        "connections of the server"
        if unlimited
        else "各登录都有上限。 Every login of the warehouse has a limit",
        is_notice=bool(unlimited),
    )
