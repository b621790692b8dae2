"""On which line of a YAML file something stands, found by the words that lead to it."""

from collections.abc import Iterator, Sequence

import yaml

# By these an entry of a list is known.
NAMES = ("name", "property", "metric", "role")


def line_of(text: str, words: Sequence[str]) -> int | None:
    """The line of the last of the words that is found, each below the one before: ``[schema, paid_on, type]``.

    A word is a key, the name of an entry of a list, or its number from 0. Null where none is found, or the text is
    no YAML.
    """
    try:
        node, line = yaml.compose(text, Loader=yaml.SafeLoader), None
    except yaml.YAMLError:
        return None
    for word in words:
        if found := next((each for each in _named(node) if each[0] == word), None):
            _, node, line = found
    return line


def _named(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, int]]:
    """What lies below a node, by what it is called, with its line; the nearest first."""
    waiting: list[yaml.Node] = [node] if node else []
    for here in waiting:
        if isinstance(here, yaml.MappingNode):
            for key, value in here.value:
                yield str(key.value), value, key.start_mark.line + 1
                waiting.append(value)
        elif isinstance(here, yaml.SequenceNode):
            for number, entry in enumerate(here.value):
                yield str(number), entry, entry.start_mark.line + 1
                for name in _names(entry):
                    yield str(name.value), entry, name.start_mark.line + 1
                waiting.append(entry)


def _names(entry: yaml.Node) -> list[yaml.Node]:
    pairs = entry.value if isinstance(entry, yaml.MappingNode) else []
    return [value for key, value in pairs if key.value in NAMES]
