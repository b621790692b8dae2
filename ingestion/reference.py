"""Reference feeds: one file at a fixed place, without manifest, given whole each time.

The delivery id is ``<feed>_<first 12 of the sha256>``, so unchanged content is landed once.
The business date is that of the earliest delivery in the inbox: a reference must be known on
the first day, and a run day by day, a backfill and one run over everything give the same row.
In an inbox without other deliveries it is the day the latest entry takes effect. Corrected
content never gets an earlier date than the content before it, and the next sequence number.
"""

import csv
import hashlib
import stat
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault, fault_of
from ingestion.inbox import Delivery, Inbox, RefusedManifest, open_plain


def reference_deliveries(
    root: Path, contracts: Mapping[str, Contract], inbox: Inbox, through: date | None
) -> tuple[list[Delivery], list[RefusedManifest]]:
    """Deliveries of all reference feeds present in the inbox, and those that cannot be used."""
    deliveries: list[Delivery] = []
    refused: list[RefusedManifest] = []
    first_day = min((delivery.business_date for delivery in inbox.deliveries), default=None)
    for contract in contracts.values():
        if not contract.is_reference:
            continue
        try:
            delivery = _found(root / contract.location, contract, first_day)
        except Exception as error:
            fault = fault_of(contract.location, error)
            if not isinstance(fault, DeliveryFault):
                raise fault from None
            refused.append(_refused(contract, fault))
            continue
        if delivery is not None and (through is None or delivery.business_date <= through):
            deliveries.append(delivery)
    return deliveries, refused


def _found(path: Path, contract: Contract, first_day: date | None) -> Delivery | None:
    """The reference as it lies there, null where none does. Raises what opening and reading it raises."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) or path.parent.is_symlink():
        raise DeliveryFault("unsafe_path", f"{contract.location}: is no plain file; links are not followed.")
    with open_plain(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Delivery(
        system=contract.system,
        feed=contract.feed,
        delivery_id=f"{contract.feed}_{digest[:12]}",
        business_date=first_day or _latest_start(contract, path),
        mode="full",
        sequence_no=1,
        path=path,
        encoding=contract.file.encoding,
        rows=None,
        sha256=digest,
        layout_version=max(contract.layout_versions),
        control_total_yuan=None,
    )


def _refused(contract: Contract, fault: DeliveryFault) -> RefusedManifest:
    return RefusedManifest(
        system=contract.system,
        feed=contract.feed,
        label=f"{contract.system}/{contract.feed}",
        business_date=None,
        file_name=contract.location,
        sha256="",
        reason_code=fault.reason_code,
        reason=fault.reason,
    )


def _latest_start(contract: Contract, path: Path) -> date:
    """The latest day an entry takes effect; unreadable days are left to the landing."""
    if contract.validity is None:
        return date.min
    header = contract.column(contract.validity.valid_from).header
    days: list[date] = []
    with path.open(encoding=contract.file.encoding, errors="replace", newline="") as file:
        for line in csv.DictReader(file, delimiter=contract.file.delimiter or ","):
            try:
                days.append(date.fromisoformat((line.get(header) or "").strip()))
            except ValueError:
                continue
    return max(days, default=date.min)
