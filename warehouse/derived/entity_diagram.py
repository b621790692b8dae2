"""The page that draws what analysts see: their views, the keys of their rows and how they hang together.

A view shows columns of the served table it reads first; keys and meanings stand where that table is described
(``config.meta.served``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from warehouse.database.code import FOLDER
from warehouse.database.settings import PROJECT_ROOT
from warehouse.publishing.served import PUBLISHED, Published

TARGET = PROJECT_ROOT / "docs" / "analysts_diagram.md"
# Views of which a key in another is one row, and that key.
PARENTS = {
    "person": "resident_id",
    "household": "aid_household_no",
    "entitlement": "entitlement_no",
    "division": "division_code",
}
HEAD = """<!-- Derived from the YAML of the served marts by `minzheng sync`; do not edit. -->
# 分析视图的关系 Views of analysts

每个方框是 `analytics` 中的一个视图，只画出键（PK 每行的键，FK 指向其他视图）；连线旁是指向的列。
全部列见[指南](analysts.zh.md#views)。`household_member` 以 `household_kind`、`household_no` 与 `household` 相连，
以 `resident_id` 与 `person` 相连。

"""


@dataclass(frozen=True)
class Drawn:
    """A view and the table its rows come from."""

    view: str
    table: Published
    text: str

    def references(self) -> Iterator[tuple[str, str]]:
        """Column shown and the parent it names: ``resident_id``, ``husband_resident_id`` ..."""
        others = {parent: key for parent, key in PARENTS.items() if parent != self.view}
        for (parent, key), column in product(others.items(), self.table.columns):
            if (column.name == key or column.name.endswith(f"_{key}")) and self.shows(column.name):
                yield column.name, parent

    def shows(self, column: str) -> bool:
        return re.search(rf"\b{column}\b", self.text) is not None


def entity_diagram() -> str:
    """The text of the page."""
    drawn = list(_drawn())
    lines = ["```mermaid", "erDiagram"]
    for one in drawn:
        lines += [f"    {parent} ||--o{{ {one.view} : {column}" for column, parent in one.references()]
    for one in drawn:
        referring = {column for column, _ in one.references()}
        lines.append(f"    {one.view} {{")
        for column in one.table.columns:
            marks = [
                mark for mark, names in (("PK", one.table.key), ("FK", referring)) if column.name in names
            ]
            if marks and one.shows(column.name):
                title = re.split("[；：（]", column.title)[0]
                lines.append(
                    f'        {column.type.split("(")[0]} {column.name} {", ".join(marks)} "{title}"'
                )
        lines.append("    }")
    return HEAD + "\n".join([*lines, "```"]) + "\n"


def _drawn() -> Iterator[Drawn]:
    tables = {published.name: published for published in PUBLISHED}
    for path in sorted((FOLDER / "analytics").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        read = re.search(r"from pub\.scoped_(\w+)", text)
        if "\ncreate or replace view" in f"\n{text}" and read and read[1] in tables:
            yield Drawn(path.stem, tables[read[1]], text.partition("comment on view")[0])
