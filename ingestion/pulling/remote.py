"""Files that lie at another department, copied into the inbox as they are.

What it lists and sends is somebody else's: it may be more, larger or named otherwise than is good for this machine.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

from ingestion.file_names import is_plain_name
from ingestion.inbox import CLOCK_MARGIN, MANIFEST
from ingestion.pulling.plain import has_room, made, new_file

# The feed's folder, and those of the days in it.
DEEPEST = 2
# Of all that is listed of one feed: two files of each day for a century.
MOST_LISTED = 100_000
# With the dot of an unfinished one, what file systems take.
LONGEST_NAME_BYTES = 254


class Why(Enum):
    """Why something was left where it lies."""

    NAME = "名称不能用，请对方改名 names that cannot be used: have them renamed"
    DEEPER = "放得太深，不读 lie a folder too deep and are not read"
    LINK = "是链接，不予跟随 are links, which are not followed"
    AHEAD = "时间在未来，请对方校正 bear a time that has not come: have it corrected"
    RECENT = "刚写过，下次再取 were written a moment ago, and come the next time"
    CHANGED = "与所列不符，下次再取 are not what was listed, and come the next time"
    TOO_LARGE = "过大，不能落地 are too large to be landed"
    NO_ROOM = "本机磁盘放不下 find no room on the disk of this machine"


class OddAnswer(Exception):
    """What a file server or an object store says is not of the form it should be."""


class TooManyFiles(OddAnswer):
    """More than are ever listed."""


@dataclass(frozen=True)
class RemoteFile:
    """place: its path below the folder of the feed. version: what tells its content from that of another time, empty
    where size and time have to. why_left: of what the remote does not give, null of a plain file."""

    place: str
    size: int
    written_at: int
    version: str = ""
    why_left: Why | None = None


class Writer(Protocol):
    def write(self, data: bytes, /) -> int: ...


class Remote(Protocol):
    """A folder of somebody else's, open."""

    def files(self) -> Iterator[RemoteFile]:
        """All plain ones, and what lies there and is none. Raises OddAnswer."""
        ...

    def fetch(self, file: RemoteFile, into: Writer) -> bool:
        """Whether what was written down is the file as it was listed, whole."""
        ...


@dataclass(frozen=True)
class Taking:
    """What is taken. now: the clock; unchanged: for how long a file has to be as it is, null where a manifest says
    that it is whole; largest: bytes of a file that can be landed, null any; is_dry_run: only look."""

    now: datetime
    unchanged: timedelta | None = None
    largest: int | None = None
    is_dry_run: bool = False


@dataclass(frozen=True)
class Copied:
    """places: of what was copied, as they are at the source. left: of what was not, by why."""

    places: list[str] = field(default_factory=list)
    left: dict[Why, list[str]] = field(default_factory=dict)


def copied(remote: Remote, folder: Path, taking: Taking) -> Copied:
    """Copy what is not there as it is at the source, manifests last. folder: of the feed in the inbox.

    Raises OddAnswer, and IngestionError where the inbox leads elsewhere.
    """
    found = Copied()
    for file in sorted(_listed(remote), key=lambda file: (_name(file) == MANIFEST, file.place)):
        if any(part.startswith(".") and part.strip(".") for part in file.place.split("/")):
            continue  # as in the inbox: uploads under way
        if (why := _why_left(file)) is None and _is_there(folder / file.place, file):
            continue
        why = why or _why_not_now(file, taking)
        if why is None and not taking.is_dry_run:
            why = _copy(remote, file, folder)
        if why is None:
            found.places.append(file.place)
        else:
            found.left.setdefault(why, []).append(file.place)
    return found


def is_name(name: str) -> bool:
    """Of a file or folder that is looked at: none that is hidden, leads elsewhere or cannot be shown."""
    return is_plain_name(name) and not name.startswith(".") and len(os.fsencode(name)) <= LONGEST_NAME_BYTES


def _listed(remote: Remote) -> Iterator[RemoteFile]:
    for number, file in enumerate(remote.files()):
        if number >= MOST_LISTED:
            raise TooManyFiles
        yield file


def _why_left(file: RemoteFile) -> Why | None:
    parts = file.place.split("/")
    if file.why_left is not None:
        return file.why_left
    if not all(map(is_name, parts)):
        return Why.NAME
    return Why.DEEPER if len(parts) > DEEPEST else None


def _why_not_now(file: RemoteFile, taking: Taking) -> Why | None:
    if taking.largest is not None and file.size > taking.largest:
        return Why.TOO_LARGE
    if taking.unchanged is None or file.written_at <= (taking.now - taking.unchanged).timestamp():
        return None
    # By such a clock it is never old enough.
    return Why.AHEAD if file.written_at > (taking.now + CLOCK_MARGIN).timestamp() else Why.RECENT


def _name(file: RemoteFile) -> str:
    return file.place.rpartition("/")[2]


def _is_there(path: Path, file: RemoteFile) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return (status.st_size, int(status.st_mtime)) == (file.size, file.written_at)


def _copy(remote: Remote, file: RemoteFile, folder: Path) -> Why | None:
    """Why it did not come whole: null where it did."""
    path = folder / file.place
    made(path.parent, 2 + file.place.count("/"))
    if not has_room(path.parent, file.size):
        return Why.NO_ROOM
    unfinished = path.with_name(f".{path.name}")
    try:
        with new_file(unfinished) as into:
            is_whole = remote.fetch(file, _UpTo(file.size, into.write))
        if not is_whole or unfinished.lstat().st_size != file.size:
            return Why.CHANGED
        os.utime(unfinished, (file.written_at, file.written_at), follow_symlinks=False)
        unfinished.replace(path)
    except _More:
        return Why.CHANGED
    finally:
        unfinished.unlink(missing_ok=True)
    return None


class _More(Exception):
    """Was sent than was listed."""


class _UpTo:
    """Passes on so many bytes and no more."""

    def __init__(self, size: int, write: Callable[[bytes], int]) -> None:
        self._left, self._write = size, write

    def write(self, data: bytes, /) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise _More
        return self._write(data)
