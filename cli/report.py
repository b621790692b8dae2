"""What the command line prints: tables for people, from the operations tables and the marts."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.household import place
from expectations.data_docs import PAGE
from ingestion.contract import load_contracts
from ingestion.errors import REFUSALS_ZH
from ingestion.gaps import missing_days
from ingestion.pulling.mark import text_of
from lab.scoring.calibration import PRECISION, Calibration
from lab.scoring.evaluate import Evaluation, SliceScore
from linkage.review import DECISIONS, KINDS, Case
from warehouse.alerting.alerts import KINDS_ZH as KINDS_OF_ALERTS_ZH
from warehouse.alerting.alerts import Alert, open_alerts
from warehouse.casework.explain import Explanation, MentionExplanation
from warehouse.casework.facts import told
from warehouse.casework.findings import REOPENED, SEVERITIES, SHOWN_CHARACTERS, STATES, RankedFinding
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import MODEL_PAGE
from warehouse.verification.audit import OPERATIONS_ZH, READINGS_ZH
from warehouse.verification.purposes import with_title

if TYPE_CHECKING:  # whoever asks for the status does not wait for what lands and builds
    from expectations.gate import GateReport
    from ingestion.landing import DeliveryResult
    from ingestion.pulling.pull import Pulled
    from ingestion.strays import KnownStray
    from linkage.linking import Linkage
    from serving.desk.officers import Officer
    from warehouse.backup.drill import Drill
    from warehouse.backup.repository import Base
    from warehouse.backup.restore import Restored
    from warehouse.pipeline.build import Built
    from warehouse.publishing.retention import Dropped
    from warehouse.staff.emergency import Emergency
    from warehouse.verification.audit import Reading
    from warehouse.verification.clients import Token

OUTCOMES_ZH = {
    "landed": "已落地", "held": "拒收过多，整份暂扣", "pending": "将落地", "skipped": "此前已落地",
    "rejected": "整份拒收", "waiting": "等待清单", "stray": "无人读取",
}  # fmt: skip
GAPS_SHOWN = 5
MOST_LEFT_NAMED = 3
GAP = 1  # between two columns
FOLDED = 8  # what a column of words can be folded to
UNBROKEN = frozenset((
    "编号", "规则", "级别", "提及", "结果", "状态", "对象", "身份号码", "家庭编号", "区划", "起", "止", "自", "位置",
    "时间", "授权书", "报告",
))  # fmt: skip
# Of a finding: what is left out first where a window is narrow. `minzheng explain` shows all of one.
SPARE = ("区划", "身份号码", "家庭编号", "结果")
# Of a case of identity, likewise; `minzheng review decide` shows all of one.
SPARE_OF_CASES = ("身份号码", "情况", "写作", "把握")
METHODS_ZH = {"id_number": "号码", "probabilistic": "推断", "reviewed": "人工", "unresolved": "未对上"}
EVENTS_ZH = {
    "linked": "归入", "unlinked": "解除", "moved": "改归", "merged": "并入", "split": "分出", "renumbered": "号码更正",
}  # fmt: skip
SLICE_KINDS_ZH = {"all": "全部", "feed": "来源与角色", "defect": "号码的缺陷", "method": "依据"}
NONE_LISTED = "无，只找本登录所列的区划 none in the divisions listed for this login"
OUTCOME_ZH = {"hit": "疑点", "not_assessable": "无法判断"}
SEVERITY_STYLES = {"red": "bold red", "yellow": "yellow"}


def _table(
    title: str, *columns: str, numbers: frozenset[str] = frozenset(), unbroken: frozenset[str] = UNBROKEN
) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in columns:
        table.add_column(
            column,
            justify="right" if column in numbers else "left",
            no_wrap=column in unbroken,
            overflow="fold",
        )
    return table


def _print_fitting(
    console: Console,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    styles: Sequence[str | None],
    spare: tuple[str, ...] = (),
    numbers: frozenset[str] = frozenset(),
) -> None:
    """A table of which dates and numbers stay whole: what the width has no room for is left out, the
    columns of ``spare`` in their order, and that is said. Where even so there is no room they are folded, never
    cut. rows: at least one."""
    whole = UNBROKEN | numbers
    widths = {
        column: max(cell_len(text) for text in (column, *_cells(tuple(row[column] for row in rows))))
        for column in rows[0]
    }
    needed = {
        column: GAP + (width if column in whole else min(width, FOLDED)) for column, width in widths.items()
    }
    left_out = []
    for column in spare:
        if sum(needed.values()) > console.width + GAP and column in needed:
            del needed[column]
            left_out.append(column)
    fits = sum(needed.values()) <= console.width + GAP
    table = _table(title, *needed, numbers=numbers, unbroken=whole if fits else frozenset())
    for row, style in zip(rows, styles, strict=True):
        table.add_row(*_cells(tuple(row[column] for column in needed)), style=style)
    console.print(table)
    if left_out:
        console.print(f"窗口较窄，未列出 this window has no room for: {'、'.join(left_out)}")


def _yuan(console: Console, amount: Decimal | float | None) -> str:
    """An amount in thousands for people, plain for the program at the other end of a pipe."""
    return "" if amount is None else f"{amount:,.2f}" if console.is_terminal else f"{amount:.2f}"


def _cells(row: tuple[Any, ...]) -> list[str]:
    return ["" if value is None else f"{value:,}" if isinstance(value, int) else str(value) for value in row]


def print_pulled(console: Console, pulled: "Pulled") -> None:
    """What was fetched, and what the contract or the cursor leaves out."""
    if pulled.files or pulled.mode == "files":
        console.print(f"{pulled.source}: {len(pulled.files)} 个文件 files", highlight=False)
        for place in pulled.files:
            console.print(f"  {place}", highlight=False)
        for why, places in pulled.left.items():
            named = ", ".join(places[:MOST_LEFT_NAMED]) + (" …" if len(places) > MOST_LEFT_NAMED else "")
            console.print(f"未取 left: {len(places)} {why.value}: {named}", highlight=False, soft_wrap=True)
        return
    kind = {"full": "全量 full", "delta": "增量 delta"}[pulled.mode]
    span = "" if pulled.lower is None else f"，自 from {text_of(pulled.lower)}"
    span += "" if pulled.upper is None else f"，至 to {text_of(pulled.upper)}"
    where = pulled.delivery_id or "只看未取 only looked"
    console.print(
        f"{pulled.source}: {kind} {'' if pulled.rows is None else pulled.rows} 行 rows{span} → {where}",
        highlight=False,
        soft_wrap=True,
    )
    if pulled.additions:
        console.print(
            f"契约没有的列未取 columns the contract does not name were left: {', '.join(pulled.additions)}",
            highlight=False,
            soft_wrap=True,
        )
    if pulled.told and pulled.told.without_cursor:
        console.print(
            f"{pulled.told.without_cursor} 行没有游标，每次都取 rows without a cursor come every time",
            highlight=False,
        )
    if pulled.told and pulled.told.ahead:
        console.print(
            f"{pulled.told.ahead} 行的游标在此刻之后，每次都取 rows of a later moment than now come every time",
            highlight=False,
        )


def print_deliveries(console: Console, results: "list[DeliveryResult]") -> None:
    """What became of the deliveries of this run; refused and waiting ones with their reason."""
    counted = {outcome: sum(result.outcome == outcome for result in results) for outcome in OUTCOMES_ZH}
    console.print(
        "交付 deliveries: "
        + "，".join(
            f"{title} {counted[outcome]}" for outcome, title in OUTCOMES_ZH.items() if counted[outcome]
        )
    )
    for result in results:
        if result.outcome == "held":
            console.print(
                f"  {OUTCOMES_ZH['held']} {result.delivery_id}: "
                f"{result.rejected_count:,} / {result.received_count:,} 行，见 `minzheng return-list`",
                style="red",
            )
        if result.notice:
            console.print(f"  注意 note: {result.notice}", style="yellow")
        if result.outcome == "pending":
            console.print(f"  {OUTCOMES_ZH['pending']} {result.delivery_id}")
        if result.outcome in ("rejected", "waiting", "stray"):
            style = "red" if result.outcome == "rejected" else "yellow"
            title = REFUSALS_ZH.get(result.reason_code or "")
            console.print(
                f"  {OUTCOMES_ZH[result.outcome]}{f'（{title}）' if title else ''} {result.delivery_id}: "
                f"{(result.reason or '').removeprefix(f'{result.delivery_id}: ')}",
                style=style, soft_wrap=True,
            )  # fmt: skip


def print_run(console: Console, connection: psycopg.Connection, result: "Built") -> None:
    """Where every row went, who was found, what the gates said, what the rules found."""
    print_ledger(console, connection)
    print_linkage(console, connection, result.linkage)
    print_gates(console, result.anomalies, result.release)
    print_findings(console, connection)
    print_paid_after_death(console, connection)
    if result.publication:
        console.print(
            f"已发布 published generation {result.publication.generation}，业务日期 {result.business_date}："
            f"新写 {result.publication.inserted:,} 行，截止 {result.publication.closed:,} 行"
        )


def print_ledger(console: Console, connection: psycopg.Connection) -> None:
    """Where every row went, by feed: received = landed + rejected + repeated."""
    numbers = frozenset(("份数", "收到", "落地", "拒收", "重复"))
    table = _table(
        "每一行的去向（收到 = 落地 + 拒收 + 重复）",
        "来源",
        "份数",
        "收到",
        "落地",
        "拒收",
        "重复",
        "暂扣",
        "撤回",
        numbers=numbers,
    )
    rows = connection.execute(
        """
        select
            feeds.title_zh, count(*), sum(received_count)::bigint, sum(landed_count)::bigint,
            sum(rejected_count)::bigint, sum(repeated_count)::bigint,
            nullif(count(*) filter (where status = 'held'), 0),
            nullif(count(*) filter (where status = 'withdrawn'), 0)
        from ops.delivery inner join ops.feed as feeds using (feed)
        group by feeds.system, feeds.feed, feeds.title_zh order by feeds.system, feeds.feed
        """
    ).fetchall()
    for row in rows:
        table.add_row(*_cells(row))
    sums = [sum(row[place] or 0 for row in rows) for place in range(1, 6)]
    table.add_row("合计", *_cells(tuple(sums)), style="bold")
    console.print(table)


def print_linkage(console: Console, connection: psycopg.Connection, linkage: "Linkage | None") -> None:
    """How the people named in the lines were found to be residents."""
    rows = connection.execute(
        "select method, count(*) from marts.person_mention group by method order by count(*) desc"
    ).fetchall()
    total = sum(count for _, count in rows) or 1
    shares = "，".join(f"{METHODS_ZH[method]} {count:,}（{count / total:.1%}）" for method, count in rows)
    console.print(f"人员提及 mentions: {total:,}，其中{shares}")
    if linkage:
        console.print(
            f"本次新提及 {linkage.mentions:,}，新见号码 {linkage.new_residents:,}，比对 {linkage.weighed:,}；"
            f"自成新居民的提及 {linkage.newcomers:,}，仍不知何人 {linkage.unresolved:,}，"
            f"待人工核对 {linkage.in_review:,}（`minzheng review list`）"
        )


def print_findings(console: Console, connection: psycopg.Connection) -> None:
    """Findings by rule with the number of subjects judged; a flag is a lead, never a decision."""
    numbers = frozenset(("已判断", "疑点", "无法判断", "涉及金额（元）"))
    table = _table(
        "疑点（只是线索，须由人核实，不是决定）",
        "规则",
        "名称",
        "级别",
        "已判断",
        "疑点",
        "无法判断",
        "涉及金额（元）",
        numbers=numbers,
    )
    rows = connection.execute(
        """
        with counts as (
            select rule_code, sum(assessed)::bigint as assessed, sum(hits)::bigint as hits,
                sum(not_assessable)::bigint as not_assessable
            from pub.current_coverage group by rule_code
        ),
        amounts as (
            select rule_code, sum(amount_yuan) as amount_yuan
            from pub.current_finding where outcome = 'hit' group by rule_code
        )
        select rule_code, title_zh, severity, assessed, hits, not_assessable, amount_yuan
        from pub.current_anomaly_rule
        left join counts using (rule_code) left join amounts using (rule_code)
        where status = 'active' order by rule_code
        """
    ).fetchall()
    for rule_code, title, severity, *counts, amount in rows:
        shown = Text(SEVERITIES[severity], SEVERITY_STYLES[severity])
        table.add_row(rule_code, title, shown, *_cells((*counts, _yuan(console, amount))))
    console.print(table)


def print_paid_after_death(console: Console, connection: psycopg.Connection) -> None:
    """The headline: how long and how much was paid after death, by division (rule A01)."""
    numbers = frozenset(("疑点", "月数", "天数", "金额（元）"))
    table = _table("死亡后仍发放（A01）", "区划", "疑点", "月数", "天数", "金额（元）", numbers=numbers)
    rows = connection.execute(
        """
        select
            case
                when grouping(division_code) = 1 then '合计'
                else concat_ws(' ', coalesce(division_code, '不详'), name_zh)
            end,
            count(*), sum((evidence -> 'facts' ->> 'month_count')::integer),
            sum(last_on - first_on + 1), sum(amount_yuan)
        from pub.current_finding
        left join pub.current_division using (division_code)
        where rule_code = 'A01' and outcome = 'hit'
        group by grouping sets ((division_code, name_zh), ())
        order by grouping(division_code), division_code
        """
    ).fetchall()
    for *counts, amount in rows:
        table.add_row(*_cells((*counts, _yuan(console, amount))))
    console.print(table)


def print_finding_list(console: Console, rows: Sequence[tuple[Any, ...]], total: int) -> None:
    """Findings one by one (``findings.finding_list``), and how many of all these are."""
    titles = (
        "编号",
        "规则",
        "级别",
        "结果",
        "状态",
        "对象",
        "身份号码",
        "家庭编号",
        "区划",
        "起",
        "止",
        "金额（元）",
    )
    shown = [
        (
            finding_id, rule, SEVERITIES[severity], OUTCOME_ZH[outcome], STATES.get(stands, ""), *rest,
            _yuan(console, amount),
        )
        for finding_id, rule, severity, outcome, stands, *rest, amount in rows
    ]  # fmt: skip
    title = f"疑点清单 {len(rows):,} / {total:,}"
    if not rows:
        console.print(f"{title}：{NONE_LISTED}")
        return
    _print_fitting(
        console,
        title,
        [dict(zip(titles, row, strict=True)) for row in shown],
        [SEVERITY_STYLES[row[2]] if row[4] == "new" else None for row in rows],
        SPARE,
        numbers=frozenset(("金额（元）",)),
    )
    if total > len(rows):
        console.print(f"另有 {total - len(rows):,} 条未列出 more are not shown: `--limit`")


def print_worklist(console: Console, findings: list[RankedFinding]) -> None:
    """The work list, people masked."""
    if not findings:
        console.print(f"疑点处理清单：{NONE_LISTED}")
        return
    rows = [
        {
            "编号": finding.finding_id[:SHOWN_CHARACTERS],
            "规则": finding.rule_code,
            "名称": finding.title_zh,
            "级别": SEVERITIES[finding.severity],
            "对象": finding.masked_name or finding.aid_household_no,
            "身份号码": finding.masked_id_number,
            "家庭编号": finding.aid_household_no,
            "区划": place(finding.division_code, finding.division_zh),
            "起": finding.first_on,
            "止": finding.last_on,
            "金额（元）": _yuan(console, finding.amount_yuan),
            "提示": finding.hints,
        }
        for finding in findings
    ]
    styles = [SEVERITY_STYLES[finding.severity] for finding in findings]
    _print_fitting(
        console, "疑点处理清单", rows, styles, (*SPARE, "名称"), numbers=frozenset(("金额（元）",))
    )


def print_alerts(console: Console, alerts: Sequence[Alert]) -> None:
    """Alerts, open ones and perhaps closed ones."""
    rows = [
        {
            "编号": str(alert.alert_id),
            "告警": KINDS_OF_ALERTS_ZH[alert.kind],
            "对象": alert.subject,
            "自": f"{alert.raised_at:%Y-%m-%d %H:%M}",
            "至": f"{alert.closed_at:%Y-%m-%d %H:%M}" if alert.closed_at else "",
            "说明": alert.detail,
        }
        for alert in alerts
    ]
    _print_fitting(console, "告警", rows, [None] * len(rows))


def print_strays(console: Console, strays: "Sequence[KnownStray]") -> None:
    """What lies in the inbox and nothing reads; its place is what `minzheng inbox ignore` wants."""
    rows = [
        {
            "位置": stray.place,
            "自": f"{stray.first_seen_at:%Y-%m-%d %H:%M}",
            "说明": stray.reason,
            "认可": f"{by_login(stray.ignored_by or '', stray.ignored_login)}：{stray.ignored_reason}"
            if stray.ignored_at
            else "",
        }
        for stray in strays
    ]
    _print_fitting(console, "交换目录中无人读取的内容", rows, [None] * len(rows))


def print_emergencies(console: Console, emergencies: "Sequence[Emergency]") -> None:
    """Logins beside the usual ways, the newest first."""
    rows = [
        {
            "登录": one.login,
            "角色": one.role,
            "区划": "、".join(one.divisions),
            "原因": one.reason,
            "要求": one.asked_by,
            "开通": f"{one.opened_at.astimezone():%Y-%m-%d %H:%M} {one.opened_login}",
            "到期": f"{one.until_at.astimezone():%Y-%m-%d %H:%M}",
            "结束": f"{one.ended_at.astimezone():%Y-%m-%d %H:%M} {one.ended_login}" if one.ended_at else "",
        }
        for one in emergencies
    ]
    if rows:
        _print_fitting(console, "应急登录", rows, [None] * len(rows))
    else:
        console.print("没有应急登录 no emergency logins")


# What the desk shows them (desk.account.duty); the duties that exclude each other are of warehouse.staff.
AT_DESK_ZH = {"officer": "核对员", "head": "负责人", "auditor": "审计"}


def print_officers(console: Console, officers: "Sequence[Officer]") -> None:
    """Who may work at the desk, and how it stands with each."""
    rows = [
        {
            "登录": officer.login,
            "姓名": officer.name,
            "工作台岗位": AT_DESK_ZH[officer.duty],
            "区划": "、".join(officer.divisions),
            "状况": "；".join(
                word
                for word, holds in (
                    ("统一身份认证", officer.is_by_oidc),
                    ("尚未改初始密码", officer.must_change),
                    ("暂时锁定", officer.is_locked),
                    ("有提醒邮箱", officer.mail is not None),
                )
                if holds
            ),
            "在线至": f"{officer.last_seen_at:%Y-%m-%d %H:%M}" if officer.last_seen_at else "",
        }
        for officer in officers
    ]
    if rows:
        _print_fitting(console, "核对员", rows, [None] * len(rows))
    else:
        console.print("没有核对员 no officers")


def print_tokens(console: Console, tokens: "Sequence[Token]") -> None:
    """What the clients of the REST service show at its door, and whether it still opens."""
    rows = [
        {
            "编号": token.token_id,
            "客户": token.client,
            "区划": "、".join(token.divisions),
            "起": token.valid_from,
            "止": token.valid_to or "",
            "最近使用": f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "",
            "状况": (
                f"{token.withdrawn_at:%Y-%m-%d} 撤回：{token.withdrawn_reason}"
                if token.withdrawn_at
                else "已过期"
                if token.is_over
                else ""
            ),
        }
        for token in tokens
    ]
    if rows:
        _print_fitting(console, "令牌", rows, [None] * len(rows))
    else:
        console.print("没有令牌 no tokens")


def print_readings(console: Console, found: "Sequence[Reading]") -> None:
    """Who was told of a person, oldest first."""
    rows = [
        {
            "时间": f"{reading.logged_at:%Y-%m-%d %H:%M:%S}",
            "操作": OPERATIONS_ZH.get(reading.operation, reading.operation),
            "结果": READINGS_ZH[reading.outcome],
            "操作人": reading.operator,
            "系统": reading.client or "",
            "登录用户": reading.caller,
            "用途": with_title(reading.purpose),
            "授权书": reading.authorization_no or "",
            "报告": reading.report_no or "",
        }
        for reading in found
    ]
    _print_fitting(console, "查阅记录", rows, [None] * len(rows), ("结果", "系统", "授权书", "登录用户"))


def print_explanation(console: Console, explanation: Explanation) -> None:
    """One finding: rule, subject, facts and source lines."""
    finding = explanation.finding
    console.print(f"{finding['rule_code']} {finding['title_zh']}  {finding['finding_id']}", style="bold")
    subject = f"{finding['masked_name'] or ''} {finding['masked_id_number'] or ''}".strip()
    amount = _yuan(console, finding["amount_yuan"])
    about = {
        "对象": subject or None,
        "救助家庭": finding["aid_household_no"],
        "区划": place(finding["division_code"], finding["division_zh"]),
        "起止": " 至 ".join(str(day) for day in (finding["first_on"], finding["last_on"]) if day) or None,
        "结果": OUTCOME_ZH[finding["outcome"]],
        "涉及金额": f"{amount} 元" if amount else None,
        "规则": finding["assertion_zh"],
        "依据": finding["legal_basis"],
        "可能的误判": finding["false_positives_zh"],
        "如何消除": finding["clears_it_zh"],
        "负责": finding["owner_zh"],
        "状态": STATES.get(finding["state"]),
    }
    for title, value in about.items():
        if value:
            console.print(f"  {title}：{value}")
    for made in explanation.decisions:
        decision = (STATES | REOPENED).get(made["decision"], made["decision"])
        note = f"；备注：{made['note']}" if made["note"] else ""
        console.print(
            f"  处理 {made['decided_at']:%Y-%m-%d %H:%M} {by_login(made['decided_by'], made['decided_login'])}："
            f"{decision}，{made['reason']}{note}",
        )
    facts = (finding["evidence"] or {}).get("facts") or {}
    for title, value in told(facts, lambda amount: _yuan(console, amount)):
        console.print(f"  事实 {title}：{value}", soft_wrap=True)
    console.print("  来源行：")
    for line in explanation.lines:
        values = "，".join(f"{header}={value}" for header, value in (line.columns or {}).items())
        console.print(
            f"    {line.delivery_id} 第 {line.line_number} 行" + (f"：{values}" if values else ""),
            style="dim", soft_wrap=True,
        )  # fmt: skip
    if any(line.columns is None for line in explanation.lines):
        console.print(
            "  原文不在核对员权限内 what the lines say is for a login with the role loader: whoever administers the "
            "database gives it (`grant loader to LOGIN`)"
        )


def print_mention(console: Console, explanation: MentionExplanation) -> None:
    """One mention: whom it was taken for, the reasons, other candidates, decisions and moves."""
    mention = explanation.mention
    number = mention["masked_id_number"] or "尚无有效号码"
    whom = f"居民 {mention['resident_id']} {number}" if mention["resident_id"] else "无"
    facts = {
        "写作": mention["masked_name"],
        "归属": whom,
        "依据": METHODS_ZH[mention["method"]],
        "把握": mention["match_score"],
        "理由": "；".join(mention["reasons"]),
        "号码情况": mention["id_number_note"],
    }
    for title, value in facts.items():
        if value:
            console.print(f"  {title}：{value}")
    for rival in explanation.rivals:
        console.print(
            f"  待核对 {KINDS[rival['kind']]}：居民 {rival['resident_id']} {rival['masked_id_number']}，"
            f"把握 {rival['match_score']}，{'；'.join(rival['reasons'])}",
        )
    for made in explanation.decisions:
        console.print(
            f"  人工 {made['decided_at']:%Y-%m-%d %H:%M} {by_login(made['decided_by'], made['decided_login'])}："
            f"居民 {made['resident_id']} {DECISIONS[made['decision']]} {made['note'] or ''}",
        )
    for move in explanation.moves:
        before, after = (move[side] or "无" for side in ("before_resident_id", "after_resident_id"))
        console.print(
            f"  {EVENTS_ZH[move['kind']]} {move['happened_at']:%Y-%m-%d %H:%M}：居民 {before} → {after}"
            f"（{METHODS_ZH[move['method']]}）",
        )
    values = "，".join(f"{header}={value}" for header, value in (explanation.line.columns or {}).items())
    console.print(
        f"  来源行 {explanation.line.delivery_id} 第 {explanation.line.line_number} 行：{values}",
        style="dim",
        soft_wrap=True,
    )


def print_cases(console: Console, waiting: list[Case]) -> None:
    """What waits for people to decide, the likeliest first."""
    if not waiting:
        console.print("没有待人工核对的人员识别 nobody to decide on")
        return
    _print_fitting(
        console, "待人工核对的人员识别", [_case(case) for case in waiting], [None] * len(waiting), SPARE_OF_CASES,
        numbers=frozenset(("居民", "把握")),
    )  # fmt: skip


def print_case(console: Console, case: Case) -> None:
    """All that is known of one case, for whoever decides it now."""
    for title, value in _case(case).items():
        if value:
            console.print(f"  {title}：{value}")


def _case(case: Case) -> dict[str, str | None]:
    decision = ""
    if case.decision:
        eyes = "四眼" if case.deciders > 1 else "待复核"
        eyes += one_login(case.deciders, case.logins)
        decision = f"{DECISIONS[case.decision]}（{eyes}）{case.note or ''}"
    return {
        "提及": case.mention,
        "写作": case.masked_name,
        "居民": str(case.resident_id),
        "身份号码": case.masked_id_number,
        "情况": KINDS[case.kind],
        "把握": str(case.score),
        "理由": "；".join(case.reasons),
        "已有决定": decision,
    }


def print_gates(console: Console, *reports: "GateReport | None") -> None:
    """Gates of this run: passed or not, and what failed."""
    for report in reports:
        if report is None:
            continue
        failed = [result for result in report.results if not result.success]
        verdict, style = ("通过", None) if report.passed else ("关闭", "bold red")
        console.print(
            f"检查 {report.gate} {report.subject}: {verdict}，{len(report.results)} 项中 {len(failed)} 项有提示",
            style=style,
        )


def print_status(console: Console, connection: psycopg.Connection) -> None:
    """Generation, open alerts, freshness, the page of the gates' results."""
    generation = connection.execute(
        """
        select pointer.generation, business_date, published_at, rollback.moved_by, moved_login, rollback.moved_at
        from pub.current_generation as pointer
        inner join ops.generation using (generation)
        left join ops.rollback
            on rollback.generation = pointer.generation and rollback.moved_at >= pointer.moved_at
        """
    ).fetchone()
    if generation:
        console.print(
            f"已发布世代 generation {generation[0]}，业务日期 {generation[1]}，发布于 {generation[2]:%Y-%m-%d %H:%M}"
        )
        if generation[3]:
            console.print(
                f"回退 rolled back: {generation[5]:%Y-%m-%d %H:%M} {by_login(generation[3], generation[4])}",
                style="yellow",
            )
    else:
        console.print("尚未发布 nothing published yet: `minzheng run --inbox DIR`", style="yellow")
    for alert in open_alerts(connection):
        style = "yellow" if alert.kind in ("late_feed", "inbox_stray", "findings_jump") else "red"
        console.print(f"告警 alert（{alert.raised_at:%m-%d %H:%M} 起）{alert}", style=style)
    print_freshness(console, connection, generation[1] if generation else None)
    print_scorecard(console, connection)
    for feed, days in missing_days(connection, load_contracts()).items():
        shown = "，".join(map(str, days[:GAPS_SHOWN])) + (" ..." if len(days) > GAPS_SHOWN else "")
        console.print(f"缺交 missing {feed}: {len(days)} 天 days: {shown}", style="yellow")
    print_withdrawals(console, connection)
    for (notice,) in connection.execute(
        """
        select notice from (
            select distinct on (feed) feed, notice from ops.delivery order by feed, landed_at desc
        ) as latest
        where notice is not null order by feed
        """
    ).fetchall():
        console.print(f"注意 note: {notice}", style="yellow")
    for title, page in (("检查结果 Data Docs", PAGE), ("模型文档 model docs", MODEL_PAGE)):
        docs = settings().docs_dir / page
        if docs.exists():
            console.print(f"{title}: {docs}", soft_wrap=True)


