"""What is wrong with the machine and stands in no table: backups, disks, certificates, anchors.

Each program sees only what its own settings name, so each says what it looked at: an alert about something it did not
look at is not closed by it.
"""

import shutil
from collections.abc import Iterator
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


@dataclass(frozen=True)
class Observed:
    """Something looked at. detail: one sentence of what is wrong; none, it is well. extent: as in ``ops.alert``."""

    kind: str
    subject: str
    detail: str | None = None
    extent: int | None = None


def observed(now: datetime) -> list[Observed]:
    """All that this program's settings name, well or not."""
    return [*_backups(now), *_disks(), *_certificates(now), *_anchors(now)]


def certificate_end(file: Path) -> datetime:
    """When the first of the certificates of a PEM file ends. Raises OSError, ValueError."""
    return min(known.not_valid_after_utc for known in x509.load_pem_x509_certificates(file.read_bytes()))


def _backups(now: datetime) -> Iterator[Observed]:
    chosen = settings()
    if chosen.backup_folder is None:
        return
    for folder in filter(None, (chosen.backup_folder, chosen.backup_copy_folder)):
        repository, subject = Repository(folder), _here(folder)
        try:
            whole, changes = repository.whole(), repository.newest_change()
        except MinzhengError as error:
            yield Observed("backup_old", subject, str(error))
            continue
        late = LATE_FACTOR * timedelta(days=chosen.backup_every_days)
        gap = repository.gap(whole[-1]) if whole else None
        if not whole or now - whole[-1].ended_at > late:
            told = f"{whole[-1].ended_at:%Y-%m-%d %H:%M} UTC" if whole else "从未"
            yield Observed(
                "backup_old",
                subject,
                f"最近一份整库备份完成于：{told}",
                (now - whole[-1].ended_at).days if whole else None,
            )
        elif gap:
            yield Observed("backup_old", subject, f"更改不连续，缺 {gap}", 1)
        elif changes is None or now - changes > CHANGES_LATE:
            told = f"{changes:%Y-%m-%d %H:%M} UTC" if changes else "从未"
            yield Observed(
                "backup_old", subject, f"更改最近写于：{told}，minzheng backup follow 是否在运行？"
            )
        else:
            yield Observed("backup_old", subject)


def _disks() -> Iterator[Observed]:
    chosen = settings()
    named = (chosen.home, chosen.backup_folder, chosen.backup_copy_folder)
    for folder in {path for path in named if path is not None and path.exists()}:
        usage = shutil.disk_usage(folder)
        free, least = usage.free / usage.total, chosen.disk_free_percent / 100
        detail = (
            f"可用 {free:.0%}（{usage.free / 2**30:,.0f} GiB），要至少 {least:.0%}" if free < least else None
        )
        yield Observed("disk_low", _here(folder), detail, round((1 - free) * 100) if detail else None)


def _certificates(now: datetime) -> Iterator[Observed]:
    for name in settings().certificates:
        try:
            left = certificate_end(Path(name)) - now
            detail = f"{left.days} 天后到期" if left < CERTIFICATE_ENDS else None
        except (OSError, ValueError) as error:
            detail = f"读不出到期日（{type(error).__name__}）"
        yield Observed("certificate_ends", _here(Path(name)), detail)


def _anchors(now: datetime) -> Iterator[Observed]:
    """Where the log was ever anchored from here: it is daily work, and goes on also when nothing was logged."""
    file = settings().anchors_file
    if file.exists() and (anchors := read_anchors(file)):
        last = max(datetime.fromisoformat(anchor.anchored_at) for anchor in anchors)
        # What was looked at without news leaves no line, but the time of the file.
        looked = max(last, datetime.fromtimestamp(file.stat().st_mtime, UTC))
        is_late = now - looked > ANCHOR_LATE
        yield Observed(
            "log_unanchored", _here(file), f"最近一次锚定：{looked:%Y-%m-%d %H:%M} UTC" if is_late else None
        )


def _here(path: Path) -> str:
    return f"{settings().machine or gethostname()}:{path}"
