"""The index of the decisions, `docs/decisions/README.md`: number, what was decided, topic, whether it holds."""

import re
from dataclasses import dataclass
from pathlib import Path

from warehouse.database.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "docs" / "decisions"
TARGET = FOLDER / "README.md"
DECISION = re.compile(
    r'^<a id="(\d+)"></a>\n\n## (\d+)\. (.+)\n\nStatus: (in force|superseded by|dropped)\b', re.MULTILINE
)
HEAD = """# Decisions

Where the code does something a reader may not expect, and why: one page per topic, newest last on each. A number is
never given twice, and what no longer holds stays, with its status. This page is generated (`minzheng sync`).

A new decision goes on the page of its topic, under the next number, in this form: an anchor, the decision as a title,
its status (in force, superseded by a number, or dropped), why, and what was considered and dropped.
"""


@dataclass(frozen=True)
class Decision:
    number: int
    title: str
    status: str
    page: Path


def decisions() -> list[Decision]:
    """All decisions of all pages, by number. Raises ValueError where a title stands in another form."""
    found = []
    for page in topics():
        text = page.read_text(encoding="utf-8")
        stated = DECISION.findall(text)
        odd = set(re.findall(r"^## (.+)$", text, re.MULTILINE)) - {
            f"{number}. {title}" for anchor, number, title, _ in stated if anchor == number
        }
        if odd:
            raise ValueError(f"{page.name}: without anchor, number or status: {'; '.join(sorted(odd))}")
        found += [Decision(int(number), title, status, page) for _, number, title, status in stated]
    return sorted(found, key=lambda decision: decision.number)


def topics() -> list[Path]:
    return sorted(page for page in FOLDER.glob("*.md") if page != TARGET)


def index() -> str:
    """The page: topics, then every decision by number."""
    titles = {
        page: page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in topics()
    }
    known = decisions()
    lines = [HEAD, "| topic | decisions |", "|---|---|"]
    for page, title in titles.items():
        numbers = ", ".join(
            f"[{each.number}]({page.name}#{each.number})" for each in known if each.page == page
        )
        lines.append(f"| [{title}]({page.name}) | {numbers} |")
    lines += ["", "| no. | decision | topic | status |", "|---|---|---|---|"]
    for each in known:
        status = {"superseded by": "superseded"}.get(each.status, each.status)
        title = each.title.replace("|", r"\|")
        lines.append(
            f"| {each.number} | [{title}]({each.page.name}#{each.number}) | {titles[each.page]} | {status} |"
        )
    return "\n".join(lines) + "\n"
