"""The facts of a finding in the words of an office: titles from the seed ``finding_fact``."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from warehouse.seeds import code_titles, seed


def told(facts: Mapping[str, Any], yuan: Callable[[Any], str]) -> list[tuple[str, str]]:
    """Each fact as title and value, codes as their titles. facts: ``evidence -> 'facts'`` of a finding;
    yuan: how an amount is written. A fact or code of another version that has no title stands as it is."""
    rows = {row["fact"]: row for row in seed("rules/finding_fact")}
    return [
        (row["title_zh"], _value(fact, value, row["titles_of"], yuan))
        for fact, value in facts.items()
        for row in (rows.get(fact, {"title_zh": fact, "titles_of": ""}),)
    ]


def fact_titles() -> dict[str, str]:
    return {row["fact"]: row["title_zh"] for row in seed("rules/finding_fact")}


def _value(fact: str, value: Any, titles_of: str, yuan: Callable[[Any], str]) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):  # a line of a delivery
        return f"{value['delivery_id']} 第 {value['line_number']} 行"
    if fact.endswith("_yuan"):
        return f"{yuan(value)} 元"
    titles = _titles(titles_of) if titles_of else {}
    return re.sub(r"\w+", lambda code: titles.get(code[0], code[0]), str(value))


def _titles(code_list: str) -> dict[str, str]:
    if code_list == "feed":
        from ingestion.contract import load_contracts

        return {feed: contract.title for feed, contract in load_contracts().items()}
    if code_list == "not_assessable":
        return {row["reason"]: row["title_zh"] for row in seed("rules/not_assessable_reason")}
    return code_titles("codes/code_value", code_list)
