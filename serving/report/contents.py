"""What a report says: the answer of ``api_v1``, and nothing beside it, in the words of an office.

Nothing known is never shown as nothing: an empty list reads 未查得, a value that no source was opened for
未授权, a person who could not be identified 身份未确认.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from ingestion.divisions import divisions_in_use
from serving.report.digest import digest
from serving.report.document import Block, Column, Document, Facts, Section, Table, Words
from warehouse.casework.facts import told
from warehouse.casework.findings import SEVERITIES
from warehouse.casework.household_titles import CATEGORIES_ZH, STANDARDS_ZH
from warehouse.seeds import code_titles

Json = Mapping[str, Any]

TITLES = {
    "verify": "居民家庭经济状况核对报告", "marriage_status": "婚姻状况核对报告",
    "eldercare_stay": "养老机构入住核对报告",
}  # fmt: skip
NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一")
NOT_STATED, NOT_AUTHORIZED, NOT_IDENTIFIED = "未载明", "未授权", "身份未确认，未作核对"
NOT_FOUND = "未查得"
PARTLY_ASKED = "未查得（有来源未授权、不可用或过期，不表示没有）"
REASONS_ZH = {
    "invalid_number": "号码无效", "number_unknown": "查无此号码", "several_residents": "号码为多人所用",
    "name_unknown": "所登记的姓名不明", "name_differs": "姓名与号码不符", "former_name": "所报为曾用名",
}  # fmt: skip
MARRIAGES_ZH = {"married": "已婚", "divorced": "离婚", "widowed": "丧偶", "no_record": "无登记记录"}
INCOMPLETE_ZH = {
    "identity_not_established": "有成员身份未确认", "deaths_source_closed": "死亡信息来源未授权",
    "income_source_closed_or_stale": "有收入来源未授权、不可用或过期",
    "income_amount_unknown": "有收入没有读得出的金额",
    "property_source_closed_or_stale": "有财产来源未授权、不可用或过期",
}  # fmt: skip
AGAINST_ZH = {"above": "高于标准", "not_above": "不高于标准", "not_assessable": "不能判断"}
BASES_ZH = {"rule": "规则运行所得", "request": "按本次申报成员即时判断"}
# Of leads that no rule has seen yet (verification.content); the others are in the seed ``finding_fact``.
STATED_FACTS_ZH = {
    "property_kind": "财产种类", "detail": "明细", "share": "份额", "acquired_on": "取得日期",
    "income_from": "核算首月", "income_to": "核算末月",
}  # fmt: skip
SOURCES = "来源"
NOTICES = (
    "本报告只反映第{sources}部分所列来源在各自数据截至日的记载。“未命中”是来源已查而没有；“不可用或过期”“未授权”和"
    "“未载明”是不知道，不表示没有，也不计为零。",
    "疑点只是线索，不是结论。不得仅凭本报告作出给予、拒绝、停止或者调整待遇的决定；每条疑点须由工作人员核实。",
    "当事人对核对结果有异议的，有权向出具本报告的机构申请复核，并提交说明与证明材料；对记载有误的个人信息，有权请求更正。",
    "本报告供载明的用途使用，至有效期止；过期须重新核对。任何人不得向与该用途无关者提供。",
    "校验值是对本报告全部数据（JSON，按 RFC 8785 书写）计算的 SHA-256。",
)
BY_CODE = "扫描二维码打开核验页：只答编号与校验值是否相符，不显示任何个人信息。"
BY_HAND = "编号与校验值是否相符，可向出具机构核验。"
UNPRINTED = "〔U+{:04X}〕"


def document(answer: Json, head: str = "", qr: str = "") -> Document:
    """The report of an answer of ``api_v1.get_report``; head: the bureau's letterhead; qr: an SVG."""
    seen = shown(answer)
    sections = list(_sections(seen))
    place = [section.title for section in sections].index(SOURCES)
    notices = [words.format(sources=NUMERALS[place]) for words in NOTICES]
    sections.append(
        Section("说明", (Words(tuple(f"{no}. {words}" for no, words in enumerate(notices, start=1))),))
    )
    return Document(
        head=shown(head),
        title=TITLES[answer["operation"]],
        number=filed_number(answer["report_no"]),
        day=answer["asked_on"],
        facts=_about(seen),
        sections=tuple(
            Section(f"{NUMERALS[place]}、{section.title}", section.blocks)
            for place, section in enumerate(sections)
        ),
        signatures=("经办人（签字）", "复核人（签字）", "出具机构（盖章）"),
        checking=BY_CODE if qr else BY_HAND,
        check=Facts((("取阅编号", answer["report_no"]), ("校验值 SHA-256", digest(answer)))),
        qr=qr,
    )


