"""Reference feeds: one file at a fixed place, without manifest, given whole each time.

The delivery id is ``<feed>_<first 12 of the sha256>``, so unchanged content is landed once.
The business date is that of the earliest delivery in the inbox: the reference must be known on
the first day, and a run day by day, a backfill and one run over everything give the same row.
Without other deliveries it is the file's own date of change. Corrected content gets the next
sequence number within its date, so the latest file wins.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from ingestion.contract import Contract
from ingestion.inbox import Delivery, Inbox, RefusedManifest


def reference_deliveries(
    root: Path, contracts: Mapping[str, Contract], inbox: Inbox, through: date | None
) -> tuple[list[Delivery], list[RefusedManifest]]:
    """Deliveries of all reference feeds present in the inbox, and those that cannot be used."""
    deliveries: list[Delivery] = []
    refused: list[RefusedManifest] = []
    days = [delivery.business_date for delivery in inbox.deliveries]
    for contract in contracts.values():
        path = root / contract.location
        if contract.has_manifest or not (path.exists() or path.is_symlink()):
            continue
        label = f"{contract.system}/{contract.feed}"
        if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
            refused.append(
                RefusedManifest(
                    contract.system, contract.feed, label, None, contract.location, "0" * 64, "unsafe_path",
                    f"{contract.location}: is no plain file; links are not followed.",
                )
            )  # fmt: skip
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        changed_on = datetime.fromtimestamp(path.stat().st_mtime).date()
        day = min(days, default=changed_on)
        if through is not None and day > through:
            continue
        deliveries.append(
            Delivery(
                system=contract.system,
                feed=contract.feed,
                delivery_id=f"{contract.feed}_{digest[:12]}",
                business_date=day,
                mode="full",
                sequence_no=1,
                path=path,
                encoding=contract.file.encoding,
                rows=None,
                sha256=digest,
                layout_version=max(contract.layout_versions),
                control_total_yuan=None,
            )
        )
    return deliveries, refused