def by_login(name: str, login: str | None) -> str:
    """Who decided, by the name typed, and the login of the database that did; null is one not known."""
    return name if name == login else f"{name}（登录 {login or '不详'}）"


def one_login(people: int, logins: int | None) -> str:
    """What is to be said where several people spoke: nothing proves their names, and logins are not theirs alone."""
    if people < 2:
        return ""
    return {1: "，同一登录 by one login", None: "，登录不详 logins not known"}.get(logins, "")


def print_withdrawals(console: Console, connection: psycopg.Connection) -> None:
    """Withdrawals that wait: for a second person, or for the build that forgets the delivery."""
    for delivery_id, status, said_by, people, logins in connection.execute(
        """
        select
            delivery_id, delivery.status, string_agg(distinct said_by, '、'),
            count(distinct lower(clean.compact(said_by))), count(distinct said_login)
        from ops.delivery as delivery inner join ops.withdrawal as withdrawal using (delivery_id)
        where said_at >= landed_at
            and (status <> 'withdrawn' or delivery_id in (select delivery_id from ops.absorbed_delivery))
        group by delivery_id order by delivery_id
        """
    ).fetchall():
        waits = "待下次构建 for the next build" if status == "withdrawn" else "待第二人 for a second person"
        console.print(
            f"撤回 withdrawal {delivery_id}（{said_by}{one_login(people, logins)}）: {waits}", style="yellow"
        )


