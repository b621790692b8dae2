"""A report as a tree of few kinds of blocks: what stands in it, and nothing of how screen or paper show it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """share: of the width, beside the others."""

    title: str
    share: float
    align: Literal["left", "right", "center"] = "left"


@dataclass(frozen=True)
class Table:
    """rows: the last cell of a short row reaches to the end. strong: places of rows that total others."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Facts:
    """Titles and values, side by side in pairs where there is room. title: above them; may be empty."""

    facts: tuple[tuple[str, str], ...]
    title: str = ""
    is_wide: bool = False
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Words:
    paragraphs: tuple[str, ...]
    kind: Literal["words"] = "words"


Block = Table | Facts | Words


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """head: the bureau's letterhead; number: the part that is filed and read out; day: of the question (ISO);
    checking, check, qr: how number and digest can be checked, the SVG of an address that does. head, qr and, of
    what nobody checks, checking may be empty. body_points: size of its
    words."""

    head: str
    title: str
    number: str
    day: str
    facts: Facts
    sections: tuple[Section, ...]
    signatures: tuple[str, ...]
    checking: str
    check: Facts
    qr: str
    body_points: float = 9
