"""Findings as officers live with them: decisions with reasons, the work list, and its way back.

A decision is kept for ever with who and when; the latest holds. Nothing here touches a benefit.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.rows import class_row

from ingestion.errors import REFUSALS_ZH
from ingestion.office_files import code_of, filled_in, own_file
from linkage.review import no_formula
from warehouse.casework.facts import told
from warehouse.database.errors import UsageError, refusals_told

STATES = {
    "new": "待处理",
    "confirmed": "属实",
    "cleared": "已消除",
    "dismissed": "已排除",
    "expired": "不再出现",
}
# What may be decided, beside the three states that come of it.
REOPENED = {"reopened": "重新处理"}
SEVERITIES = {"red": "红", "yellow": "黄"}
# What comes back of a list: the finding, and what officers fill in.
SHOWN_CHARACTERS = 10  # of an id: enough to tell findings apart
ID, DECISION, REASON, NOTE = FILLED_IN = ("编号", "处理", "原因代码", "备注")
RECOVERED = "已追回或停付（元）"  # may be left away, with the column
CONTACT = "联系人与电话"  # filled, and seen, only where somebody asked for it
SEEN = "版次"  # how the finding stood when the list was drawn; a list drawn without it has none
# Titles of the list in the order of its columns.
LIST_HEADER = (
    "序号", ID, "规则", "名称", "级别", "对象", "证件号码", "家庭编号", "区划", "区划名称", "起", "止", "金额（元）",
    "身份把握", "提示", "事实", CONTACT, DECISION, REASON, RECOVERED, NOTE, SEEN,
)  # fmt: skip
WIDTHS = (5, 18, 5, 14, 5, 8, 19, 17, 8, 10, 11, 11, 11, 7, 18, 40, 24, 9, 20, 12, 24, 6)
SHEET, CODES = "疑点清单", "代码"
AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
A4 = 9  # as spreadsheets number sizes of paper
PARSER_LIMITS = {"seconds": 60, "total_bytes": 1 << 26}  # a returned list is small

LISTED = """
select
    left(finding_id, %(shown)s), rule_code, severity, outcome, state,
    coalesce(masked_name, aid_household_no), masked_id_number, aid_household_no,
    concat_ws(' ', division_code, division_zh), first_on, last_on, amount_yuan
from api_v1.findings(%(purpose)s, '', %(rule)s, %(division)s, %(state)s, %(limit)s)
"""

WORKLIST = """
select
    finding_id, rule_code, title_zh, severity, masked_name, masked_id_number, aid_household_no, division_code,
    division_zh, first_on, last_on, amount_yuan, link_score, has_returned, is_observed, evidence