def print_freshness(console: Console, connection: psycopg.Connection, served_day: date | None) -> None:
    """How far each source reaches, beside the day that is served; what is newer waits for a build.

    Out of date is what answers and `/v1/sources` call so, by the same clock (``pub.source_freshness_today``).
    """
    numbers = frozenset(("早于业务日（天）", "交付"))
    table = _table("来源时效", "来源", "数据截至", "早于业务日（天）", "交付", "状态", numbers=numbers)
    rows = connection.execute(
        """
        select feeds.title_zh, max(business_date) filter (where deliveries.status = 'accepted'),
            count(delivery_id) filter (where deliveries.status <> 'withdrawn'),
            judged.is_stale, max(judged.judged_on) over ()
        from ops.feed as feeds
        left join ops.delivery as deliveries using (feed)
        left join lateral (
            select bool_or(record.is_stale) as is_stale, max(record.judged_on) as judged_on
            from pub.source_freshness_today() as record where record.feed = any(feeds.records)
        ) as judged on true
        group by feeds.system, feeds.feed, feeds.title_zh, judged.is_stale, judged.judged_on
        order by feeds.system, feeds.feed
        """
    ).fetchall()
    for title, reaches, count, is_stale, _ in rows:
        age = (served_day - reaches).days if served_day and reaches else None
        table.add_row(
            title, str(reaches or ""), "" if age is None or age < 0 else str(age), str(count),
            _freshness(reaches, age, is_stale),
        )  # fmt: skip
    console.print(table)
    _print_freshness_by_division(console, connection)
    if rows and rows[0][-1]:
        console.print(f"时效按 {rows[0][-1]}（北京时间的今天）判断，与核对答复和 /v1/sources 相同")


