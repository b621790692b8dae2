"""A report on paper: Typst in the process, fonts of a package, no font or program of the system."""

import dataclasses
import json
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import typst
from fontTools.ttLib import TTFont

from serving.report.contents import shown
from serving.report.document import Document, Words

TEMPLATE = Path(__file__).parent / "report.typ"
MISSING = "字库未收录的字以〔U+…〕写出其统一码（Unicode），以证件原件为准。"


def pdf(document: Document) -> bytes:
    """The same document gives the same bytes: no day of printing, no chance."""
    texts = json.loads(json.dumps(dataclasses.asdict(document) | {"qr": ""}))
    written = shown(texts, _has_glyph)
    if written != texts:
        written["sections"][-1]["blocks"].append(dataclasses.asdict(Words((MISSING,))))
    made = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[fonts.serif_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(written | {"qr": document.qr}, ensure_ascii=False)},
        pdf_standards="a-2b",
    )
    assert isinstance(made, bytes)
    return made


def _has_glyph(character: str) -> bool:
    return character == "\n" or ord(character) in _glyphs()


@cache
def _glyphs() -> frozenset[int]:
    with TTFont(fonts.serif_path(), lazy=True) as font:
        return frozenset(font.getBestCmap())
