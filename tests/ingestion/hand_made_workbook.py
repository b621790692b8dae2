"""Workbooks part by part, with what openpyxl cannot write: other programs write it all the time."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import openpyxl.utils

TRANSITIONAL = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)
STRICT = (
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def text(value: str) -> tuple[str, str]:
    """Attributes and content of a cell that holds a text."""
    return 't="inlineStr"', f"<is><t>{escape(value)}</t></is>"


def number(value: float | str, style: int = 0) -> tuple[str, str]:
    return f's="{style}"', f"<v>{value}</v>"


def typed(kind: str, value: str) -> tuple[str, str]:
    return f't="{kind}"', f"<v>{escape(value)}</v>"


def sheet_data(rows: Sequence[Sequence[tuple[str, str] | None]]) -> str:
    """Rows of cells as (attributes, content); null leaves a cell out."""
    written = []
    for row, cells in enumerate(rows, 1):
        inner = "".join(
            f'<c r="{openpyxl.utils.get_column_letter(place)}{row}" {cell[0]}>{cell[1]}</c>'
            for place, cell in enumerate(cells, 1)
            if cell is not None
        )
        written.append(f'<row r="{row}">{inner}</row>')
    return f"<sheetData>{''.join(written)}</sheetData>"


def workbook(
    data: str,
    *,
    sheet: str = "火化登记",
    formats: Sequence[int | str] = (),
    shared: Sequence[str] = (),
    is_1904: bool = False,
    before: str = "",
    after: str = "",
    namespaces: tuple[str, str] = TRANSITIONAL,
    encoding: str = "UTF-8",
    prolog: str = "",
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A package with one sheet; before and after: what stands around its data.

    formats: of the styles from 1 on, built-in numbers or own codes; prolog: before the root of the
    sheet; extra: further parts.
    """
    main, related = namespaces
    own = {code: 200 + place for place, code in enumerate(formats) if isinstance(code, str)}
    codes = "".join(f'<numFmt numFmtId="{key}" formatCode={quoteattr(code)}/>' for code, key in own.items())
    xfs = "".join(f'<xf numFmtId="{own.get(form, form)}"/>' for form in (0, *formats))  # type: ignore[arg-type]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{related}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{place}" Type="{related}/{kind}" Target="{target}"/>'
            for place, (kind, target) in enumerate(
                [
                    ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"),
                    ("sharedStrings", "/xl/sharedStrings.xml"),
                ], 1,
            )
        )
        + "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{related}"><workbookPr date1904="{is_1904:d}"/>'
        f'<sheets><sheet name="{sheet}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts>{codes}</numFmts>'
        f"<cellXfs>{xfs}</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">'
        + "".join(f"<si><t>{escape(value)}</t></si>" for value in shared)
        + "</sst>",
        "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{main}">{before}{data}{after}</worksheet>',
    }  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, xml in parts.items():
            package.writestr(name, f'<?xml version="1.0" encoding="{encoding}"?>{xml}'.encode(encoding))
        for name, part in (extra or {}).items():
            package.writestr(name, part)
    return content.getvalue()