def _print_freshness_by_division(console: Console, connection: psycopg.Connection) -> None:
    """Where divisions have senders of their own: how far the kinds of record reach in each."""
    columns = ("类别", "区划", "来源", "数据截至", "状态")
    table = _table("各区划的来源时效", *columns)
    states = {"current": "正常", "stale": "过期", "unavailable": "无来源或从未交付"}
    for feed, division, title, reaches, status in connection.execute(
        """
        select known.feed, known.division_code, known.title_zh, known.last_business_date, known.status
        from (
            select *, count(*) over (partition by feed) as place_count,
                count(*) over (partition by feed, title_zh, last_business_date) as same_count
            from pub.source_freshness_today_in(null)
        ) as known
        where same_count < place_count
        order by known.feed, known.division_code
        """
    ).fetchall():
        table.add_row(feed, division, title, str(reaches or ""), states[status])
    if table.row_count:
        console.print(table)


def _freshness(reaches: date | None, age: int | None, is_stale: bool | None) -> str:
    if reaches is None:
        return "从未交付"
    if age is None:
        return "待发布"
    newer = "有更新的数据，待构建" if age < 0 else ""
    # A feed that came to be known since the build is not judged yet.
    state = "过期" if is_stale else "" if newer else "待发布" if is_stale is None else "正常"
    return "，".join(filter(None, (state, newer)))


