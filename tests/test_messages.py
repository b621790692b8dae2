"""What goes wrong is told in Chinese first, then in English: ``中文。 English.``"""

import ast
import re
from pathlib import Path

import pytest

from warehouse.database.settings import PROJECT_ROOT

PACKAGES = ("cli", "expectations", "ingestion", "lab", "linkage", "serving", "warehouse")
# Of a refused delivery the Chinese stands with its code (REFUSALS_ZH); a fault in a contract is its author's.
TOLD_TO_PEOPLE = {
    "Check", "CheckFault", "DecisionError", "GateClosed", "IngestionError", "MinzhengError", "MissingRight",
    "OutOfTurn", "RequestError", "UsageError",
}  # fmt: skip
CHINESE, SENTENCE = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]{2,} [a-z]+ [a-z]+")


def words(node: ast.AST) -> str:
    """The constant words in an expression, values left out."""
    return "".join(
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_an_error_is_told_in_both_languages(package: str) -> None:
    in_english_only = [
        f"{path.relative_to(PROJECT_ROOT)}:{call.lineno}"
        for path in Path(PROJECT_ROOT, package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TOLD_TO_PEOPLE
        if any(SENTENCE.search(words(said)) and not CHINESE.search(words(said)) for said in call.args)
    ]
    assert in_english_only == []