def filed_number(report_no: str) -> str:
    """What an office files and reads out of a report's number: the day and eight characters."""
    return "-".join(report_no.split("-")[:2])


def is_visible(character: str) -> bool:
    return character.isprintable() or character == "\u3000"


def shown(value: Any, can_show: Callable[[str], bool] = is_visible) -> Any:
    """A JSON value with its texts as they can be shown: a character that cannot be stands there by its code point."""
    if isinstance(value, str):
        return "".join(one if can_show(one) else UNPRINTED.format(ord(one)) for one in value)
    if isinstance(value, Mapping):
        return {key: shown(part, can_show) for key, part in value.items()}
    if isinstance(value, list):
        return [shown(part, can_show) for part in value]
    return value


def _about(answer: Json) -> Facts:
    asked = answer.get("asked") or {}
    purpose, aid_type = asked.get("purpose"), asked.get("aid_type")
    return Facts((
        ("报告编号", filed_number(answer["report_no"])),
        ("核对请求编号", answer["request_id"]),
        ("核对日期", day_in_words(answer["asked_on"])),
        ("有效期至", day_in_words(answer["valid_until"])),
        ("授权书编号", asked.get("authorization_no") or NOT_STATED),
        ("核对用途", _titled("purpose", purpose)),
        ("救助类别", _titled("aid_type", aid_type)),
        ("经办人", asked.get("operator") or NOT_STATED),
        ("数据截至", day_in_words(answer["business_date"]) + ("（已超过规定时限）" if answer["is_outdated"] else "")),
        ("数据世代", f"第 {answer['generation']} 世代"),
    ))  # fmt: skip


def _sections(answer: Json) -> Iterator[Section]:
    members = [_Member(member, answer) for member in answer["members"]]
    operation = answer["operation"]
    is_whole = operation == "verify"
    yield Section("家庭成员" if is_whole else "核对对象", (_people(members, is_whole),))
    if is_whole:
        because = answer["household"]["incomplete_because"]
        yield Section("收入", tuple(_incomes(members, answer, "income_source_closed_or_stale" in because)))
        yield Section("财产", (_properties(members, answer, "property_source_closed_or_stale" in because),))
        yield Section("救助与福利待遇", (_benefits(members),))
    if operation != "eldercare_stay":
        yield Section("婚姻", (_marriages(members),))
    if operation != "marriage_status":
        yield Section("养老机构入住", (_stays(members, answer),))
    if is_whole:
        yield Section("残疾人证", (_cards(members, answer),))
        yield Section("核算与对照", tuple(_calculation(answer["household"])))
    yield Section(SOURCES, (_sources(answer),))
    if is_whole:
        yield Section("疑点线索", tuple(_leads(answer["flags"], {member.no: member for member in members})))


class _Member:
    """A member as the tables name him or her, and what is said in the place of what is not known."""

    def __init__(self, member: Json, answer: Json) -> None:
        names = (answer.get("asked") or {}).get("names") or []
        self.no: int = member["member_no"]
        self.told = member
        self.name = names[self.no - 1] if self.no <= len(names) else NOT_STATED
        self.label = f"{self.no} {self.name}"
        self.unknown = NOT_AUTHORIZED if member["identity"] == "found" else NOT_IDENTIFIED