def print_scorecard(console: Console, connection: psycopg.Connection) -> None:
    """The last month of each system, and the change of its shares since the month before."""
    titles = ("交付", "暂扣", "拒收", "拒收行", "较上月", "检查不符", "较上月")
    table = _table("来源评分", "系统", "月份", *titles, numbers=frozenset(titles))
    for system, month, *counts, rejected, rejected_change, failed, failed_change in connection.execute(
        """
        select distinct on (system)
            system, month, delivery_count, held_count, refused_count,
            rejected_share, rejected_share_change, failed_check_share, failed_check_share_change
        from ops.source_scorecard order by system, month desc
        """
    ).fetchall():
        table.add_row(
            system, f"{month:%Y-%m}", *_cells(tuple(counts)), _percent(rejected), _points(rejected_change),
            _percent(failed), _points(failed_change),
        )  # fmt: skip
    console.print(table)


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _points(change: Decimal | None) -> str:
    """A change of a share in percentage points, with where it went: up is worse."""
    if change is None:
        return ""
    return f"{'↑' if change > 0 else '↓' if change < 0 else '='}{abs(change) * 100:.2f}"


def print_dropped(console: Console, dropped: "list[Dropped]", is_dry_run: bool) -> None:
    """What retention dropped or would drop, by count, with the setting that says so."""
    counted = "将清理" if is_dry_run else "已清理"
    table = _table("保留期限", "内容", counted, "保留", "设置", numbers=frozenset((counted, "保留")))
    for kind in dropped:
        kept = "全部" if kind.period is None else str(kind.period)
        table.add_row(kind.title, f"{kind.count:,}", kept, kind.setting)
    console.print(table)
    if is_dry_run:
        console.print("只是清点，未做改动 nothing was changed: `minzheng retention --apply`")


