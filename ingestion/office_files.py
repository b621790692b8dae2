"""Files that go to an office and come back filled in."""

from collections.abc import Mapping
from pathlib import Path


def filled_in(path: Path) -> str:
    """A text file as an office program saves it: UTF-8, or GB 18030."""
    return text_of(path.read_bytes())


def text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def own_file(path: Path) -> Path:
    """The file, made where it is not, and closed to others: what goes in is about people."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    return path


def code_of(titles: Mapping[str, str], written: str) -> str:
    """The code of what an office wrote, which may be the title of a code."""
    return next((code for code, title in titles.items() if title == written), written.lower())
