"""Names of columns from the lines that hold them. Also read where workbooks are parsed apart: imports nothing."""

from collections.abc import Sequence

BETWEEN = "/"


def names_of(lines: Sequence[Sequence[str]]) -> list[str]:
    """One name per column, empty where none is. lines: of the header, from above; several are put together.

    In a header of several lines the upper ones name groups of columns: ``起止/入院``, ``起止/出院``. A group stands
    above its first column only, as merged cells do, and goes on over each column that is named below it.
    """
    names = [name.strip() for name in lines[-1]] if lines else []
    for line in reversed(lines[:-1]):
        names = _under(names, [name.strip() for name in line])
    return names


def _under(names: Sequence[str], groups: Sequence[str]) -> list[str]:
    found, group = [], ""
    for place in range(max(len(names), len(groups))):
        name = names[place] if place < len(names) else ""
        above = groups[place] if place < len(groups) else ""
        group = above or (group if name else "")  # a column that has no name below it ends the group
        found.append(BETWEEN.join(part for part in (group, name) if part))
        if not name:
            group = ""
    return found
