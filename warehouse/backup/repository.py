"""The folder of backups, and its copy: whole copies of the server (``base``) and every change since (``wal``).

``base/<time>/`` holds ``base`` (a tar of pg_basebackup), ``state`` (the file of anchors) and, written last,
``backup.json``: a folder without it is none. ``wal/`` holds one file per segment, under PostgreSQL's own name;
``.partial`` is how far the last one came. Nothing in a name or in backup.json tells of anybody.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion.durable import put_in_place
from warehouse.backup.sealing import SUFFIX
from warehouse.backup.vouching import check, word
from warehouse.database.errors import MinzhengError, UsageError, given_path
from warehouse.database.settings import settings

TOLD = "backup.json"
BASE = f"base.tar{SUFFIX}"
STATE = f"state.tar{SUFFIX}"
PARTIAL = ".partial"
LOG_BYTES = 1 << 32  # a log file of the names of segments
NAME = "%Y%m%dT%H%M%SZ"  # of a whole copy
IS_NAME = re.compile(r"\d{8}T\d{6}Z")
# What PostgreSQL's own program writes; nothing else is handed in or played.
IS_CHANGE = re.compile(r"[0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history")
SEGMENT_NAME = 24  # characters: timeline, log, segment, eight each
# However old, so many stay: the newest may be the one that is damaged.
LEAST_KEPT = 2
BROKEN_OFF = timedelta(days=2)  # no whole copy takes so long


@dataclass(frozen=True)
class Base:
    """A whole copy. first_segment: from which on the changes are wanted; segment_bytes: of each.

    server_version: the major one, whose programs alone read it. superuser: the one the server was made with.
    size, sha256: of the sealed copy; state_sha256: of the sealed state. said: the word of who wrote it for all of it.
    """

    name: str
    begun_at: datetime
    ended_at: datetime
    server_version: int
    superuser: str
    database: str
    first_segment: str
    segment_bytes: int
    size: int
    sha256: str
    state_sha256: str
    said: str = ""


class Repository:
    """Raises UsageError where none is set, or it cannot be written."""

    def __init__(self, folder: Path | None = None) -> None:
        chosen = folder or settings().backup_folder
        if chosen is None:
            raise UsageError(
                "没有设置 MINZHENG_BACKUP_FOLDER。 "
                "MINZHENG_BACKUP_FOLDER names no folder for backups (docs/operations.md)."
            )
        self.folder = chosen
        self.bases, self.wal = chosen / "base", chosen / "wal"

    def lay_out(self) -> None:
        """The folders, closed to all others."""
        with given_path(self.folder):
            for folder in (self.folder, self.bases, self.wal):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def whole(self) -> list[Base]:
        """The whole copies that are complete, the oldest first. Raises MinzhengError for what was not written so."""
        return [_read(folder) for folder in self._folders() if (folder / TOLD).exists()]

    def keep(self, base: Base) -> None:
        """The copy is complete, and vouched for."""
        told = _told(base) | {"said": word(base.name, _content(base))}
        target = self.bases / base.name / TOLD
        unfinished = target.with_name(f"{TOLD}.unfinished")
        unfinished.write_text(json.dumps(told, indent=1), encoding="utf-8")
        put_in_place(unfinished, target)  # whole at once: others list the copies meanwhile

    def changes(self) -> dict[str, Path]:
        """Files of changes by PostgreSQL's name (segments, a partial one, histories of timelines), in order.

        An empty one is none: it is what a sudden end may leave of a file.
        """
        there = {path.name.removesuffix(SUFFIX): path for path in sorted(self.wal.glob(f"*{SUFFIX}"))}
        return {name: path for name, path in there.items() if IS_CHANGE.fullmatch(name) and _holds_any(path)}

    def wanted_changes(self) -> dict[str, Path]:
        """Without a partial one left behind by its whole one, over which it would end a recovery."""
        changes = self.changes()
        return {
            name: path
            for name, path in changes.items()
            if not name.endswith(PARTIAL) or name.removesuffix(PARTIAL) not in changes
        }

    def newest_change(self) -> datetime | None:
        """When changes were last written down."""
        written = []
        for path in self.changes().values():
            with suppress(FileNotFoundError):  # a partial one that is whole since
                written.append(path.stat().st_mtime)
        return datetime.fromtimestamp(max(written), UTC) if written else None

    def prune(self, now: datetime) -> list[str]:
        """Drop what no moment within the days that are kept is restored from; returns the whole copies dropped.

        Raises MinzhengError, and drops nothing, where a whole copy is there that we did not write.
        """
        whole = self.whole()
        for base in whole:
            vouched(base)
        since = now - timedelta(days=settings().backup_keep_days)
        older = [base for base in whole if base.ended_at <= since]
        # The newest of the older ones is where the first of the kept days begins.
        dropped = [base for base in older[:-1] if base in whole[:-LEAST_KEPT]]
        for base in dropped:
            (self.bases / base.name / TOLD).unlink()  # from now on it is none
            shutil.rmtree(self.bases / base.name)
        for folder in self._folders():  # begun, and broken off
            if not (folder / TOLD).exists() and folder.stat().st_mtime < (now - BROKEN_OFF).timestamp():
                shutil.rmtree(folder)
        kept = [base for base in whole if base not in dropped]
        if kept:
            for name, path in self.changes().items():
                if is_segment(name) and name[8:SEGMENT_NAME] < kept[0].first_segment[8:]:
                    path.unlink()
        return [base.name for base in dropped]

    def _folders(self) -> list[Path]:
        """Of whole copies, in order; a link leads elsewhere and is none."""
        there = sorted(self.bases.glob("*Z"))
        return [
            path for path in there if IS_NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        ]

    def gap(self, base: Base) -> str | None:
        """The first segment that is missing between a whole copy and the newest change; none, all are there."""
        there = {name[:SEGMENT_NAME][8:] for name in self.changes() if is_segment(name)}
        last = max((place for place in there if place >= base.first_segment[8:]), default=None)
        if last is None:
            return None
        return next((place for place in _places(base, last) if place not in there), None)

    def copy(self) -> "Repository | None":
        """The copy elsewhere, where one is set."""
        folder = settings().backup_copy_folder
        return Repository(folder) if folder else None


def _holds_any(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:  # a partial one that is whole since
        return False


def is_segment(name: str) -> bool:
    """Of changes, a partial one too: no history of a timeline."""
    return len(name.removesuffix(PARTIAL)) == SEGMENT_NAME


def copied(repository: Repository) -> list[Path]:
    """Bring the copy elsewhere up to the repository, a file at a time, each whole or not at all; returns what was new.

    Nothing is taken away there because it is gone here: whoever empties one folder has not emptied the other. What is
    too old goes there by the same rule.
    """
    other = repository.copy()
    if other is None:
        return []
    other.lay_out()
    with given_path(other.folder):
        here = {path.relative_to(repository.folder): path for path in _files(repository)}
        there = {path.relative_to(other.folder): path for path in (*other.changes().values(), *_files(other))}
        new = []
        for place, path in here.items():
            target = other.folder / place
            with suppress(FileNotFoundError):  # a partial one that is whole by now: the next time brings it
                # A file is written once, but for what is partial: what was changed here later is not carried on.
                if place in there and not (_is_partial(place) and _differs(path, there[place])):
                    continue
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                unfinished = target.with_name(f"{target.name}.unfinished")
                try:
                    shutil.copy2(path, unfinished)
                    put_in_place(unfinished, target)
                finally:
                    unfinished.unlink(missing_ok=True)
                new.append(place)
                # At once, as a restore may be wanted before the rest is copied.
                target.with_name(f"{target.name.removesuffix(SUFFIX)}{PARTIAL}{SUFFIX}").unlink(
                    missing_ok=True
                )
        for place in there.keys() - here.keys():
            if _is_partial(place):
                there[place].unlink(missing_ok=True)  # whole by now, under its own name
    return new


def vouched(base: Base) -> None:
    """Raises MinzhengError where who takes our backups did not write it so."""
    check(base.name, _content(base), base.said)


def _is_partial(place: Path) -> bool:
    return place.name.endswith(f"{PARTIAL}{SUFFIX}")


def _differs(here: Path, there: Path) -> bool:
    return (here.stat().st_size, int(here.stat().st_mtime)) != (
        there.stat().st_size,
        int(there.stat().st_mtime),
    )


def _files(repository: Repository) -> Iterator[Path]:
    """What it holds, a whole copy's word that it is complete last."""
    yield from repository.wanted_changes().values()
    yield from sorted(repository.bases.glob(f"*/*{SUFFIX}"))
    yield from sorted(repository.bases.glob(f"*/{TOLD}"))