def print_bases(console: Console, bases: "Sequence[Base]") -> None:
    """Whole copies of the server, the oldest first."""
    table = _table("整库备份", "名称", "完成", "用时", "大小", numbers=frozenset(("用时", "大小")))
    for base in bases:
        table.add_row(
            base.name, f"{base.ended_at.astimezone():%Y-%m-%d %H:%M:%S}",
            _seconds((base.ended_at - base.begun_at).total_seconds()), _mebibytes(base.size),
        )  # fmt: skip
    console.print(table)


def print_restored(console: Console, result: "Restored") -> None:
    """Where the server lies now, how far it came back, and what is next."""
    through = result.through or result.base.ended_at
    console.print(
        f"已恢复 restored: {result.data}，最后一笔事务 last transaction {through.astimezone():%Y-%m-%d %H:%M:%S}，"
        f"解包 unpacked {_seconds(result.unpack_seconds)}，重放 played {_seconds(result.recover_seconds)}",
        soft_wrap=True,
    )
    console.print(f"锚点等 anchors: {result.state}", soft_wrap=True)
    if result.gap:
        console.print(f"缺 missing: {result.gap}，其后的更改未恢复 what came after it did not come back")


def print_drill(console: Console, done: "Drill") -> None:
    """What came of a restore drill, a line per question."""
    table = _table("恢复演练", "问题", "结果")
    lost = "未能询问运行中的数据库" if done.lost_bytes is None else f"{_mebibytes(done.lost_bytes)} 日志"
    differing = "、".join(done.reports_differing)
    run = {None: "未试（--inbox）", True: "没有改动", False: "有改动"}[done.run_changed_nothing]
    for question, answer in (
        ("整库备份 whole copy", f"{done.base}，{_mebibytes(done.sealed_bytes)}"),
        ("恢复至 restored through", done.through or ""),
        ("损失 lost", f"{lost}{'' if done.gap is None else f'；缺 {done.gap}'}"),
        ("解包 unpacked", _seconds(done.unpack_seconds)),
        ("重放 played", _seconds(done.recover_seconds)),
        ("世代 generation", str(done.generation)),
        ("登录 logins", str(done.logins)),
        (
            "核对日志 log",
            f"{done.log_rows:,} 行，{done.anchors:,} 个锚点，{'；'.join(done.log_faults) or '完整'}",
        ),
        (
            "报告重现 reports",
            f"{done.reports:,} 份，{f'不同：{differing}' if differing else '一致'}",
        ),
        ("检查 checked", _seconds(done.check_seconds)),
        (
            "再运行一遍 a run",
            run + (f"，{_seconds(done.run_seconds)}" if done.run_seconds is not None else ""),
        ),
    ):
        table.add_row(question, answer)
    console.print(table)


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f} s"


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """Linkage and rules against the ground truth."""
    linkage = evaluation.linkage
    console.print(
        f"人员识别 linkage: 提及 {linkage.mentions:,}，缺失 {linkage.missing}，多出 {linkage.unexpected}，"
        f"未确定 {linkage.unresolved:,}，混人居民 {linkage.mixed_residents}；"
        f"成对 precision {_share(linkage.precision)} recall {_share(linkage.recall)} F1 {_share(linkage.f1)}"
    )
    print_slices(console, evaluation.slices)
    print_thresholds(console, evaluation.calibration)
    numbers = frozenset(("真", "报", "对", "漏", "其中已说明", "precision", "recall", "近似", "误报近似"))
    table = _table(
        "规则 rules",
        "规则",
        "名称",
        "真",
        "报",
        "对",
        "漏",
        "其中已说明",
        "precision",
        "recall",
        "近似",
        "误报近似",
        numbers=numbers,
    )
    for rule in evaluation.rules:
        table.add_row(
            rule.rule_code, rule.title_zh, str(rule.true_hits), str(rule.reported), str(rule.correct),
            str(rule.missed), str(rule.missed_but_told),
            _share(rule.precision), _share(rule.recall), str(rule.near_misses), str(rule.near_misses_reported),
        )  # fmt: skip
    console.print(table)
    console.print(
        "漏：真有而未报；其中已说明：漏报中已列为无法判断的 missed, of which said to be not assessable"
    )


