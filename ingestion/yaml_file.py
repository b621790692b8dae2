"""The one reader of YAML files, the program's and a bureau's.

YAML itself keeps the last of two keys of one name, and so would let one of two things that are said go unheard.
"""

from pathlib import Path
from typing import Any

import yaml

from ingestion.errors import ContractError

UNREADABLE = "not readable as YAML in UTF-8. Correct the file."


class YamlError(ContractError):
    """A file that is no YAML. line: counted from 1, null where the file as a whole is meant."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        super().__init__(f"{path.name}{f' line {line}' if line else ''}: {problem}")
        self.line = line
        self.problem = problem


def read_yaml(path: Path) -> Any:
    """What a file says. Raises YamlError where it is no YAML in UTF-8 or says a key twice; OSError."""
    return parse_yaml(yaml_text(path), path)


def yaml_text(path: Path) -> str:
    """The text of a file. Raises YamlError where it is not in UTF-8; OSError."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise YamlError(path, None, UNREADABLE) from None


def parse_yaml(text: str, path: Path) -> Any:
    """The same of the text of a file. Raises YamlError."""
    try:
        return yaml.load(text, Loader=_Loader)
    except _KeyTwice as error:
        raise YamlError(path, *error.args) from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise YamlError(path, line, UNREADABLE) from None


class _KeyTwice(Exception):
    pass


class _Loader(yaml.CSafeLoader):
    """The parser in C: every command reads all contracts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            # As it is read, so that 1 and 01 are one; what `<<` takes over may be said otherwise.
            if key.tag == "tag:yaml.org,2002:merge" or not isinstance(key, yaml.ScalarNode):
                continue
            name, line = self.construct_object(key), key.start_mark.line + 1
            if name in lines:
                raise _KeyTwice(line, f"{name} stands here and in line {lines[name]}. Keep one of them.")
            lines[name] = line
        return dict(super().construct_mapping(node, deep))
