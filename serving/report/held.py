"""What is held of a person (个人信息查阅告知书, PIPL 45), on paper: sources, benefits, and who read of the person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from serving.report.contents import day_in_words, place_in_words
from serving.report.document import Block, Column, Document, Facts, Section, Table, Words
from serving.report.pdf import pdf
from warehouse.bureau.letterhead import letterhead
from warehouse.casework.person_requests import KINDS_ZH, OUTCOMES_ZH
from warehouse.database.settings import BUREAU_TIME
from warehouse.seeds import code_titles
from warehouse.verification.audit import OPERATIONS_ZH
from warehouse.verification.purposes import NOT_STATED, purpose_titles

TITLE = "个人信息查阅告知书"
SOURCES = (
    Column("来源", 18),
    Column("提供单位", 26),
    Column("记载行数", 10, "right"),
    Column("业务日期", 26),
)
BENEFITS = (Column("待遇", 28), Column("业务编号", 26), Column("区划", 20), Column("自", 14))
REQUESTS = (Column("请求", 16), Column("编号、收到", 22), Column("所述", 26), Column("答复", 30))
READINGS = (Column("时间", 20), Column("查阅人（登录名）", 22), Column("办理", 24), Column("用途", 16))
NONE = "没有记载。"
NOTES = (
    "本告知书依个人信息保护法第四十五条，应本人申请出具，只交本人或其受托人。",
    "所列记载有误或不完整的，您有权请求更正、补充（第四十六条），也有权请求限制处理（第四十四条）、删除（第四十七条），向出具机构提出即登记答复；各来源的原始记载由提供单位更正。",
    "查阅记录含答复审批系统的核对，按现在的人员编号列出。",
)


def held_pdf(held: Mapping[str, Any], officer: str) -> bytes:
    """held: as ``api_v1.held_of_person`` tells it."""
    return pdf(document(held, officer, letterhead()))


def document(held: Mapping[str, Any], officer: str, head: str = "") -> Document:
    more = held["reading_count"] - len(held["readings"])
    return Document(
        head=head,
        title=TITLE,
        number=day_in_words(held["asked_on"]),
        day=held["asked_on"],
        facts=Facts(
            (
                ("姓名", held["name"] or "—"), ("公民身份号码", held["masked_id_number"] or "—"),
                ("出具日期", day_in_words(held["asked_on"])), ("经办人", officer),
            )
        ),
        sections=(
            Section("一、哪些来源有您的记载", (_table(SOURCES, _sources(held)),)),
            Section("二、现有待遇", (_table(BENEFITS, _benefits(held)),)),
            Section("三、您的请求与答复", (_table(REQUESTS, _requests(held)),)),
            Section(
                "四、谁查阅过您的信息",
                (
                    _table(READINGS, _readings(held)),
                    *((Words((f"另有更早的 {more} 次，可向本单位申请查阅。",)),) if more else ()),
                ),
            ),
            Section("五、说明", (Words(NOTES),)),
        ),
        signatures=("申请人（签字）", "经办人（签字）", "出具机构（盖章）"),
        checking="",
        check=Facts(()),
        qr="",
    )  # fmt: skip


def _table(columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...]) -> Block:
    return Table(columns, rows) if rows else Words((NONE,))


def _sources(held: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            source["title_zh"] or source["feed"], source["owner"] or "—", str(source["line_count"]),
            f"{source['first_on']} 至 {source['last_on']}",
        )
        for source in held["sources"]
    )  # fmt: skip


def _benefits(held: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    titles = code_titles("codes/code_value", "benefit")
    return tuple(
        (
            titles.get(benefit["benefit_code"], benefit["benefit_code"]), benefit["case_no"] or "—",
            place_in_words(benefit["division_code"]) or "—", benefit["started_on"] or "—",
        )
        for benefit in held["benefits"]
    )  # fmt: skip


def _requests(held: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            KINDS_ZH[asked["kind"]],
            f"{asked['request_no']} {asked['received_on']}",
            asked["statement"],
            f"{OUTCOMES_ZH[asked['outcome']]}：{asked['answer']}"
            if asked["outcome"]
            else f"尚未答复，应于 {asked['due_on']} 前答复",
        )
        for asked in held["requests"]
    )


def _readings(held: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    purposes = purpose_titles() | NOT_STATED
    return tuple(
        (
            f"{datetime.fromisoformat(reading['logged_at']).astimezone(BUREAU_TIME):%Y-%m-%d %H:%M}",
            reading["operator"] or "—",
            OPERATIONS_ZH.get(reading["operation"], reading["operation"]),
            purposes.get(reading["purpose"], reading["purpose"] or "—"),
        )
        for reading in held["readings"]
    )
