"""A letter to a household (核实通知书) on one page: what to explain, what to bring, until when, whom to call."""

from collections.abc import Mapping
from typing import Any

from serving.report.contents import day_in_words
from serving.report.document import Document, Facts, Section, Words
from serving.report.pdf import pdf
from warehouse.bureau.letterhead import letterhead

TITLE = "核实通知书"
WHY = (
    "为使各项待遇准确到位，我们定期将申报情况与有关部门的记载对照。现有一处情况需要向您了解，请按下列所述说明。",
    "这不是处理决定：记载可能有误，情况也可能已有变化；不因本通知停发、减少或者追回任何待遇。",
)
RIGHTS = (
    "不便前来的，可以来电说明、请家人代办，或者要求工作人员上门。",
    "对所记载的个人信息，您有权查阅；记载有误的，有权要求更正。",
    "工作人员不会向您收取费用，不会索要银行卡密码、短信验证码，也不会要求转账。对本通知有疑问的，请先致电核实。",
)


def letter_pdf(letter: Mapping[str, Any]) -> bytes:
    """letter: as ``api_v1.finding_letter`` tells it. The same letter gives the same bytes."""
    return pdf(document(letter, letterhead()))


def file_name(letter_no: str) -> str:
    """Of the PDF, from the number in it: nothing of anybody, and no character that a header could not hold."""
    return "-".join(["letter", *"".join(one if one.isdigit() else " " for one in letter_no).split()]) + ".pdf"


def document(letter: Mapping[str, Any], head: str = "") -> Document:
    addressee = f"{letter['name']} 的监护人：" if letter["is_minor"] else f"{letter['name']}："
    case = (("救助家庭", letter["case_no"]),) if letter["case_no"] else ()
    return Document(
        head=head,
        title=TITLE,
        number=letter["letter_no"],
        day=letter["written_on"],
        facts=Facts((("文号", letter["letter_no"]), ("日期", day_in_words(letter["written_on"])), *case)),
        sections=(
            Section(addressee, (Words(WHY),)),
            Section("请您说明", (Words((letter["question_zh"],)),)),
            Section("请您携带（有哪样带哪样）", (Words((letter["bring_zh"],)),)),
            Section(
                "期限与联系",
                (
                    Facts(
                        (("请您答复", f"{day_in_words(letter['due_on'])}以前"), ("联系", letter["contact"])),
                        is_wide=True,
                    ),
                ),
            ),
            Section("请您知悉", (Words(RIGHTS),)),
        ),
        signatures=("经办人（签字）", "出具机构（盖章）"),
        checking="",
        check=Facts(()),
        qr="",
        body_points=12,
    )
