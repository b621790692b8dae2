"""What lies in the inbox: complete deliveries, refused ones, folders still being written, and strays.

``<root>/<system>/<feed>/<YYYYMMDD>/manifest.json`` is written last by the sender, so a folder
without it waits. Files of a sender that makes no manifests lie in ``<root>/<system>/<feed>`` itself and
are known by their names and digests (see `ingestion.drop_folder`). Reference feeds (contract without
``{YYYYMMDD}`` in its place) are one file without manifest; their identity is the file's digest (see
`ingestion.reference`). What nothing reads
is a stray, told by `ingestion.strays`; names that begin with a dot are passed over (uploads under way).
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion import drop_folder
from ingestion.bureau import contract_folder, shown
from ingestion.contract import Contract
from ingestion.drop_folder import NamedFile
from ingestion.errors import DeliveryFault, RequestError, fault_of
from ingestion.file_names import is_plain_name, printable
from ingestion.layout import ENCODING_NAMES, LARGEST_SEQUENCE, PARSED_APART, FileKind

MANIFEST = "manifest.json"
A_DAY_AHEAD = timedelta(days=1)  # clocks differ
# Clocks of file server and database may differ by this much.
CLOCK_MARGIN = timedelta(minutes=5)
# What a program or a person makes of the name: Manifest.json, manifest.json.txt, manifest (1).json.
LIKE_MANIFEST = r"manifest.*\.json(\.txt)?"
# A manifest is a few hundred bytes; more is a mistake or an attack.
MANIFEST_LIMIT = 64 * 1024
# Below a folder that is none of ours a manifest is looked for so deep.
DEEPEST = 4


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
    layout_version: Annotated[int, Field(ge=0, lt=2**31)]
    amount_total_yuan: Annotated[Decimal, Field(max_digits=18, decimal_places=2)] | None = None


@dataclass(frozen=True)
class Delivery:
    """One file to land. ``rows`` and ``control_total_yuan`` are null where nobody stated them, ``kind``
    where the file is not known by its name."""

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
    kind: FileKind | None = None

    @property
    def file_name(self) -> str:
        """Safe to repeat."""
        return self.path.name if self.kind is None else self.kind.pattern.shown(self.path.name)

    @property
    def constants(self) -> Mapping[str, str]:
        """What the file's name says of all its lines, by column."""
        return {} if self.kind is None else dict(self.kind.constants)

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
class Waiting:
    """A folder whose manifest has not been written yet, or a file that is not whole yet."""

    system: str
    feed: str
    business_date: date
    label: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class Stray:
    """Something that nothing reads. place: below the inbox, safe to repeat; feed: empty outside of ours.

    file_name: of a file beside a manifest, which may have been landed before; else null.
    """

    feed: str
    place: str
    reason: str
    business_date: date | None = None
    file_name: str | None = None


@dataclass
class Inbox:
    """What lies in an inbox; deliveries in landing order. unseen: folders not looked through, as their places."""

    deliveries: list[Delivery] = field(default_factory=list)
    refused: list[RefusedManifest] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class KnownFile:
    """What was landed last under the name of a file that has no manifest."""

    sha256: str
    landed_at: datetime


def discover(
    root: Path,
    contracts: Mapping[str, Contract],
    through: date | None = None,
    known: Mapping[tuple[str, str], KnownFile] | None = None,
) -> Inbox:
    """Everything in the inbox up to and including a business date.

    known: feed and file to what was landed; a file without a manifest is read for its digest unless it is
    known and was not written since. Else manifests are read only, and no data file. Reference feeds are not
    included. Whatever goes wrong with a
    folder refuses what lies in it; only a root that cannot be read raises RequestError.
    """
    look = _Look(root, contracts, through, known or {})
    look.at_root()
    look.inbox.deliveries.sort(key=lambda delivery: delivery.order)
    return look.inbox


