"""What is wrong with the machine and stands in no table: backups, disks, certificates, anchors.

Each machine sees only what its own settings name, so subjects begin with its name: an alert of another machine is not
closed by it. The programs of one machine have the same settings.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname

from cryptography import x509

from warehouse.backup.repository import Repository
from warehouse.database.errors import MinzhengError
from warehouse.database.settings import settings
from warehouse.verification.audit import read_anchors

# A whole copy that is due is taken at once; twice the time means that nobody takes any.
LATE_FACTOR = 2
CHANGES_LATE = timedelta(minutes=15)
CERTIFICATE_ENDS = timedelta(days=30)
ANCHOR_LATE = timedelta(days=2)
# What looking at a file raises that is away, damaged or another's.
UNREADABLE = (OSError, ValueError, TypeError, KeyError, MinzhengError)


@dataclass(frozen=True)
class Observed:
    """Something looked at. detail: one sentence of what is wrong; none, it is well. extent: as in ``ops.alert``."""

    kind: str
    subject: str
    detail: str | None = None
    extent: int | None = None


Said = tuple[str | None, int | None]  # detail and extent
WELL: Said = (None, None)


def observed(now: datetime) -> list[Observed]:
    """All that this program's settings name, well or not. What cannot be looked at is not well, and breaks no work."""
    chosen = settings()
    looks: list[tuple[str, Path, Callable[[Path, datetime], Said]]] = [
        *(("backup_old", folder, _backup) for folder in _backup_folders()),
        *(("disk_low", folder, _disk) for folder in dict.fromkeys((chosen.home, *_backup_folders()))),
        *(("certificate_ends", Path(name), _certificate) for name in watched_certificates()),
        ("log_unanchored", chosen.anchors_file, _anchors),
    ]
    found = []
    for kind, path, look in looks:
        try:
            detail, extent = look(path, now)
        except MinzhengError as error:
            detail, extent = str(error), None
        except UNREADABLE as error:
            detail, extent = f"无法查看（{type(error).__name__}）", None
        found.append(Observed(kind, f"{here()}{path}", detail, extent))
    return found


def watched_certificates() -> list[str]:
    """Those the settings name, and the one the services show themselves."""
    own = settings().tls_certificate
    return list(dict.fromkeys([*settings().certificates, *([str(own)] if own else [])]))


def certificate_end(file: Path) -> datetime:
    """When the first of the certificates of a PEM file ends. Raises OSError, ValueError."""
    return min(known.not_valid_after_utc for known in x509.load_pem_x509_certificates(file.read_bytes()))


def whole_late() -> timedelta:
    """After how long a whole copy is too old."""
    return LATE_FACTOR * timedelta(days=settings().backup_every_days)


def _backup_folders() -> list[Path]:
    chosen = settings()
    return [folder for folder in (chosen.backup_folder, chosen.backup_copy_folder) if folder is not None]


def _backup(folder: Path, now: datetime) -> Said:
    repository = Repository(folder)
    whole, changes = repository.whole(), repository.newest_change()
    if not whole:
        return "最近一份整库备份完成于：从未", None
    if now - whole[-1].ended_at > whole_late():
        told = f"最近一份整库备份完成于：{whole[-1].ended_at:%Y-%m-%d %H:%M} UTC"
        return told, (now - whole[-1].ended_at).days
    if gap := repository.gap(whole[-1]):
        return f"更改不连续，缺 {gap}", 1
    if changes is None or now - changes > CHANGES_LATE:
        told = f"{changes:%Y-%m-%d %H:%M} UTC" if changes else "从未"
        return f"更改最近写于：{told}，minzheng backup follow 是否在运行？", None
    return WELL


def _disk(folder: Path, now: datetime) -> Said:
    if not folder.exists():  # not made yet; of backups, their own alert tells
        return WELL
    usage = shutil.disk_usage(folder)
    free, least = usage.free / usage.total, settings().disk_free_percent / 100
    if free >= least:
        return WELL
    return (
        f"可用 {free:.0%}（{usage.free / 2**30:,.0f} GiB），要至少 {least:.0%}",
        round((1 - free) * 100),
    )


def _certificate(file: Path, now: datetime) -> Said:
    left = certificate_end(file) - now
    return (f"{left.days} 天后到期", None) if left < CERTIFICATE_ENDS else WELL


def _anchors(file: Path, now: datetime) -> Said:
    """Where the log was ever anchored from here: it is daily work, and goes on also when nothing was logged."""
    anchors = read_anchors(file)
    if not anchors:
        return WELL
    last = max(datetime.fromisoformat(anchor.anchored_at) for anchor in anchors)
    # What was looked at without news leaves no line, but the time of the file.
    looked = max(last, datetime.fromtimestamp(file.stat().st_mtime, UTC))
    return (f"最近一次锚定：{looked:%Y-%m-%d %H:%M} UTC", None) if now - looked > ANCHOR_LATE else WELL


def here() -> str:
    """What the subjects of this machine's alerts begin with."""
    return f"{settings().machine or gethostname()}:"
