"""Every sentence about a contract is led by words in Chinese."""

import ast
from pathlib import Path

import pytest

from ingestion.contract_faults import OTHER_ZH, kind_zh

FAILS = ("fail", "_fail", "ContractError", "PatternError")
PACKAGE = Path(__file__).parents[2] / "ingestion"


def written(node: ast.expr) -> str:
    """A text of the program, … where something is put in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(written, parts))
        case ast.BinOp(left=left, right=right):
            return written(left) + written(right)
        case ast.IfExp(body=one, orelse=other):
            return written(one) + written(other)
    return "…"


def sentences() -> list[str]:
    """All that are raised about a contract, but those handed on as they are (``unknown_word`` and the like)."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
                continue
            raised = node.exc.func
            name = raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", "")
            text = written(node.exc.args[-1])
            if name in FAILS and any(word.isalpha() and word.islower() for word in text.split()):
                found.append(text)
    return found


def test_no_sentence_is_of_no_kind() -> None:
    assert len(sentences()) > 100
    assert [text for text in sentences() if kind_zh(text) == OTHER_ZH] == []


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("delimeter is no word of a contract. Did you mean delimiter?", "没有这个词或名称"),
        (
            "payer (支付单位) comes from nowhere: map it to a column or a constant.",
            "必须对应的列没有来源，请在 map 中写明",
        ),
        ("absentKeys: says nothing of a csv file. Take it out.", "此处不能这样写，或须与另一词同写"),
        ("totalLine: expected {startsWith: 合计, countField: 2}.", "写法不合，应如后文所示"),
        ("kind: 3 is no code of 种类. Known: 1, 2", "没有这个词或名称"),
        ("without: payer is no column of the schema.", "与列、类型、单位或代码不符"),
    ],
)
def test_a_sentence_is_of_its_kind(sentence: str, words: str) -> None:
    assert kind_zh(sentence) == words