from api_v1.worklist(%s, %s, %s)
"""


@dataclass(frozen=True)
class RankedFinding:
    """One line of the work list. link_score: 1 known by number, below inferred, None where no identity matters.
    seen: how it stands, where the desk tells it."""

    finding_id: str
    rule_code: str
    title_zh: str
    severity: str
    masked_name: str | None
    masked_id_number: str | None
    aid_household_no: str | None
    division_code: str | None
    division_zh: str | None
    first_on: date | None
    last_on: date | None
    amount_yuan: Decimal | None
    link_score: Decimal | None
    has_returned: bool
    is_observed: bool
    evidence: dict[str, Any] | None = None
    seen: str | None = None

    @property
    def facts(self) -> str:
        """What it rests on, in the words of an office."""
        facts = told((self.evidence or {}).get("facts", {}), lambda amount: f"{amount:,.2f}")
        return "；".join(f"{title}：{value}" for title, value in facts)

    @property
    def hints(self) -> str:
        """What an officer should know before starting."""
        hints = []
        if self.link_score is not None and self.link_score < 1:
            hints.append(f"身份为推断（{self.link_score:.3f}）")
        if self.has_returned:
            hints.append("依据有变，重新出现")
        if self.is_observed:
            hints.append("规则在观察中")
        return "；".join(hints)


@dataclass(frozen=True)
class Reason:
    """A reason of the seed ``finding_reason`` and the decision it goes with."""

    reason_code: str
    decision: str
    title_zh: str


@dataclass(frozen=True)
class FindingDecision:
    """reason: code or title of a reason. place: where it was written, for messages ("line 7" of a file, or
    the finding itself). seen: how the finding stood when it was looked at; none where that was on paper.
    recovered: what it brought back or stopped in all, in yuan as written; empty: what was said before stands."""

    finding: str
    decision: str
    reason: str
    note: str | None = None
    place: str = ""
    seen: str | None = None
    recovered: str = ""


def finding_list(
    connection: psycopg.Connection,
    purpose: str,
    rule_code: str | None = None,
    division: str | None = None,
    state: str | None = None,
    limit: int = 30,
) -> tuple[list[tuple[Any, ...]], int]:
    """Findings of the login's divisions, the undecided and gravest first, people masked; and how many there are.

    Without a state those served now; a state also finds what is no longer found. Rows as LISTED names them.
    Raises UsageError for an unknown rule or state.
    """
    known = [code for (code,) in connection.execute("select rule_code from api_v1.rule_title").fetchall()]
    if rule_code and rule_code.upper() not in known:
        raise UsageError(
            f"没有规则 {rule_code}。 "
            f"No rule {rule_code}. Known: {', '.join(sorted(known)) or 'none, nothing is published yet'}."
        )
    if state and state_code(state) not in STATES:
        known_states = ", ".join(f"{code} {title}" for code, title in STATES.items())
        raise UsageError(f"没有状态 {state}。 No state {state}. Known: {known_states}.")
    asked = {
        "purpose": purpose, "rule": rule_code, "division": division, "state": state and state_code(state),
        "limit": limit, "shown": SHOWN_CHARACTERS,
    }  # fmt: skip
    rows = connection.execute(LISTED, asked).fetchall()
    row = connection.execute(
        "select api_v1.finding_count(%(rule)s, %(division)s, %(state)s)", asked
    ).fetchone()
    return rows, row[0] if row else 0


def worklist(
    connection: psycopg.Connection, purpose: str, capacity: int | None = None, division: str = ""
) -> list[RankedFinding]:
    """The findings to look at next, of the login's divisions; division: a code or its beginning.

    Of each division as many as it can do in a week (rule parameter ``weekly_capacity``), or as many
    as ``capacity`` says in all. The reading is logged with its purpose.
    """
    with connection.cursor(row_factory=class_row(RankedFinding)) as cursor:
        return cursor.execute(WORKLIST, [purpose, capacity, division]).fetchall()


def decide(connection: psycopg.Connection, decisions: Iterable[FindingDecision], decided_by: str) -> int:
    """Record decisions, all or none. Returns how many; what was the last word already is not said twice.

    Raises UsageError, naming the place, for a finding that is not among those served, a reason that
    does not go with the decision, a note with an identity number, or where nobody is named; psycopg's
    ObjectNotInPrerequisiteState where somebody acted on a finding since it was seen.
    """
    known = reasons(connection)
    with connection.transaction():
        return sum(_record(connection, known, decision, decided_by) for decision in decisions)


def decide_each(
    connection: psycopg.Connection, decisions: Iterable[FindingDecision], decided_by: str
) -> list[tuple[FindingDecision, str]]:
    """Each decision with what is wrong with it, empty where nothing is; recorded only where all are right."""
    known = reasons(connection)
    told_of = []
    with connection.transaction():
        for decision in decisions:
            try:
                with connection.transaction():
                    _record(connection, known, decision, decided_by)
                wrong = ""
            except UsageError as error:
                wrong = str(error)
            except psycopg.errors.ObjectNotInPrerequisiteState as faster:
                wrong = str(faster.diag.message_primary)
            told_of.append((decision, wrong))
        if any(wrong for _, wrong in told_of):
            raise psycopg.Rollback
    return told_of


def _record(
    connection: psycopg.Connection, known: list[Reason], decision: FindingDecision, decided_by: str
) -> int:
    """One decision; 0 where it was the last word already. Raises as `decide`."""
    reason = _fitting(known, decision)
    recovered = _amount(decision)
    found = (
        connection.execute("select api_v1.finding_ids(%s)", [decision.finding]).fetchall()
        if decision.finding
        else []
    )
    if len(found) != 1:
        raise _refused(
            f"{decision.place}：{'不止一条疑点' if found else '本登录的区划中没有疑点'}的编号以此开头。 "
            f"{'More than one finding' if found else 'No finding'} served starts "
            f"with the id given ({ID}). `minzheng findings` lists them."
        )
    with refusals_told(connection, "什么也未登记。 Nothing was recorded.", f"{decision.place}："):
        said = [
            found[0][0], decision.decision, reason.reason_code, decided_by.strip(), decision.note, decision.seen,
            recovered,
        ]  # fmt: skip
        written = connection.execute(
            "select api_v1.decide_finding(%s, %s, %s, %s, %s, %s, %s)", said
        ).fetchone()
    return written[0] if written else 0


def _amount(decision: FindingDecision) -> Decimal | None:
    """As people write amounts: with or without commas between thousands and a 元 behind."""
    written = decision.recovered.strip().removesuffix("元").replace(",", "").replace("，", "").strip()
    if not written:
        return None
    if not AMOUNT.fullmatch(written):
        raise _refused(
            f"{decision.place}：{RECOVERED}须是数，不得为负，至多两位小数。 "
            "What was recovered is a number not below nothing, with two decimals at most."
        )
    return Decimal(written)


def _refused(why: str) -> UsageError:
    """Decisions are recorded all or none."""
    return UsageError(f"{why} 什么也未登记。 Nothing was recorded.")


def reasons(connection: psycopg.Connection, rule_code: str | None = None) -> list[Reason]:
    """All that may be given, or for findings of a rule. Raises UsageError before anything is published."""
    with connection.cursor(row_factory=class_row(Reason)) as cursor:
        known = (
            cursor.execute("select * from api_v1.finding_reasons()")
            if rule_code is None
            else cursor.execute("select * from api_v1.finding_reasons(%s)", [rule_code])
        ).fetchall()
    if not known:
        raise UsageError("尚未发布。 Nothing is published yet: `minzheng run --inbox DIR` comes first.")
    return known


def _fitting(reasons: list[Reason], decision: FindingDecision) -> Reason:
    """The reason named by its code or its Chinese title, which must go with the decision."""
    fitting = [reason for reason in reasons if reason.decision == decision.decision]
    for reason in fitting:
        if _spoken(decision.reason) in (reason.reason_code, _spoken(reason.title_zh)):
            return reason
    titles = STATES | REOPENED
    wanted = (
        f"{titles[decision.decision]} 的原因 Reasons for {decision.decision}: "
        f"{', '.join(f'{one.reason_code} {one.title_zh}' for one in fitting)}."
        if fitting
        else "处理可填 Decisions: "
        f"{', '.join(f'{code} {titles[code]}' for code in sorted({one.decision for one in reasons}))}."
    )
    raise _refused(
        f"{decision.place}：{DECISION}与{REASON}不成一个决定。 "
        f"What stands as decision and reason is no decision. {wanted}"
    )


def _spoken(words: str) -> str:
    """As a code or title is compared, whichever comma and case it was typed with."""
    return words.strip().upper().replace(",", "，")


def write_worklist(
    target: Path | IO[bytes],
    findings: Sequence[RankedFinding],
    known: Sequence[Reason],
    heading: str = "",
    contacts: Mapping[str, str] | None = None,
) -> None:
    """A workbook to be filled in and imported again; people masked, no cell is a formula.

    contacts: by finding, whom to call; none, the column is hidden.
    known: the reasons there are, to choose from. heading: above every page on paper, where an import meets no
    line more.
    """
    import xlsxwriter

    if isinstance(target, Path):
        own_file(target)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options | {"in_memory": True}) as workbook:
        sheet, codes = workbook.add_worksheet(SHEET), workbook.add_worksheet(CODES)
        bold = workbook.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E9EEF3", "border": 1}
        )
        plain = workbook.add_format({"text_wrap": True, "valign": "top", "border": 1})
        money = workbook.add_format({"num_format": "#,##0.00", "valign": "top", "border": 1})
        _on_paper(sheet, heading)
        hidden = {SEEN} if contacts else {SEEN, CONTACT}
        for place, width in enumerate(WIDTHS):
            sheet.set_column(place, place, width, None, {"hidden": LIST_HEADER[place] in hidden})
        sheet.write_row(0, 0, LIST_HEADER, bold)
        for number, finding in enumerate(findings, 1):
            cells = (
                number, finding.finding_id, finding.rule_code, finding.title_zh, SEVERITIES[finding.severity],
                finding.masked_name, finding.masked_id_number, finding.aid_household_no, finding.division_code,
                finding.division_zh, finding.first_on, finding.last_on, finding.amount_yuan, finding.link_score,
                finding.hints, finding.facts, (contacts or {}).get(finding.finding_id),
                *[None] * len((DECISION, REASON, RECOVERED, NOTE)), finding.seen,
            )  # fmt: skip
            for place, cell in enumerate(cells):
                if isinstance(cell, int | Decimal):
                    sheet.write_number(number, place, cell, money if cell is finding.amount_yuan else plain)
                elif cell is None:
                    sheet.write_blank(number, place, None, plain)
                else:
                    sheet.write_string(number, place, no_formula(str(cell)), plain)
        _codes(codes, known, bold, plain)
        if findings and known:
            decisions = [
                title
                for code, title in (STATES | REOPENED).items()
                if code in {one.decision for one in known}
            ]
            _choose(sheet, DECISION, len(findings), decisions)
            _choose(sheet, REASON, len(findings), f"={CODES}!$C$2:$C${len(known) + 1}")


def _on_paper(sheet: Any, heading: str) -> None:
    """A4 across, as many pages as lines want, each with the titles and its number."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 0)
    sheet.set_header(f"&L{heading.replace('&', '&&')}" if heading else "")
    sheet.set_footer("&L疑点只是线索，不是结论&R第 &P 页，共 &N 页")