class _Look:
    """One walk through an inbox; links are not followed."""

    def __init__(
        self,
        root: Path,
        contracts: Mapping[str, Contract],
        through: date | None,
        known: Mapping[tuple[str, str], KnownFile],
    ) -> None:
        self.inbox = Inbox()
        self._root = root
        self._contracts = contracts
        self._through = through
        self._known = known
        self._systems = {contract.system for contract in contracts.values()}
        self._locations = {contract.location for contract in contracts.values()}

    def at_root(self) -> None:
        try:
            entries = _entries(self._root)
        except OSError as error:
            raise RequestError(
                "交换目录读不了，请改正其权限。 "
                f"inbox folder (root) cannot be read ({error.strerror}). Correct its rights."
            ) from None
        for entry in entries:
            is_ours = entry.name in self._systems
            if entry.is_dir(follow_symlinks=False):
                feeds = [one.feed for one in self._contracts.values() if one.system == entry.name]
                self._guarded(Path(entry.path), feeds, None, partial(self._at_system, is_ours=is_ours))
            else:
                self._stray(Path(entry.path), "", _WHY_NO_FEED)

    def _at_system(self, folder: Path, is_ours: bool) -> None:
        has_days = False
        for entry in _entries(folder):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                contract = self._contracts.get(entry.name)
                is_feed = contract is not None and contract.system == folder.name
                before = self._count()
                feeds = [entry.name] if is_feed else []
                self._guarded(path, feeds, None, partial(self._at_feed, is_ours=is_feed))
                if not is_feed and self._count() == before and (is_ours or _holds_manifest(path)):
                    self._stray(path, "", _WHY_NO_FEED)
                has_days |= self._count() > before
            elif is_ours and f"{folder.name}/{entry.name}" not in self._locations:
                self._stray(path, "", _WHY_NO_FEED)
        if not is_ours and not has_days and _holds_manifest(folder):
            self._stray(folder, "", _WHY_NO_FEED)

    def _count(self) -> int:
        inbox = self.inbox
        return len(inbox.deliveries) + len(inbox.refused) + len(inbox.waiting) + len(inbox.strays)

    def _at_feed(self, folder: Path, is_ours: bool) -> None:
        if is_ours and self._contracts[folder.name].files:
            self._at_files(folder, self._contracts[folder.name])
            return
        for entry in _entries(folder):
            path = Path(entry.path)
            day = _day_named(entry.name) if entry.is_dir(follow_symlinks=False) else None
            if day is None:
                if is_ours:
                    self._stray(path, folder.name, _why_no_day(entry))
            elif self._through is None or day <= self._through:
                self._guarded(path, [folder.name], day, partial(self._at_day, day=day))
            else:
                self.inbox.unseen.append(self._place(path))

    def _at_day(self, folder: Path, day: date) -> None:
        system, feed, label = *map(printable, folder.parts[-3:-1]), self._place(folder)
        names = [entry.name for entry in _entries(folder)]
        if MANIFEST not in names:
            reason = f"{label}: {MANIFEST} is not there yet; the delivery is still being written."
            self.inbox.waiting.append(Waiting(system, feed, day, label, "manifest_missing", reason))
            self._at_misplaced_manifests(folder, feed, day)
            if names:
                self.inbox.unseen.append(label)
            return
        content = b""
        try:
            content = _manifest_bytes(folder, label)
            delivery = _delivery(folder, day, content, label, self._contracts)
        except Exception as error:
            self._refuse(system, feed, label, day, f"{label}/{MANIFEST}", content, error)
            self.inbox.unseen.append(label)
            return
        self.inbox.deliveries.append(delivery)
        for name in names:
            if name not in (MANIFEST, delivery.path.name):
                self._stray(folder / name, feed, _WHY_NOT_NAMED, day, name)

    def _at_files(self, folder: Path, contract: Contract) -> None:
        """Of a sender that makes no manifests."""
        names = []
        for entry in _entries(folder):
            if entry.is_file(follow_symlinks=False):
                names.append(entry.name)
            else:
                self._stray(Path(entry.path), contract.feed, _why_no_file(entry))
        found = drop_folder.sort(contract, names)
        for name, reason in found.odd.items():
            self._stray(folder / name, contract.feed, reason)
        for file in found.files:
            day = file.named.day
            if day is None or (self._through is not None and day > self._through):
                continue
            path = folder / file.name
            label = f"{contract.location}/{file.kind.pattern.shown(file.name)}"
            try:
                waits = self._why_waiting(contract, file, path, found.files, names)
                if waits is not None:
                    code, reason = waits
                    self.inbox.waiting.append(
                        Waiting(contract.system, contract.feed, day, label, code, f"{label}: {reason}.")
                    )
                else:
                    self.inbox.deliveries.append(self._named_delivery(contract, file, path, day, label))
            except Exception as error:
                self._refuse(contract.system, contract.feed, label, day, label, b"", error)

    def _why_waiting(
        self, contract: Contract, file: NamedFile, path: Path, files: list[NamedFile], names: list[str]
    ) -> tuple[str, str] | None:
        """Reason code and reason."""
        missing = drop_folder.missing_parts(file, files)
        if missing:
            return "part_missing", f"waits for part {missing[0]} of {file.named.parts}"
        written = drop_folder.why_incomplete(contract.complete_when, file.name, names, path.lstat())
        if written is not None:
            return "still_written", f"waits, because {written}"
        if (
            file.named.day is not None
            and file.named.day > date.today() + A_DAY_AHEAD
            and file.kind.pattern.is_monthly
        ):
            return "month_runs", "waits for the end of its month"
        return None

    def _named_delivery(
        self, contract: Contract, file: NamedFile, path: Path, day: date, label: str
    ) -> Delivery:
        """Raises DeliveryFault, and OSError where the file cannot be read."""
        _check_day(day, label)
        sequence_no = file.kind.sequence_no(file.named)
        if sequence_no > LARGEST_SEQUENCE:
            raise DeliveryFault(
                "name_invalid", f"{label}: its number is too great to order it. Nothing was loaded."
            )
        digest = self._digest(contract, file.kind.pattern.shown(file.name), path)
        return Delivery(
            system=contract.system,
            feed=contract.feed,
            delivery_id=f"{contract.feed}_{day:%Y%m%d}_{file.kind.mode}_{sequence_no}_{digest[:12]}",
            business_date=day,
            mode=file.kind.mode,
            sequence_no=sequence_no,
            path=path,
            encoding=file.kind.layout.encoding,
            rows=None,
            sha256=digest,
            layout_version=max(contract.layout_versions),
            control_total_yuan=None,
            kind=file.kind,
        )

    def _digest(self, contract: Contract, name: str, path: Path) -> str:
        before = self._known.get((contract.feed, name))
        if before is not None and is_unwritten(path, before.landed_at):
            return before.sha256
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _at_misplaced_manifests(self, folder: Path, feed: str, day: date) -> None:
        """A folder for which nothing more will come would wait for ever."""
        for entry in _entries(folder):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                if _holds_manifest(path):
                    self._stray(path, feed, _WHY_TOO_DEEP, day)
            elif re.fullmatch(LIKE_MANIFEST, entry.name, re.IGNORECASE):
                self._stray(path, feed, _WHY_NO_MANIFEST, day)

    def _guarded(
        self, folder: Path, feeds: Iterable[str], day: date | None, visit: Callable[[Path], None]
    ) -> None:
        """A folder that cannot be read refuses what each of these feeds has in it, and nothing else."""
        try:
            visit(folder)
        except Exception as error:
            place = self._place(folder)
            self.inbox.unseen.append(place)
            system = place.partition("/")[0]
            for feed in map(printable, feeds or [""]):
                label = f"{system}/{feed}" if feed and place == system else place
                self._refuse(system, feed, label, day, place, b"", error)

    def _refuse(
        self,
        system: str,
        feed: str,
        label: str,
        day: date | None,
        file: str,
        content: bytes,
        error: Exception,
    ) -> None:
        fault = fault_of(label, error)
        if not isinstance(fault, DeliveryFault):
            raise fault from None
        digest = hashlib.sha256(content).hexdigest()
        self.inbox.refused.append(
            RefusedManifest(system, feed, label, day, file, digest, fault.reason_code, fault.reason)
        )

    def _stray(
        self, path: Path, feed: str, reason: str, day: date | None = None, file_name: str | None = None
    ) -> None:
        self.inbox.strays.append(Stray(feed, self._place(path), reason, day, file_name))

    def _place(self, path: Path) -> str:
        return "/".join(map(printable, path.relative_to(self._root).parts))


