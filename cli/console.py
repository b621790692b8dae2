"""Where commands print. What is printed is text: no value of a delivery colours, hides or forges a line."""

import json
import os
import re
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

# Control characters (C0, DEL, C1), what ends a line elsewhere, and what turns the direction of writing.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with each control character as its code: ``\\x1b`` and the like."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def harmless_json(value: Any) -> str:
    """A value as JSON on one line, with each control character as JSON writes it: read again, it is the same."""
    written = json.dumps(value, ensure_ascii=False)
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


class PlainConsole(Console):
    """Prints strings, also in tables, as they are: styles are given beside them, never inside.

    A reader who leaves early (``| head``) ends the printing, not the work.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(harmless(text), **options)

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# Piped into a file or a log there is no terminal to fit into.
console = PlainConsole(width=None if sys.stdout.isatty() else 160)
complaints = PlainConsole(stderr=True)