def _people(members: list[_Member], is_whole: bool) -> Table:
    columns = (
        Column("序号", 4, "center"), Column("姓名", 9), Column("关系", 7), Column("公民身份号码", 15),
        Column("身份核对", 13), *((Column("户籍区划", 17), Column("生存状况", 11)) if is_whole else ()),
    )  # fmt: skip
    rows = []
    for member in members:
        reason = REASONS_ZH.get(member.told["identity_reason"] or "", member.told["identity_reason"])
        identity = member.told["identity_zh"]
        told = [
            str(member.no), member.name, member.told["relation"],
            member.told["masked_id_number"] or NOT_STATED,
            identity if reason in (None, identity) else f"{identity}（{reason}）",
        ]  # fmt: skip
        if is_whole:
            told += [place_in_words(member.told["division_code"]) or _no_register(member), _life(member)]
        rows.append(tuple(told))
    return Table(columns, tuple(rows))


def _no_register(member: _Member) -> str:
    if member.unknown == NOT_IDENTIFIED:
        return "—"
    return NOT_AUTHORIZED if member.told["is_registered"] is None else "无户籍登记"


def _life(member: _Member) -> str:
    if member.told["is_alive"] is None:
        return "—" if member.unknown == NOT_IDENTIFIED else "不明"
    died_on = member.told["died_on"]
    return "未见死亡记录" if member.told["is_alive"] else f"已死亡\n{died_on}" if died_on else "已死亡"


def _incomes(members: list[_Member], answer: Json, is_partial: bool) -> Iterator[Block]:
    household = answer["household"]
    titles = _source_titles(answer)
    rows: list[tuple[str, ...]] = []
    strong = []
    for member in members:
        items = member.told["income_items"]
        if not items:
            rows.append((member.label, _nothing(items, member, is_partial)))
            continue
        for _, of_kind in groupby(
            sorted(items, key=lambda item: (item["income_kind"], item["insurance_type"] or "")),
            key=lambda item: (item["income_kind"], item["insurance_type"]),
        ):
            for item in of_kind:
                kind = CATEGORIES_ZH.get(item["income_kind"], item["income_kind"])
                rows.append((
                    member.label,
                    kind
                    + (f"·{item['insurance_type']}" if item["insurance_type"] else "")
                    + ("（财政供养）" if item["is_public_payroll"] else ""),
                    item["income_month"][:7],
                    yuan(item["amount_yuan"]),
                    yuan(item["counted_yuan"]),
                    _line(item["source"], titles),
                ))  # fmt: skip
        strong.append(len(rows))
        rows.append((member.label, "小计", "", "", yuan(_sum(items)), ""))
    every = [item for member in members for item in member.told["income_items"] or ()]
    if every:
        strong.append(len(rows))
        rows.append(("全部成员", "合计", "", "", yuan(_sum(every)), ""))
    first, last, months = household["income_from"], household["income_to"], household["month_count"]
    period = f"{first[:7]} 至 {last[:7]}，共 {months} 个月" if first and last else "没有可核算的月份"
    yield Words((f"核算期间：{period}。金额单位：元，扣减前；“计入”为按参数计入收入的部分。",))
    yield Table(
        (
            Column("成员", 12), Column("收入种类", 18), Column("月份", 8, "center"), Column("金额", 10, "right"),
            Column("计入", 10, "right"), Column("来源", 28),
        ),
        tuple(rows),
        tuple(strong),
    )  # fmt: skip