def print_thresholds(console: Console, calibration: Calibration) -> None:
    """Mentions without a valid number, were all linked from a score on."""
    columns = ("阈值", "关联", "正确", "precision", "recall", "F1")
    table = _table("无有效号码的提及，按把握的阈值", *columns, numbers=frozenset(columns))
    for score in calibration.thresholds:
        table.add_row(
            str(score.threshold), f"{score.offered:,}", f"{score.right:,}",
            _share(score.precision), _share(score.recall), _share(score.f1),
        )  # fmt: skip
    console.print(table)
    console.print(
        f"precision 不低于 {PRECISION} 时的最高 recall：{_share(calibration.recall_at_precision) or '达不到'}"
    )


def print_slices(console: Console, slices: list[SliceScore]) -> None:
    """Linkage by feed and role, by defect of the number and by method."""
    columns = ("提及", "未确定", "成对 P", "成对 R", "成对 F1", "B³ P", "B³ R", "B³ F1")
    for kind, title in SLICE_KINDS_ZH.items():
        table = _table(f"人员识别，{title}", title, *columns, numbers=frozenset(columns))
        for score in slices:
            if score.kind == kind:
                name = METHODS_ZH.get(score.slice, score.slice) if kind == "method" else score.slice
                shares = (score.precision, score.recall, score.f1,
                          score.b_cubed_precision, score.b_cubed_recall, score.b_cubed_f1)  # fmt: skip
                counts = (f"{score.mentions:,}", f"{score.unresolved:,}")
                table.add_row(name, *counts, *(_share(share) for share in shares))
        console.print(table)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