def _choose(sheet: Any, title: str, lines: int, source: list[str] | str) -> None:
    """What may be filled in below a title is chosen from a list."""
    place = LIST_HEADER.index(title)
    wanted = {"validate": "list", "source": source, "error_type": "warning", "error_title": title}
    sheet.data_validation(
        1, place, lines, place, wanted | {"error_message": f"请从下拉列表或“{CODES}”表中选择。"}
    )


def _codes(sheet: Any, known: Sequence[Reason], bold: Any, plain: Any) -> None:
    """The decisions and reasons there are, on a sheet of their own."""
    titles = STATES | REOPENED
    sheet.write_row(0, 0, (DECISION, REASON, "原因"), bold)
    for place, width in enumerate((10, 18, 30)):
        sheet.set_column(place, place, width)
    listed = sorted(known, key=lambda one: (list(titles).index(one.decision), one.reason_code))
    for number, reason in enumerate(listed, 1):
        sheet.write_row(number, 0, (titles[reason.decision], reason.reason_code, reason.title_zh), plain)


def read_decisions(path: Path) -> list[FindingDecision]:
    """What officers filled in, from a work list in XLSX or CSV (UTF-8, or GB 18030 as Excel saves it).

    Lines without 处理 are passed over. Raises UsageError naming the line.
    """
    lines = _workbook_lines(path) if path.suffix.lower() == ".xlsx" else _csv_lines(path)
    header = next(lines, (1, ()))[1]
    absent = [title for title in FILLED_IN[:3] if title not in header]
    if absent:
        raise _refused(f"{path.name}：缺少列 columns missing: {', '.join(absent)}.")
    decisions = []
    for number, cells in lines:
        row = dict(zip(header, cells, strict=False))
        if decision := row.get(DECISION):
            decisions.append(
                FindingDecision(
                    row.get(ID, ""), state_code(decision), row.get(REASON, ""),
                    row.get(NOTE), f"{path.name} 第 {number} 行 line {number}", row.get(SEEN) or None,
                    row.get(RECOVERED) or "",
                )
            )  # fmt: skip
    return decisions