def _properties(members: list[_Member], answer: Json, is_partial: bool) -> Table:
    titles = _source_titles(answer)
    rows: list[tuple[str, ...]] = []
    for member in members:
        items = member.told["property_items"]
        if not items:
            rows.append((member.label, _nothing(items, member, is_partial)))
        rows += [
            (
                member.label,
                CATEGORIES_ZH.get(item["property_kind"], item["property_kind"]),
                "\n".join(part for part in (item["item_no"], item["detail"]) if part) or NOT_STATED,
                yuan(item["value_yuan"]),
                _share(item["share"]),
                item["acquired_on"] or NOT_STATED,
                _line(item["source"], titles),
            )
            for item in items or ()
        ]
    return Table(
        (
            Column("成员", 11), Column("种类", 11), Column("编号与明细", 16), Column("价值（元）", 11, "right"),
            Column("份额", 7, "right"), Column("取得日期", 11, "center"), Column("来源", 23),
        ),
        tuple(rows),
    )  # fmt: skip


def _benefits(members: list[_Member]) -> Table:
    titles = code_titles("codes/code_value", "benefit")
    rows: list[tuple[str, ...]] = []
    for member in members:
        benefits = member.told["benefits"]
        if not benefits:
            rows.append((member.label, _nothing(benefits, member, False)))
        rows += [
            (
                member.label,
                titles.get(benefit["benefit_code"] or "", benefit["benefit_code"] or NOT_STATED),
                benefit["case_no"] or NOT_STATED,
                place_in_words(benefit["division_code"]) or NOT_STATED,
                benefit["started_on"] or NOT_STATED,
            )
            for benefit in benefits or ()
        ]
    columns = (
        Column("成员", 12), Column("待遇", 18), Column("业务编号", 20), Column("区划", 22),
        Column("起始日期", 12, "center"),
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _marriages(members: list[_Member]) -> Table:
    labels = {member.no: member.label for member in members}
    rows: list[tuple[str, ...]] = []
    for member in members:
        marriage = member.told["marriage"]
        if marriage is None:
            rows.append((member.label, member.unknown))
            continue
        spouse = marriage["spouse_member_no"]
        hidden = {True: "有配偶，未在申报成员中", False: "—", None: "不能判断"}[
            marriage["has_undeclared_spouse"]
        ]
        rows.append((
            member.label,
            "已死亡" if member.told.get("is_alive") is False else MARRIAGES_ZH.get(marriage["status"], "不能判断"),
            marriage["registered_on"] or "—",
            f"申报成员 {labels[spouse]}" if spouse else hidden,
        ))  # fmt: skip
    columns = (
        Column("成员", 14),
        Column("婚姻状况", 16),
        Column("登记日期", 14, "center"),
        Column("配偶", 40),
    )
    return Table(columns, tuple(rows))


def _stays(members: list[_Member], answer: Json) -> Table:
    rows: list[tuple[str, ...]] = []
    for member in members:
        stay = member.told["stay"]
        rows.append(
            (member.label, _silence(member, answer, "stay"))
            if stay is None
            else (
                member.label, stay["stay_no"] or NOT_STATED, stay["institution_code"] or NOT_STATED,
                stay["entered_on"] or NOT_STATED, stay["ability_level"] or NOT_STATED, stay["fee_source"] or NOT_STATED,
            )
        )  # fmt: skip
    columns = (
        Column("成员", 14), Column("入住编号", 18), Column("机构代码", 18), Column("入住日期", 12, "center"),
        Column("能力等级", 11), Column("费用来源", 11),
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _cards(members: list[_Member], answer: Json) -> Table:
    rows: list[tuple[str, ...]] = []
    for member in members:
        card = member.told["disability"]
        rows.append(
            (member.label, _silence(member, answer, "disability_card"))
            if card is None
            else (
                member.label, card["disability_category"] or NOT_STATED, str(card["disability_level"] or NOT_STATED),
                card["valid_until"] or NOT_STATED,
            )
        )  # fmt: skip
    columns = (
        Column("成员", 14),
        Column("残疾类别", 24),
        Column("残疾等级", 24),
        Column("有效期至", 22, "center"),
    )
    return Table(columns, tuple(rows))


def _calculation(household: Json) -> Iterator[Block]:
    income, months = household["income_yuan"], household["month_count"]
    standard = household["standard"]
    counted = f"其中身份已确认 {household['found_count']} 人，在世 {_count(household['living_count'], '人')}"
    because = [INCOMPLETE_ZH.get(reason, reason) for reason in household["incomplete_because"]]
    yield Table(
        (Column("项目", 26), Column("数值", 22, "right"), Column("说明", 52)),
        (
            ("申报成员", f"{household['member_count']} 人", counted),
            ("家庭月均收入（元）", yuan(income, _no_income(months)), f"计入合计 ÷ {months} 个月，扣减前"),
            ("家庭人均月收入（元）", yuan(household["income_per_capita_yuan"], "不能核算"),
             "家庭月均收入 ÷ 在世人数"),
            ("适用标准（元/人·月）", yuan(standard["amount_yuan"]) if standard else "没有适用的标准",
             f"{STANDARDS_ZH.get(standard['standard_code'], standard['standard_code'])}，"
             f"{place_in_words(standard['division_code'])}，自 {standard['valid_from']} 起" if standard else ""),
            ("人均与标准之比", _plain(household["standard_multiple"]), "倍"),
            ("与标准对照", AGAINST_ZH[household["income_against_standard"]],
             "收入为扣减前的已知收入；对照结果不是待遇决定"),
            ("机动车", _count(household["vehicle_count"], "辆"),
             f"价值合计 {yuan(household['vehicle_value_yuan'], NOT_AUTHORIZED)} 元"
             if household["vehicle_count"] is not None else ""),
            ("住房", _count(household["dwelling_count"], "套"), ""),
            ("企业任职与出资", _count(household["company_count"], "家"), ""),
        ),
        strong=(2, 5),
    )  # fmt: skip
    yield Words(
        ("核算不完整：" + "；".join(because) + "。不完整时，已知收入高于标准仍如实写明，不高于则不能判断。",)
        if because
        else ("核算所需来源齐全，各成员身份均已确认。",)
    )


def _sources(answer: Json) -> Table:
    rows = []
    for source in answer["sources"] or ():
        hit = source["members_hit"]
        rows.append((
            source["title_zh"] or source["feed"],
            source["status_zh"],
            source["as_of"] or "从未收到",
            "过期" if source["is_stale"] else "当前",
            "—" if hit is None else "、".join(map(str, hit)) or "无",
        ))  # fmt: skip
    columns = (
        Column("来源", 34), Column("结果", 18), Column("数据截至", 16, "center"), Column("时效", 10, "center"),
        Column("命中成员序号", 22),
    )  # fmt: skip
    return Table(columns, tuple(rows))


def _leads(flags: list[Json], members: Mapping[int, _Member]) -> Iterator[Block]:
    hits = [flag for flag in flags if flag["outcome"] == "hit"]
    open_ones = [flag for flag in flags if flag["outcome"] != "hit"]
    yield Words((
        f"共 {len(hits)} 条疑点。疑点只是线索，须核实后才能作为依据。" if hits else "按现有来源没有疑点。",
    ))  # fmt: skip
    for place, flag in enumerate(hits, start=1):
        severity = SEVERITIES.get(flag["severity"] or "", "")
        title = f"{place}. {flag['rule_code']} {flag['title_zh'] or ''}" + (
            f"〔{severity}〕" if severity else ""
        )
        short = [("涉及", _whom(flag, members)), ("由来", BASES_ZH[flag["basis"]])]
        if flag["first_on"]:
            until = f"至 {flag['last_on']}" if flag["last_on"] else "起"
            short.append(("期间", f"{flag['first_on']} {until}"))
        if flag["amount_yuan"] is not None:
            short.append(("涉及金额", f"{yuan(flag['amount_yuan'])} 元"))
        yield Facts(tuple(short), title)
        long = (
            ("事实", _facts(flag)),
            ("依据", flag["legal_basis"] or NOT_STATED),
            ("如何消除", flag["clears_it_zh"] or NOT_STATED),
        )
        yield Facts(long, is_wide=True)
    if open_ones:
        yield Words((f"下列 {len(open_ones)} 项规则因资料不足不能判断，既不是疑点，也不表示没有疑点。",))
        yield Table(
            (Column("规则", 34), Column("涉及", 18), Column("事实与原因", 48)),
            tuple(
                (
                    f"{flag['rule_code']} {flag['title_zh'] or ''}",
                    _whom(flag, members),
                    _facts(flag),
                )
                for flag in open_ones
            ),
        )


def _whom(flag: Json, members: Mapping[int, _Member]) -> str:
    member = members.get(flag["member_no"] or 0)
    whom = [f"成员 {member.label}"] if member else []
    whom += [f"家庭 {flag['aid_household_no']}"] if flag["aid_household_no"] else []
    return "，".join(whom) or "家庭整体"


def _facts(flag: Json) -> str:
    facts = (flag["evidence"] or {}).get("facts") or {}
    known = {name: value for name, value in facts.items() if value is not None}
    if "property_kind" in known:
        known["property_kind"] = CATEGORIES_ZH.get(known["property_kind"], known["property_kind"])
    titled = ((STATED_FACTS_ZH.get(name, name), value) for name, value in told(known, yuan))
    return "；".join(f"{name} {value}" for name, value in titled) or NOT_STATED


def _nothing(items: Any, member: _Member, is_partial: bool) -> str:
    """In the place of a list: null is not known, an empty one was looked for."""
    return member.unknown if items is None else PARTLY_ASKED if is_partial else NOT_FOUND


def _silence(member: _Member, answer: Json, feed: str) -> str:
    """In the place of what one source alone tells: whether it was asked stands among the sources."""
    if member.unknown == NOT_IDENTIFIED:
        return NOT_IDENTIFIED
    status = {source["feed"]: source["status"] for source in answer["sources"] or ()}.get(feed)
    return {"hit": NOT_FOUND, "not_hit": NOT_FOUND, "not_authorized": NOT_AUTHORIZED}.get(
        status or "", "来源不可用或过期，不明"
    )


def _source_titles(answer: Json) -> dict[str, str]:
    return {source["feed"]: source["title_zh"] or source["feed"] for source in answer["sources"] or ()}


def _line(source: Json, titles: Mapping[str, str]) -> str:
    title = titles.get(source["feed"], source["feed"])
    if source["delivery_id"] is None:
        return title
    return f"{title}\n{source['delivery_id']} 第 {source['line_number']} 行"


def _titled(code_list: str, code: str | None) -> str:
    return code_titles("verification/verification_code", code_list).get(code, code) if code else NOT_STATED


def place_in_words(code: str | None) -> str:
    row = divisions_in_use().get(code or "")
    return " ".join(filter(None, (code, row["name_zh"] if row else "")))


def day_in_words(text: str | None) -> str:
    """2025年6月30日."""
    if not text:
        return NOT_STATED
    year, month, day = re.split(r"\D", text[:10])
    return f"{year}年{int(month)}月{int(day)}日"


def yuan(amount: Any, unknown: str = NOT_STATED) -> str:
    """1,234.50; nothing known is not zero."""
    return unknown if amount is None else f"{Decimal(str(amount)):,.2f}"


def _sum(items: list[Json]) -> Decimal:
    return sum(
        (Decimal(str(item["counted_yuan"])) for item in items if item["counted_yuan"] is not None), Decimal()
    )


def _no_income(months: int) -> str:
    return NOT_AUTHORIZED if months else "不能核算"


def _count(number: int | None, unit: str) -> str:
    return NOT_AUTHORIZED if number is None else f"{number} {unit}"


def _plain(number: Any) -> str:
    return "不能核算" if number is None else f"{Decimal(str(number)):.4f}"


def _share(share: Any) -> str:
    return NOT_STATED if share is None else f"{Decimal(str(share)) * 100:.2f}".rstrip("0").rstrip(".") + "%"
