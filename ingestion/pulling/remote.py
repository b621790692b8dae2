"""Files that lie at another department, copied into the inbox as they are."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from ingestion.inbox import MANIFEST

# The feed's folder, and those of the days in it.
DEEPEST = 2


@dataclass(frozen=True)
class RemoteFile:
    """place: its path below the folder of the feed. version: what tells its content from that of another time, empty
    where size and time have to."""

    place: str
    size: int
    written_at: int
    version: str = ""


class Remote(Protocol):
    """A folder of somebody else's, open."""

    def files(self) -> Iterator[RemoteFile]:
        """All plain ones."""
        ...

    def fetch(self, file: RemoteFile, into: BinaryIO) -> bool:
        """Whether what was written down is the file as it was listed, whole."""
        ...


def copied(
    remote: Remote, folder: Path, oldest: datetime | None = None, is_dry_run: bool = False
) -> list[str]:
    """Copy what is not there as it is at the source; the places of what was copied, manifests last.

    folder: of the feed in the inbox. oldest: files written after it are left for the next time, null none.
    """
    places: list[str] = []
    for file in sorted(
        filter(_is_taken, remote.files()), key=lambda file: (_name(file) == MANIFEST, file.place)
    ):
        if _is_there(folder / file.place, file) or (oldest and file.written_at > oldest.timestamp()):
            continue
        if is_dry_run or _copy(remote, file, folder / file.place):
            places.append(file.place)
    return places


def is_name(name: str) -> bool:
    """Of a file or folder that is looked at: none that is hidden, leads elsewhere or cannot be shown."""
    return bool(name) and not name.startswith(".") and name == os.path.basename(name) and name.isprintable()


def _is_taken(file: RemoteFile) -> bool:
    parts = file.place.split("/")
    return len(parts) <= DEEPEST and all(is_name(part) for part in parts)


def _name(file: RemoteFile) -> str:
    return file.place.rpartition("/")[2]


def _is_there(path: Path, file: RemoteFile) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return (status.st_size, int(status.st_mtime)) == (file.size, file.written_at)


def _copy(remote: Remote, file: RemoteFile, path: Path) -> bool:
    """Whether it came whole: not where somebody wrote on it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    with open(unfinished, "wb") as into:
        is_whole = remote.fetch(file, into)
    if not is_whole or unfinished.stat().st_size != file.size:
        unfinished.unlink()
        return False
    os.utime(unfinished, (file.written_at, file.written_at))
    unfinished.replace(path)
    return True
