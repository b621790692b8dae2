"""Where commands print."""

import sys

from rich.console import Console

# Piped into a file or a log there is no terminal to fit into.
console = Console(width=None if sys.stdout.isatty() else 160)
