"""What lies in the inbox: complete deliveries, refused manifests, folders still being written.

``<root>/<system>/<feed>/<YYYYMMDD>/manifest.json`` is written last by the sender, so a folder
without it waits. Reference feeds (contract without ``{YYYYMMDD}`` in its place) are one file
without manifest; their identity is the file's digest (see `ingestion.reference`).
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault, RequestError

MANIFEST = "manifest.json"
A_DAY_AHEAD = timedelta(days=1)  # clocks differ
# A manifest is a few hundred bytes; more is a mistake or an attack.
MANIFEST_LIMIT = 64 * 1024
# What a sender may call an encoding; GBK and GB2312 are subsets of GB18030.
ENCODING_NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8-sig", "utf-8-bom": "utf-8-sig",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
}  # fmt: skip


class Manifest(BaseModel):
    """The sender's statement about the file beside it."""

    model_config = ConfigDict(extra="ignore")

    system: str
    feed: str
    delivery_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}$")]
    mode: Literal["full", "delta"]
    business_date: date
    file: str
    format: str
    encoding: str | None = None
    rows: Annotated[int, Field(ge=0, lt=2**31)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    layout_version: int
    amount_total_yuan: Annotated[Decimal, Field(max_digits=18, decimal_places=2)] | None = None


@dataclass(frozen=True)
class Delivery:
    """One file to land. ``rows`` and ``control_total_yuan`` are null where nobody stated them."""

    system: str
    feed: str
    delivery_id: str
    business_date: date
    mode: Literal["full", "delta"]
    sequence_no: int
    path: Path
    encoding: str
    rows: int | None
    sha256: str
    layout_version: int
    control_total_yuan: Decimal | None

    @property
    def order(self) -> tuple[date, bool, int, str]:
        """Business date, full before delta, sequence; the feed makes the order total."""
        return (self.business_date, self.mode != "full", self.sequence_no, self.feed)


@dataclass(frozen=True)
class RefusedManifest:
    """A delivery that cannot even be opened. ``label`` stands in for its delivery id."""

    system: str
    feed: str
    label: str
    business_date: date | None
    file_name: str
    sha256: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class WaitingFolder:
    """A folder whose manifest has not been written yet."""

    system: str
    feed: str
    business_date: date
    label: str


@dataclass(frozen=True)
class Inbox:
    deliveries: tuple[Delivery, ...]
    refused: tuple[RefusedManifest, ...]
    waiting: tuple[WaitingFolder, ...]


def discover(root: Path, contracts: Mapping[str, Contract], through: date | None = None) -> Inbox:
    """Everything in the inbox up to and including a business date, deliveries in landing order.

    Reads manifests only, no data file. Reference feeds are not included.
    """
    deliveries: list[Delivery] = []
    refused: list[RefusedManifest] = []
    waiting: list[WaitingFolder] = []
    for folder, day in _day_folders(root):
        if through is not None and day > through:
            continue
        system, feed = map(printable_folder, folder.parts[-3:-1])
        label = f"{system}/{feed}/{folder.name}"
        content = b""
        try:
            if not (folder / MANIFEST).exists() and not (folder / MANIFEST).is_symlink():
                waiting.append(WaitingFolder(system, feed, day, label))
                continue
            content = _manifest_bytes(folder, label)
            deliveries.append(_delivery(folder, day, content, label, contracts))
        except DeliveryFault as fault:
            digest = hashlib.sha256(content).hexdigest()
            refused.append(
                RefusedManifest(
                    system, feed, label, day, f"{label}/{MANIFEST}", digest, fault.reason_code, fault.reason
                )
            )
    deliveries.sort(key=lambda delivery: delivery.order)
    return Inbox(tuple(deliveries), tuple(refused), tuple(waiting))


def printable_folder(name: str) -> str:
    """A folder's name where it looks like one of ours, else a digest of it: it may be anything, a
    person or a forged line of a log among it."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,62}", name) and not re.search(r"\d{6}", name):
        return name
    return f"unprintable-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


def _day_folders(root: Path) -> Iterator[tuple[Path, date]]:
    """``<system>/<feed>/<YYYYMMDD>`` below the root, in the order of names; links are not followed."""

    def folders(parent: Path) -> list[Path]:
        try:
            with os.scandir(parent) as entries:
                return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError as error:
            place = "/".join(map(printable_folder, parent.relative_to(root).parts))
            raise RequestError(
                f"inbox folder {place or '(root)'} cannot be read ({error.strerror}). Correct its rights."
            ) from None

    for system in folders(root):
        for feed in folders(system):
            for folder in folders(feed):
                if re.fullmatch(r"\d{8}", folder.name):
                    try:
                        yield folder, date.fromisoformat(folder.name)
                    except ValueError:
                        continue


def _manifest_bytes(folder: Path, label: str) -> bytes:
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise DeliveryFault("unsafe_path", f"{label}/{MANIFEST}: is no plain file; links are not followed.")
    if path.stat().st_size > MANIFEST_LIMIT:
        raise DeliveryFault("manifest_invalid", f"{label}/{MANIFEST}: is larger than {MANIFEST_LIMIT} bytes.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeliveryFault(
            "file_missing", f"{label}/{MANIFEST}: cannot be read ({error.strerror}). Correct its rights."
        ) from None


def _delivery(
    folder: Path, day: date, content: bytes, label: str, contracts: Mapping[str, Contract]
) -> Delivery:
    """The manifest checked against folder, contract and file name. Raises DeliveryFault."""

    def invalid(problem: str) -> DeliveryFault:
        return DeliveryFault("manifest_invalid", f"{label}/{MANIFEST}: {problem}")

    try:
        manifest = Manifest.model_validate(json.loads(content.decode("utf-8-sig")))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise invalid("is not JSON in UTF-8 (half-written or damaged).") from None
    except ValidationError as error:
        # The key is ours, the value the sender's: only the key is repeated.
        keys = sorted({str(problem["loc"][0]) if problem["loc"] else "(whole)" for problem in error.errors()})
        raise invalid(f"missing or wrong: {', '.join(keys)}.") from None
    system, feed = folder.parts[-3], folder.parts[-2]
    contract = contracts.get(feed)
    if contract is None or contract.system != system:
        raise DeliveryFault(
            "unknown_feed",
            f"{label}: no contract describes this feed. Add ingestion/contracts/<system>__<feed>.yml.",
        )
    if (manifest.system, manifest.feed) != (system, feed):
        raise invalid(f"system and feed differ from the folder {system}/{feed}.")
    if manifest.business_date != day:
        raise invalid(f"business_date {manifest.business_date} differs from the folder {day:%Y%m%d}.")
    if day > date.today() + A_DAY_AHEAD:
        # Everything is built for the newest day: one slip of the pen would age all other sources.
        raise DeliveryFault(
            "future_date", f"{label}/{MANIFEST}: business_date {day} has not come yet. Nothing was loaded."
        )
    if manifest.layout_version not in contract.layout_versions:
        raise DeliveryFault(
            "unknown_layout_version",
            f"{label}/{MANIFEST}: layout_version {manifest.layout_version} is unknown "
            f"(known: {', '.join(map(str, contract.layout_versions))}).",
        )
    if manifest.format != contract.file.format:
        raise invalid(f"format differs from the contract ({contract.file.format}).")
    path = _data_file(folder, manifest.file, label)
    named = re.fullmatch(
        rf"{feed}_{day:%Y%m%d}_{manifest.mode}_(\d{{2,4}})\.{contract.file.format}", manifest.file
    )
    if named is None:
        raise invalid(f"file is not named {feed}_{day:%Y%m%d}_{manifest.mode}_<nn>.{contract.file.format}.")
    # A workbook carries its encoding inside, whatever the manifest says.
    stated = contract.file.encoding if contract.file.format == "xlsx" else manifest.encoding
    encoding = ENCODING_NAMES.get((stated or contract.file.encoding).lower())
    if encoding is None:
        raise invalid("encoding is none of utf-8, utf-8-sig, gb18030.")
    if contract.control_total is not None and manifest.amount_total_yuan is None:
        raise invalid("amount_total_yuan is missing.")
    return Delivery(
        system=system,
        feed=feed,
        delivery_id=manifest.delivery_id,
        business_date=day,
        mode=manifest.mode,
        sequence_no=int(named.group(1)),
        path=path,
        encoding=encoding,
        rows=manifest.rows,
        sha256=manifest.sha256.lower(),
        layout_version=manifest.layout_version,
        control_total_yuan=manifest.amount_total_yuan if contract.control_total else None,
    )


def _data_file(folder: Path, name: str, label: str) -> Path:
    """The plain file of this name in this folder; nothing else can be named."""
    if name != os.path.basename(name) or name in ("", ".", "..", MANIFEST) or not name.isprintable():
        raise DeliveryFault(
            "unsafe_path", f"{label}/{MANIFEST}: file must be the plain name of a file in this folder."
        )
    path = folder / name
    try:
        mode = path.lstat().st_mode
    except OSError:
        raise DeliveryFault("file_missing", f"{label}: the file named in {MANIFEST} is not there.") from None
    if not stat.S_ISREG(mode):
        raise DeliveryFault(
            "unsafe_path", f"{label}: the file named in {MANIFEST} is no plain file; links are not followed."
        )
    return path