def _places(base: Base, last: str) -> Iterator[str]:
    """The names of segments without their timeline, from a whole copy's first up to the last."""
    per_log = LOG_BYTES // base.segment_bytes
    number = int(base.first_segment[8:16], 16) * per_log + int(base.first_segment[16:], 16)
    end = int(last[:8], 16) * per_log + int(last[8:], 16)
    for place in range(number, end + 1):
        yield f"{place // per_log:08X}{place % per_log:08X}"


def _told(base: Base) -> dict[str, object]:
    return asdict(base) | {"begun_at": base.begun_at.isoformat(), "ended_at": base.ended_at.isoformat()}


def _content(base: Base) -> bytes:
    """What is vouched for: all but the word itself."""
    return json.dumps(_told(replace(base, said="")), sort_keys=True).encode()


def _read(folder: Path) -> Base:
    """Under the name of its folder alone: another one would lead elsewhere."""
    try:
        told = json.loads((folder / TOLD).read_text(encoding="utf-8"))
        times = {name: datetime.fromisoformat(told[name]) for name in ("begun_at", "ended_at")}
        base = Base(**(told | times))
    except (ValueError, TypeError, KeyError):
        base = None
    if base is None or base.name != folder.name or not isinstance(base.said, str):
        raise MinzhengError(
            f"base/{folder.name}/{TOLD} 已损坏或被改动，请移走该目录。 "
            f"base/{folder.name}/{TOLD} is damaged or was changed: move its folder away."
        )
    return base
