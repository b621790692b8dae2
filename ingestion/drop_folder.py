"""The folder of a feed whose sender makes no manifests: which file is which, by name alone."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ingestion.contract import Contract
from ingestion.file_names import NameParts
from ingestion.layout import CompleteWhen, FileKind


@dataclass(frozen=True)
class NamedFile:
    """A file whose name says what it is. named: with a day that exists."""

    name: str
    kind: FileKind
    named: NameParts


@dataclass(frozen=True)
class Sorted:
    """What lies in such a folder. odd: name to what is wrong with it."""

    files: list[NamedFile]
    odd: dict[str, str]


def sort(contract: Contract, names: Iterable[str]) -> Sorted:
    """Markers of files that are there are passed over."""
    names = list(names)
    files: list[NamedFile] = []
    odd: dict[str, str] = {}
    markers = {marker for name in names if (marker := contract.complete_when.marker_of(name)) != name}
    for name in names:
        kind, named = kind_of(contract, name)
        if name in markers:
            continue
        if named is not None and kind is None:
            odd[name] = "is named as another version of its contract has it for other days. Rename it."
        elif kind is None or named is None:
            odd[name] = (
                f"is named like none of the files of {contract.path.name}, so nothing reads it. Rename it."
            )
        elif named.day is None:
            odd[name] = "names a day that does not exist, so nothing reads it. Rename it."
        elif named.parts is not None and not 1 <= (named.part or 0) <= named.parts:
            odd[name] = "is a part that cannot be, so nothing reads it. Rename it."
        else:
            files.append(NamedFile(name, kind, named))
    return Sorted(files, odd)


def missing_parts(file: NamedFile, files: Iterable[NamedFile]) -> list[int]:
    """Of the whole that a file is a part of; empty where it is no part, or all are there."""
    if file.named.parts is None:
        return []
    there = {
        other.named.part
        for other in files
        if other.kind == file.kind and other.named._replace(part=None) == file.named._replace(part=None)
    }
    return [part for part in range(1, file.named.parts + 1) if part not in there]


def why_incomplete(
    complete_when: CompleteWhen, name: str, names: Iterable[str], status: os.stat_result
) -> str | None:
    """What a file still waits for, null where it is whole."""
    marker = complete_when.marker_of(name)
    if marker is not None:
        return None if marker in names else "its marker is not there yet"
    age = time.time() - max(status.st_mtime, status.st_ctime)
    if age < complete_when.unchanged_seconds:
        return f"it was written less than {complete_when.unchanged_seconds} seconds ago"
    return None


def kind_of(contract: Contract, name: str) -> tuple[FileKind | None, NameParts | None]:
    """What a name says, and the kind it is of on the day it says; null where it is none."""
    matched = None
    for version in reversed(contract.versions):
        for kind in version.files:
            if (named := kind.pattern.match(name)) is not None:
                if named.day is None or contract.on(named.day) is version:
                    return kind, named
                matched = named
    return None, matched
