"""Files that are known by how they begin and hold no table we read: what each is, and what to ask the sender for."""

import re
from collections.abc import Mapping

from ingestion.errors import RequestError

_PACKED = ("压缩文件", "an archive", "请解开，或改用 ZIP", "Unpack it, or have a ZIP sent")
_SAVE_AS = "请用写出它的程序另存为 XLSX 或 CSV", "Save it as XLSX or CSV with the program that wrote it"
_BEGINNINGS: Mapping[bytes, tuple[str, str, str, str]] = {
    b"Rar!": _PACKED, b"7z\xbc\xaf": _PACKED, b"\x1f\x8b": _PACKED, b"BZh": _PACKED, b"\xfd7zXZ": _PACKED,
    b"%PDF": ("PDF 文件", "a PDF", "请报送单位给出导出它的数据", "Ask the sender for the data it was made from"),
    b"\0\1\0\0Standard ": ("Access 数据库", "an Access database", "请把表导出为 CSV", "Export its table as CSV"),
    b"SQLite format 3": ("SQLite 数据库", "an SQLite database", "请把表导出为 CSV", "Export its table as CSV"),
    b"{\\rtf": ("文字处理文档", "a text document", *_SAVE_AS),
}  # fmt: skip
_MARKED_UP = re.compile(r"<(!doctype|html|table|head|body|meta|style)\b", re.IGNORECASE)
_WEB_PAGE = ("网页", "a web page", *_SAVE_AS)
_XML = ("XML 文件", "XML", "请报送单位改送 CSV、XLSX 或 JSON", "Ask the sender for CSV, XLSX or JSON")
_TEXT_DOCUMENT = ("文字处理文档", "a text document", *_SAVE_AS)
_LOCKED = (
    "加了密码的工作簿", "a workbook with a password", "请去掉密码后再送", "Have it sent without the password",
)  # fmt: skip
_NO_WORKBOOK = ("Office 文件，但不是表格", "an Office file and no workbook", *_SAVE_AS)
_DBASE = ("dBase（DBF）表", "a dBase table (DBF)", *_SAVE_AS)
# Of a DBF: versions, and of a day of last change the years from 1900 on, months, days.
_DBASE_VERSIONS = b"\x02\x03\x30\x31\x32\x43\x63\x83\x8b\xcb\xf5"
_LOOKED_AT = 4096


def refuse(name: str, head: bytes) -> None:
    """Raises RequestError where a file begins as no table does. name: safe to repeat; head: its first bytes."""
    found = next((what for start, what in _BEGINNINGS.items() if head.startswith(start)), None)
    if found is None and _is_dbase(head):
        found = _DBASE
    if found is None and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        found = _WEB_PAGE if _MARKED_UP.search(head[:_LOOKED_AT].decode("latin-1")) else _XML
    _told(name, found)


def refuse_office(name: str, content: bytes) -> None:
    """The same of a compound file (.doc, .et, .xls) by the names of its parts, which are in UTF-16."""

    def holds(part: str) -> bool:
        return part.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        _told(name, _LOCKED)
    if not (holds("Workbook") or holds("Book")):
        _told(name, _TEXT_DOCUMENT if holds("WordDocument") else _NO_WORKBOOK)


def refuse_package(name: str, parts: set[str]) -> None:
    """The same of an Office package (ZIP) by its parts."""
    if not any(part.startswith("xl/") for part in parts):
        _told(name, _TEXT_DOCUMENT if "word/document.xml" in parts else _NO_WORKBOOK)


def _told(name: str, what: tuple[str, str, str, str] | None) -> None:
    if what is not None:
        title, said, remedy_zh, remedy = what
        raise RequestError(f"{title}，读不了：{remedy_zh}。 {name}: is {said}. {remedy}.")


def _is_dbase(head: bytes) -> bool:
    """A version, a day of change that exists, and a header whose length is that of its fields."""
    if len(head) < 32 or head[0] not in _DBASE_VERSIONS:
        return False
    length = int.from_bytes(head[8:10], "little")
    return 1 <= head[2] <= 12 and 1 <= head[3] <= 31 and length >= 65 and head[12:15] == b"\0\0\0"