def state_code(written: str) -> str:
    """The code of a state or decision, which may be written in Chinese."""
    return code_of(STATES | REOPENED, written)


def _csv_lines(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(filled_in(path).splitlines(keepends=True))
    return ((reader.line_num, tuple(cell.strip() for cell in row)) for row in reader)


def _workbook_lines(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Read by the parser that reads deliveries, in a process of its own: a workbook may be hostile."""
    from ingestion.layout import FileLayout
    from ingestion.reading.workbook import Limits, ParserDied, WorkbookRefused, parsed

    try:
        with path.open("rb") as workbook:
            layout = FileLayout("xlsx", encoding="utf-8", delimiter=None, sheet=SHEET, header_line=1)
            header, *rows = parsed(workbook, layout, Limits(**PARSER_LIMITS))
    except WorkbookRefused as refused:
        raise _refused(f"{path.name}：{REFUSALS_ZH[refused.code]} {refused.problem}.") from None
    except ParserDied:
        raise _refused(f"{path.name}：工作簿读不了。 The workbook cannot be read.") from None
    yield 1, tuple(header)
    for number, cells, fault, _ in rows:
        if fault:
            raise _refused(f"{path.name} 第 {number} 行 line {number}：{fault}.")
        yield number, tuple((cell or "").strip() for cell in cells)