_WHY_NO_FEED = (
    "不在任何来源的位置，应放在 <system>/<feed>/<YYYYMMDD>。 "
    "lies where no feed delivers, so nothing reads it. It belongs into <system>/<feed>/<YYYYMMDD>."
)
_WHY_NOT_NAMED = (
    "清单没有指明它，应附自己的清单另行交付。 "
    "lies beside a manifest that does not name it, and was never landed. Send it with a manifest of its own."
)
_WHY_TOO_DEEP = (
    "manifest.json 放深了一层，应移到当日文件夹。 "
    "holds a manifest.json one level too deep, so its delivery is not read. Move it up into the day's folder."
)
_WHY_NO_MANIFEST = (
    "名称须正是 manifest.json，请改名。 "
    "is not named manifest.json exactly, so its folder waits for one. Rename it."
)


def _why_no_day(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "是链接，不予跟随，请放文件夹本身。 is a link; links are not followed. Put the folder itself there."
    if entry.is_dir(follow_symlinks=False):
        return (
            "文件夹名不是日期（YYYYMMDD），请改名。 "
            "has a name that is no day (YYYYMMDD), so nothing in it is read. Rename it."
        )
    return (
        "在各日文件夹之旁，应放进其中之一。 "
        "lies beside the folders of the days, so nothing reads it. It belongs into one of them."
    )


def _why_no_file(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "is a link; links are not followed. Put the file itself there."
    return "is no file; the files of this feed lie beside it, so nothing in it is read."


def is_unwritten(path: Path, landed_at: datetime) -> bool:
    """Whether a file that was landed then has not been written since: no need to read it again."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return max(status.st_mtime, status.st_ctime) < (landed_at - CLOCK_MARGIN).timestamp()


def _check_day(day: date, place: str) -> None:
    """Everything is built for the newest day: one slip of the pen would age all other sources. Raises
    DeliveryFault."""
    if day > date.today() + A_DAY_AHEAD:
        raise DeliveryFault(
            "future_date", f"{place}: business_date {day} has not come yet. Nothing was loaded."
        )


def _day_named(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if re.fullmatch(r"[0-9]{8}", name) else None
    except ValueError:
        return None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """In the order of their names."""
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name
        )


def _holds_manifest(folder: Path, levels: int = DEEPEST) -> bool:
    """Whether a delivery seems to lie somewhere in it; what cannot be read is said to."""
    try:
        entries = _entries(folder)
    except OSError:
        return True
    return any(entry.name == MANIFEST for entry in entries) or any(
        levels > 0 and entry.is_dir(follow_symlinks=False) and _holds_manifest(Path(entry.path), levels - 1)
        for entry in entries
    )


def open_plain(path: Path) -> BufferedReader:
    """The plain file itself, never what a link points to. Raises OSError, and ValueError for what is none."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise ValueError("no plain file")
    return file


def _manifest_bytes(folder: Path, label: str) -> bytes:
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise DeliveryFault("unsafe_path", f"{label}/{MANIFEST}: is no plain file; links are not followed.")
    try:
        with open_plain(path) as file:
            content = file.read(MANIFEST_LIMIT + 1)
    except OSError as error:
        raise DeliveryFault(
            "file_missing", f"{label}/{MANIFEST}: cannot be read ({error.strerror}). Correct its rights."
        ) from None
    if len(content) > MANIFEST_LIMIT:
        raise DeliveryFault("manifest_invalid", f"{label}/{MANIFEST}: is larger than {MANIFEST_LIMIT} bytes.")
    return content


class FileNamed(NamedTuple):
    """What the name of a file beside a manifest says. day: eight digits."""

    day: str
    mode: str
    sequence_no: int


def file_named(contract: Contract, name: str) -> FileNamed | None:
    """Null for a name that says nothing."""
    said = re.fullmatch(
        rf"{contract.feed}_(\d{{8}})_(full|delta)_(\d{{2,4}})\.{contract.file.format}", name, re.ASCII
    )
    return said and FileNamed(said[1], said[2], int(said[3]))


def _delivery(
    folder: Path, day: date, content: bytes, label: str, contracts: Mapping[str, Contract]
) -> Delivery:
    """The manifest checked against folder, contract and file name. Raises DeliveryFault."""

    def invalid(problem: str) -> DeliveryFault:
        return DeliveryFault("manifest_invalid", f"{label}/{MANIFEST}: {problem}")

    try:
        manifest = Manifest.model_validate(json.loads(content.decode("utf-8-sig")))
    except ValidationError as error:
        # The key is ours, the value the sender's: only the key is repeated.
        keys = sorted({str(problem["loc"][0]) if problem["loc"] else "(whole)" for problem in error.errors()})
        raise invalid(f"missing or wrong: {', '.join(keys)}.") from None
    except (ValueError, RecursionError):  # also a number that Python does not read
        raise invalid("is not JSON in UTF-8 (half-written or damaged).") from None
    system, feed = folder.parts[-3], folder.parts[-2]
    contract = contracts.get(feed)
    if contract is None or contract.system != system:
        raise DeliveryFault(
            "unknown_feed",
            f"{label}: no contract describes this feed. Add {shown(contract_folder())}/<system>__<feed>.yml.",
        )
    if (manifest.system, manifest.feed) != (system, feed):
        raise invalid(f"system and feed differ from the folder {system}/{feed}.")
    if manifest.business_date != day:
        raise invalid(f"business_date {manifest.business_date} differs from the folder {day:%Y%m%d}.")
    _check_day(day, f"{label}/{MANIFEST}")
    contract = contract.on(day)
    if manifest.layout_version not in contract.layout_versions:
        raise DeliveryFault(
            "unknown_layout_version",
            f"{label}/{MANIFEST}: layout_version {manifest.layout_version} is unknown "
            f"(known: {', '.join(map(str, contract.layout_versions))}).",
        )
    if manifest.format != contract.file.format:
        raise invalid(f"format differs from the contract ({contract.file.format}).")
    path = _data_file(folder, manifest.file, label)
    named = file_named(contract, manifest.file)
    if named is None or (named.day, named.mode) != (f"{day:%Y%m%d}", manifest.mode):
        raise invalid(f"file is not named {feed}_{day:%Y%m%d}_{manifest.mode}_<nn>.{contract.file.format}.")
    # A workbook carries its encoding inside, whatever the manifest says.
    stated = contract.file.encoding if contract.file.format in PARSED_APART else manifest.encoding
    encoding = ENCODING_NAMES.get((stated or contract.file.encoding).lower())
    if encoding is None:
        raise invalid("encoding is none of utf-8, utf-8-sig, gb18030, utf-16, utf-16-le, utf-16-be.")
    if contract.control_total is not None and manifest.amount_total_yuan is None:
        raise invalid("amount_total_yuan is missing.")
    return Delivery(
        system=system,
        feed=feed,
        delivery_id=manifest.delivery_id,
        business_date=day,
        mode=manifest.mode,
        sequence_no=named.sequence_no,
        path=path,
        encoding=encoding,
        rows=manifest.rows,
        sha256=manifest.sha256.lower(),
        layout_version=manifest.layout_version,
        control_total_yuan=manifest.amount_total_yuan if contract.control_total else None,
    )


def _data_file(folder: Path, name: str, label: str) -> Path:
    """The plain file of this name in this folder; nothing else can be named."""
    if name == MANIFEST or not is_plain_name(name):
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
