"""Feed contracts: the YAML files of a bureau as typed objects for the rest of the program.

The files follow the Open Data Contract Standard v3, so common tools read them; what the
standard has no word for stands in ``customProperties``. The type of a column follows from
``logicalType`` (string is ``text``, or ``code`` where it has an ``enum``; date ``date``;
timestamp ``instant``; number ``number``; array ``nested``), unless a custom property ``type``
says ``code``, ``month``, ``yuan``, ``wan_yuan``, ``fen``, ``share``, ``id_number``, ``name``, ``end_date`` (a date, or
open: 长期), ``zoned_instant`` (a time that must state its zone),
``sequence`` (a whole number, however long),
``identifier`` (a number or code of the sender's own), ``account`` or ``division``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Server,
)
from pydantic import ValidationError

from ingestion.binding import Binding, bindings_of
from ingestion.bureau import CONTRACTS, EXAMPLE, contract_folder
from ingestion.cell_list import CellList, cell_list
from ingestion.divisions import CODE as DIVISION
from ingestion.divisions import divisions_in_use, own_text, problem_of
from ingestion.errors import ContractError
from ingestion.layout import (
    AS_USUAL,
    LAYOUT_WORDS,
    OBJECTS,
    Archive,
    CompleteWhen,
    FileKind,
    FileLayout,
    Position,
    archive_of,
    complete_when,
    count_of,
    file_kinds,
    layout_of,
    position_of,
)
from ingestion.own_codes import with_own_codes
from ingestion.pieces import Piece, with_pieces
from ingestion.pulling.server import Source, source_of
from ingestion.ranges import with_ranges
from ingestion.records import Range
from ingestion.telling_blanks import with_telling_blanks
from ingestion.value import AMOUNT_UNITS, MOMENTS, ORDERED
from ingestion.vocabulary import unknown_word
from ingestion.yaml_file import parse_yaml, yaml_text

CONTRACT_FOLDER = EXAMPLE / CONTRACTS

ColumnType = Literal[
    "text", "code", "date", "end_date", "month", "instant", "zoned_instant", "yuan", "wan_yuan", "fen",
    "number", "sequence", "share", "id_number", "name", "identifier", "account", "division", "nested",
]  # fmt: skip
OnUnreadable = Literal["reject", "keep"]
LinesOfAKey = Literal["versions", "together"]
ARRIVAL = "arrival"

COLUMN_TYPES: tuple[str, ...] = get_args(ColumnType)
# Custom properties of a contract and of a column; any other is refused.
CONTRACT_WORDS = (
    "system", "feed", "firstDay", "layoutVersions", "records", "operation", "order", "linesOfAKey",
    "controlTotalColumn", "validity", "rejectLimit", "additionalColumns", "files", "archive", "completeWhen",
    "divisions", *LAYOUT_WORDS,
)  # fmt: skip
COLUMN_WORDS = (
    "type", "unit", "codeList", "whenUnreadable", "position", "keyElse", "itemsBy", "partsBy",
)  # fmt: skip
# What a kind of files may say for all its lines: nothing of a person, nothing that would have to be read.
OF_A_WHOLE_FILE = ("text", "code", "identifier", "division")
SLA_WORDS = ("schedule", "freshness")
# Sensitivity of a column, from the contract's `classification`; `none` may be served bare.
CLASSIFICATIONS = (
    "none", "identity", "name", "account", "contact", "address", "birth", "health", "income",
)  # fmt: skip
# What is of these types is about somebody, also where a contract says none.
SENSITIVE_TYPES: dict[ColumnType, str] = {"id_number": "identity", "name": "name", "account": "account"}
TYPE_OF_LOGICAL_TYPE: dict[str, ColumnType] = {
    "string": "text",
    "date": "date",
    "timestamp": "instant",
    "number": "number",
    "array": "nested",
}
# Characters. What is named, coded or written in a field ends in keys and indexes: an entry holds 2,704
# bytes, of texts of up to four bytes a character, and mostly of two of them. What cannot be read as its
# type ends in none, and free text only if its contract says that it may be longer (maxLength).
LONGEST_KEY = 128
LONGEST_TEXT = 255
LONGEST_FIELD = 65_536
LONGEST_BY_TYPE: dict[ColumnType, int] = {
    "code": LONGEST_KEY, "id_number": LONGEST_KEY, "identifier": LONGEST_KEY, "account": LONGEST_KEY,
    "division": LONGEST_KEY, "name": LONGEST_TEXT, "text": LONGEST_TEXT,
}  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Column:
    """One column of a feed, or one key of a nested list (then in ``items`` of its column).

    name: English column in the warehouse; header: its name in the file, in JSON perhaps a path into
    objects (``fw.kssj``); title: Chinese title.
    codes: code to label, empty where the list is open.
    filled: least share of lines with a value, mostly: least share of values in ``codes``
    (both 0 to 1, null where nothing is expected).
    on_unreadable: what a value that cannot be read does to its line; on_unknown: what the contract itself says of
    that, null where nothing.
    max_length: characters of a free text that no index sees; null where those of its type hold.
    position: in a line of fixed width; null in all other files.
    key_else: the column that stands for it in the key where it is empty.
    own_codes: those the bindings know, or those of ``enum`` where the contract says ``whenUnreadable: reject``;
    a line with any other is rejected. Empty where none are mapped, or the contract wants others kept.
    codes_of_parts: the same of parts of its values, by what `split` says of the part.
    ranges: what records take of its numbers, each with how many of the record's unit one of its own is; a line with
    any other is rejected, or that of none where the contract says ``whenUnreadable: keep``.
    cell_list: how the items of a list stand in one cell; null where the list is one of JSON.
    pieces: parts of its values that are read as days, months or amounts; a line of which one cannot be read is
    rejected.
    pattern: regular expression that a value fits as a whole, or its line is rejected.
    """

    name: str
    header: str
    title: str
    description: str
    type: ColumnType
    required: bool
    key_position: int | None
    classification: str
    unit: str | None
    codes: Mapping[str, str]
    code_list: str | None
    filled: float | None
    mostly: float | None
    on_unreadable: OnUnreadable
    items: tuple["Column", ...]
    max_length: int | None = None
    position: Position | None = None
    key_else: str | None = None
    own_codes: frozenset[str] = frozenset()
    codes_of_parts: Mapping[tuple[Any, ...], frozenset[str]] = field(default_factory=dict)
    ranges: tuple[tuple[Range, str], ...] = ()
    on_unknown: OnUnreadable | None = None
    pattern: str | None = None
    pieces: tuple[Piece, ...] = ()
    cell_list: CellList | None = None

    @property
    def longest(self) -> int:
        """Characters; a longer value rejects its line."""
        if self.key_position is not None:
            return LONGEST_KEY
        return self.max_length or LONGEST_BY_TYPE.get(self.type, LONGEST_FIELD)

    @property
    def has_any_word(self) -> bool:
        """Whether nothing but its type says which values it may have."""
        return not (self.own_codes or self.codes_of_parts or self.pattern or self.pieces)

    @property
    def is_sensitive(self) -> bool:
        return self.classification != "none"


@dataclass(frozen=True)
class Operation:
    """What a line does with its record. insert, change, revoke: the letters for it; any other rejects the line."""

    column: str
    insert: tuple[str, ...]
    change: tuple[str, ...]
    revoke: tuple[str, ...]

    @property
    def letters(self) -> frozenset[str]:
        return frozenset((*self.insert, *self.change, *self.revoke))


@dataclass(frozen=True)
class Volume:
    """Believable size: ``max_change`` is a share of the previous full delivery (0.1 is 10 %)."""

    max_change: float | None


@dataclass(frozen=True)
class RejectLimit:
    """A delivery with more rejected lines than both of these is held whole. share: 0 to 1 of its lines."""

    share: float = 0.05
    lines: int = 20

    def is_passed(self, received: int, rejected: int) -> bool:
        return rejected > self.lines and rejected > self.share * received


@dataclass(frozen=True)
class Validity:
    """Half-open validity: lines with the same key must not overlap within one delivery."""

    key: tuple[str, ...]
    valid_from: str
    valid_to: str


@dataclass(frozen=True)
class Contract:
    """Everything a sender and a program must agree on about one feed.

    file: how its files are written; files: the kinds of files of a sender that makes no manifests, each
    with a layout of its own, empty where a manifest names the file.
    order: columns, and ``arrival``, by which the versions of a line are told apart; the greatest stands.
    lines_of_a_key: are the lines of one key in a file versions of one another, or together one record?
    first_day: from this business date on deliveries are read by it, null where it is the first there was;
    earlier: the versions before it, the oldest first.
    keeps_additions: columns the contract does not name do not refuse a delivery; they are kept
    beside its lines, in ``_additions``.
    divisions: codes of those whose people and cases it tells of, empty where of all.
    source: where it is fetched from, null where it is sent.
    takes_back: every line does, of files of one kind (see `written_as`).
    """

    path: Path
    system: str
    feed: str
    version: str
    title: str
    purpose: str
    limitations: str
    owner: str
    location: str
    layout_versions: tuple[int, ...]
    file: FileLayout
    columns: tuple[Column, ...]
    bindings: tuple[Binding, ...]
    operation: Operation | None
    order: tuple[str, ...]
    lines_of_a_key: LinesOfAKey
    control_total: str | None
    validity: Validity | None
    schedule: str
    stale_after_days: int | None
    volume: Volume
    reject_limit: RejectLimit
    keeps_additions: bool
    first_day: date | None = None
    earlier: tuple["Contract", ...] = ()
    files: tuple[FileKind, ...] = ()
    archive: Archive | None = None
    complete_when: CompleteWhen = AS_USUAL
    divisions: tuple[str, ...] = ()
    source: Source | None = None
    takes_back: bool = False

    @property
    def has_manifest(self) -> bool:
        return not self.files and "{YYYYMMDD}" in self.location

    @property
    def is_reference(self) -> bool:
        """One file at a fixed place, without a manifest."""
        return not self.files and "{YYYYMMDD}" not in self.location

    @property
    def versions(self) -> tuple["Contract", ...]:
        """All of them, the oldest first."""
        return (*self.earlier, self)

    @property
    def periods(self) -> tuple[tuple["Contract", date | None, date | None], ...]:
        """Each version with the first business date that it reads, and the one after the last; null where there
        is none."""
        begun = [version.first_day for version in self.versions[1:]]
        return tuple(zip(self.versions, [None, *begun], [*begun, None], strict=True))

    def on(self, day: date) -> "Contract":
        """The version by which a delivery of a business date is read: the oldest where none had begun."""
        begun = [v for v in self.versions if v.first_day is None or v.first_day <= day]
        return begun[-1] if begun else self.versions[0]

    def written_as(self, kind: FileKind | None) -> "Contract":
        """The contract of the files of one kind: their layout, and the columns that stand in them.

        null: of a file that a manifest names, which is the contract as it is.
        """
        if kind is None:
            return self
        columns = tuple(column for column in self.columns if column.name not in kind.without)
        return replace(
            self,
            file=kind.layout,
            columns=columns,
            operation=None if self.operation and self.operation.column in kind.without else self.operation,
            takes_back=self.operation is not None
            and dict(kind.constants).get(self.operation.column) in self.operation.revoke,
            order=tuple(name for name in self.order if name not in kind.without),
            control_total=None if self.control_total in kind.without else self.control_total,
        )

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Columns of the business key, in order."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.key_position or 0))

    @cached_property
    def column_of_header(self) -> Mapping[str, Column]:
        return {column.header: column for column in self.columns}

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def records(self) -> tuple[str, ...]:
        """The kinds of record its lines fill, each once; parts of one are not told apart from it."""
        return tuple(dict.fromkeys(binding.record.kind for binding in self.bindings))

    @property
    def line_records(self) -> tuple[str, ...]:
        """The records a line of any version reads as, parts by their own names, each once."""
        bindings = (binding for version in self.versions for binding in version.bindings)
        return tuple(dict.fromkeys(binding.record.name for binding in bindings))

    @property
    def updated_at(self) -> str | None:
        """The time of change that orders the versions of a line, if one does."""
        return next(
            (name for name in self.order if name != ARRIVAL and self.column(name).type in MOMENTS), None
        )


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """All contracts of a folder (``<system>__<feed>.yml``), by feed, in the order of file names; those of a feed
    before the one in force are named ``<system>__<feed>.<anything>.yml``.

    folder: null means those in use, the bureau's own or the example's.

    Raises ContractError, naming file, place and fix.
    """
    folder = folder or contract_folder()
    found: dict[str, list[Contract]] = {}
    for path in sorted(folder.glob("*.yml")):
        contract = load_contract(path)
        found.setdefault(contract.feed, []).append(contract)
    if not found:
        raise ContractError(f"No contract found in {folder}: expected files named <system>__<feed>.yml.")
    contracts = {feed: _with_earlier(versions) for feed, versions in found.items()}
    _check_numberings(contracts)
    return contracts


def _with_earlier(versions: list[Contract]) -> Contract:
    """The contract in force, which knows those before it."""
    *earlier, newest = sorted(versions, key=lambda version: version.first_day or date.min)
    for version in earlier:
        if version.system != newest.system:
            raise ContractError(
                f"{version.path.name}: feed {version.feed} is already described by {newest.path.name}. "
                "Feed names are unique over all systems: rename one."
            )
        if version.location != newest.location:
            raise ContractError(
                f"{version.path.name}: servers.path: is another than that of {newest.path.name}."
            )
        if [(name, version.column(name).type) for name in version.key] != [
            (name, newest.column(name).type) for name in newest.key
        ]:
            raise ContractError(
                f"{version.path.name}: its key is not that of {newest.path.name}, so that no line of the one could "
                "follow a line of the other. Keep names and types of the key columns."
            )
    days = [version.first_day for version in versions]
    if "." in newest.path.stem or days.count(None) != 1 or len(set(days)) != len(days):
        raise ContractError(
            f"{newest.path.name}: the contracts of a feed follow one another by firstDay, which all but the first "
            f"have; {newest.system}__{newest.feed}.yml is the last."
        )
    return replace(newest, earlier=tuple(earlier))


def _check_numberings(contracts: Mapping[str, Contract]) -> None:
    """Numbers that two systems give out are told apart."""
    known: dict[tuple[str, str | None], Contract] = {}
    for contract in contracts.values():
        for binding in contract.bindings:
            if not any(column.is_numbered for column in binding.record.columns):
                continue
            other = known.setdefault((binding.record.name, binding.numbering), contract)
            if other is not contract:
                raise ContractError(
                    f"{contract.path.name}: records.{binding.record.name}: {other.path.name} fills the same record "
                    "with numbers of the same system, so that equal numbers would be one record. Give each its "
                    "numbering."
                )


def load_contract(path: Path) -> Contract:
    """One contract file. Raises ContractError."""
    try:
        text = yaml_text(path)
    except OSError as error:
        raise ContractError(
            f"{path.name}: cannot be read ({error.strerror}). Name a file that is there, or correct its rights."
        ) from None
    return _contract(path, text, own_text())


@lru_cache(maxsize=256)
def _contract(path: Path, text: str, own_divisions: str) -> Contract:
    """The contract a file's text describes: every step of a run asks. own_divisions: what codes are known by."""
    document = parse_yaml(text, path)
    if not isinstance(document, dict):
        raise ContractError(f"{path.name}: expected a mapping with apiVersion, kind, id, schema.")
    try:
        standard = OpenDataContractStandard(**document)
    except (ValidationError, TypeError) as error:
        raise ContractError(
            f"{path.name}: {_first_problem(error)} (Open Data Contract Standard v3)."
        ) from None
    return _ContractParser(path, standard).contract()


def _first_problem(error: ValidationError | TypeError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)


class _ContractParser:
    """Reads one document; every complaint names the file and the place in it."""

    def __init__(self, path: Path, standard: OpenDataContractStandard) -> None:
        self.path = path
        self.standard = standard
        self.custom = self._custom(standard.customProperties, "customProperties")
        if problem := unknown_word(self.custom, CONTRACT_WORDS):
            raise self.fail("customProperties", problem)

    def fail(self, place: str, problem: str) -> ContractError:
        return ContractError(f"{self.path.name}: {place}: {problem}")

    def _custom(self, properties: list[CustomProperty] | None, place: str) -> dict[str, Any]:
        return self._by_name(
            [(item.property, item.value) for item in properties or [] if item.property], place
        )

    def _by_name(self, said: list[tuple[str, Any]], place: str) -> dict[str, Any]:
        """What a list says of each name, which is said once."""
        names = [name for name, _ in said]
        if doubled := next((name for name in names if names.count(name) > 1), None):
            raise self.fail(place, f"{doubled} stands here twice. Keep one of them.")
        return dict(said)

    def contract(self) -> Contract:
        system = self._text("system")
        feed = self._text("feed")
        if self.path.stem.split(".")[0] != f"{system}__{feed}":
            raise self.fail("system, feed", f"the file must be named {system}__{feed}.yml.")
        for name in (system, feed):
            if not _NAME.fullmatch(name):
                raise self.fail("system, feed", "write lower-case English with underscores.")
        described = self._schema(feed)
        columns = tuple(self._column(item, feed) for item in described.properties or [])
        self._check_columns(columns)
        description = self.standard.description
        server, location, fetched_from = self._servers()
        ends = {column.name: column.position.end for column in columns if column.position}
        written = layout_of(server.format, self.custom, max(ends.values(), default=0), self.fail)
        self._check_positions(columns, written)
        bindings = bindings_of(self.custom.get("records"), feed, columns, self.fail)
        operation = self._operation(columns)
        order = self._order(columns)
        columns = with_ranges(with_own_codes(columns, bindings, operation, self.fail), bindings)
        columns = with_pieces(with_telling_blanks(columns, bindings, order, self.fail), bindings)
        if written.format in OBJECTS:
            self._check_paths(columns)
            if cut := next((column.name for column in columns if column.cell_list), None):
                raise self.fail(
                    f"schema.{cut}", f"itemsBy says nothing of a {written.format} file. Take it out."
                )
        contract = Contract(
            path=self.path,
            system=system,
            feed=feed,
            version=self.standard.version or "",
            title=self._given(self.standard.name, "name"),
            purpose=self._given(description.purpose if description else None, "description.purpose"),
            limitations=(description.limitations if description else None) or "",
            owner=self._given(getattr(self.standard.team, "name", None), "team.name"),
            location=location,
            layout_versions=self._layout_versions(),
            file=written,
            columns=columns,
            bindings=bindings,
            operation=operation,
            order=order,
            lines_of_a_key=self._lines_of_a_key(),
            control_total=self._column_name("controlTotalColumn", columns),
            validity=self._validity(columns),
            schedule=str(self._sla.get("schedule")),
            stale_after_days=self._stale_after_days(),
            volume=Volume(self._tolerances(described.quality, ("rowCount",), "schema").get("rowCount")),
            reject_limit=self._reject_limit(),
            keeps_additions=self._additional_columns() == "keep",
            first_day=self._first_day(),
            files=file_kinds(
                self.custom.get("files"),
                server.format,
                self.custom,
                ends,
                {column.name: column.key_position is None for column in columns},
                self.fail,
            ),
            archive=archive_of(self.custom.get("archive"), self.fail),
            complete_when=complete_when(self.custom.get("completeWhen"), self.fail),
            divisions=self._divisions(),
            source=None
            if fetched_from is None
            else source_of(
                fetched_from, {one.header: one.type for one in columns}, written.format, self.fail
            ),
        )
        self._check_place(contract)
        self._check_constants(contract)
        if not re.fullmatch(r"(\S+ ){4}\S+", contract.schedule):
            raise self.fail("slaProperties.schedule", "write a cron expression such as '0 3 * * *'.")
        return contract

    def _servers(self) -> tuple[Server, str, Server | None]:
        """The place in the inbox, its path, and the server the feed is fetched from, null where it is sent."""
        servers = self.standard.servers or []
        local = [server for server in servers if server.type == "local" and server.path]
        others = [server for server in servers if server not in local]
        if len(local) != 1 or len(others) > 1:
            raise self.fail(
                "servers",
                "name the one place in the inbox: path, format. Beside it (type local) goes at most one server "
                "that the feed is fetched from.",
            )
        return local[0], local[0].path or "", others[0] if others else None

    def _given(self, value: str | None, place: str) -> str:
        if not value:
            raise self.fail(place, "is missing.")
        return value

    def _text(self, name: str) -> str:
        return self._given(self.custom.get(name), f"customProperties.{name}")

    @cached_property
    def _sla(self) -> dict[str, Any]:
        said = [(item.property or "", item.value) for item in self.standard.slaProperties or []]
        if problem := unknown_word((name for name, _ in said), SLA_WORDS):
            raise self.fail("slaProperties", problem)
        return self._by_name(said, "slaProperties")

    def _schema(self, feed: str) -> SchemaObject:
        described = self.standard.schema_ or []
        if len(described) != 1 or described[0].name != feed or not described[0].properties:
            raise self.fail("schema", f"expected exactly one object named {feed} with properties.")
        return described[0]

    def _check_positions(self, columns: tuple[Column, ...], written: FileLayout) -> None:
        """All columns of fixed width say where they stand, and not in one another."""
        if written.format != "fixed":
            named = next((column.name for column in columns if column.position), None)
            if named is not None:
                raise self.fail(
                    f"schema.{named}", f"position says nothing of a {written.format} file. Take it out."
                )
            return
        end, before = 0, ""
        for column in sorted(columns, key=lambda column: column.position.start if column.position else 0):
            if column.position is None:
                raise self.fail(
                    f"schema.{column.name}", "position: say where it stands, {start: 1, length: 8}."
                )
            if column.position.start <= end:
                raise self.fail(f"schema.{column.name}", f"position: stands in {before}.")
            end, before = column.position.end, column.name

    def _check_place(self, contract: Contract) -> None:
        """Files found by their names lie in the folder of the feed itself."""
        folder = f"{contract.system}/{contract.feed}"
        if contract.files and contract.location != folder:
            raise self.fail("servers.path", f"expected {folder}: files found by their names lie there.")
        if contract.source is not None and contract.source.written_as is not None:
            if contract.control_total is not None:
                raise self.fail(
                    "customProperties.controlTotalColumn",
                    "nobody states a total of what is fetched. Take it out.",
                )
            if not contract.has_manifest:
                raise self.fail(
                    "servers.path",
                    f"what is fetched lies with a manifest in {folder}/{{YYYYMMDD}}, not by its name.",
                )
        for word in ("archive", "completeWhen"):
            if word in self.custom and not contract.files:
                raise self.fail(f"customProperties.{word}", "goes with files: say how they are named.")

    def _check_constants(self, contract: Contract) -> None:
        """What a kind of files says for all its lines is what a line could say."""
        for kind in contract.files:
            for name, said in kind.constants:
                column = contract.column(name)
                place = f"customProperties.files {kind.pattern.text}, constants.{name}"
                if column.type not in OF_A_WHOLE_FILE:
                    raise self.fail(place, f"is of type {column.type}: only a text, code, number of something or "
                                    "division is said for a whole file.")  # fmt: skip
                is_operation = contract.operation is not None and contract.operation.column == name
                letters = (
                    contract.operation.letters if contract.operation and is_operation else column.own_codes
                )
                if column.type == "division" and not DIVISION.fullmatch(said):
                    raise self.fail(place, f"{said} is no division: 6, 9 or 12 digits.")
                if letters and (problem := unknown_word([said], letters, f"code of {column.header}")):
                    raise self.fail(place, problem)

    def _column(self, item: SchemaProperty, parent: str) -> Column:
        place = f"{parent}.{item.name}"
        if not item.name or not _NAME.fullmatch(item.name):
            raise self.fail(place, "name: write lower-case English with underscores.")
        custom = self._custom(item.customProperties, place)
        if problem := unknown_word(custom, COLUMN_WORDS):
            raise self.fail(place, problem)
        kind = custom.get("type") or TYPE_OF_LOGICAL_TYPE.get(item.logicalType or "")
        if kind == "text" and item.enum:
            kind = "code"
        if kind not in COLUMN_TYPES:
            raise self.fail(
                place, f"logicalType and the custom property type give none of {', '.join(COLUMN_TYPES)}."
            )
        classification = item.classification or ""
        if classification not in CLASSIFICATIONS:
            raise self.fail(place, f"classification: expected one of {', '.join(CLASSIFICATIONS)}.")
        if classification == "none":
            classification = SENSITIVE_TYPES.get(kind, "none")
        nested = (item.items.properties if item.items else None) or []
        if (kind == "nested") != bool(nested):
            raise self.fail(place, "a list (logicalType array), and only a list, has items.properties.")
        inner = tuple(self._column(one, place) for one in nested)
        cut = None
        if "itemsBy" in custom or "partsBy" in custom:
            if not inner:
                raise self.fail(
                    place, "itemsBy and partsBy say how a list stands in one cell. Take them out."
                )
            cut = cell_list(
                custom.get("itemsBy"), custom.get("partsBy"), [one.header for one in inner], place, self.fail
            )
        default = "reject" if item.required else "keep"
        on_unreadable = custom.get("whenUnreadable", default)
        if on_unreadable not in get_args(OnUnreadable):
            raise self.fail(place, "whenUnreadable: expected reject or keep.")
        tolerances = self._tolerances(item.quality, ("missingValues", "invalidValues"), place)
        missing, invalid = tolerances.get("missingValues"), tolerances.get("invalidValues")
        unit = custom.get("unit")
        right = next((amount for amount, units in AMOUNT_UNITS.items() if unit in units), None)
        if unit and (right or kind in AMOUNT_UNITS) and kind != right:
            raise self.fail(
                place,
                f"unit: an amount in {unit} is of type {right}, not {kind}."
                if right
                else f"unit: {unit} is no unit of amounts.",
            )
        if invalid is not None and not item.enum:
            raise self.fail(place, "quality invalidValues needs the list of codes in enum.")
        return Column(
            name=item.name,
            header=self._given(item.physicalName, f"{place}.physicalName"),
            title=self._given(item.businessName, f"{place}.businessName"),
            description=item.description or "",
            type=kind,
            required=bool(item.required),
            key_position=item.primaryKeyPosition if item.primaryKey else None,
            classification=classification,
            unit=unit,
            codes=self._by_name(
                [(str(one.value), one.label or str(one.value)) for one in item.enum or []], f"{place}.enum"
            ),
            code_list=custom.get("codeList"),
            filled=None if missing is None else round(1 - missing, 6),
            mostly=None if invalid is None else round(1 - invalid, 6),
            on_unreadable=on_unreadable,
            items=inner,
            cell_list=cut,
            max_length=self._max_length(item, kind, place),
            position=position_of(custom.get("position"), place, self.fail),
            key_else=custom.get("keyElse"),
            on_unknown=custom.get("whenUnreadable"),
            pattern=self._pattern(item, place),
        )

    def _max_length(self, item: SchemaProperty, kind: str, place: str) -> int | None:
        options = item.logicalTypeOptions or {}
        if problem := unknown_word(options, ("maxLength", "pattern")):
            raise self.fail(f"{place}: logicalTypeOptions", problem)
        said = options.get("maxLength")
        if said is None:
            return None
        if kind != "text" or item.primaryKey:
            raise self.fail(
                place, "maxLength: only a text that is no key may be longer or shorter than others."
            )
        length = count_of(said, 1)
        if length is None or length > LONGEST_FIELD:
            raise self.fail(place, f"maxLength: expected characters, 1 to {LONGEST_FIELD}.")
        return length

    def _pattern(self, item: SchemaProperty, place: str) -> str | None:
        pattern = (item.logicalTypeOptions or {}).get("pattern")
        try:
            return None if pattern is None else re.compile(str(pattern)).pattern
        except re.error:
            raise self.fail(place, "logicalTypeOptions.pattern: is no regular expression.") from None

    def _check_columns(self, columns: tuple[Column, ...]) -> None:
        for what in ("name", "header"):
            seen = [getattr(column, what) for column in columns]
            doubled = sorted({value for value in seen if seen.count(value) > 1})
            if doubled:
                raise self.fail("schema", f"{what} used twice: {', '.join(doubled)}.")
        names = {column.name for column in columns}
        for column in columns:
            if column.key_else is not None and (column.key_position is None or column.key_else not in names):
                raise self.fail(
                    f"schema.{column.name}", "keyElse: goes with a key column, and names a column."
                )
        positions = sorted(c.key_position for c in columns if c.key_position is not None)
        if not positions or positions != list(range(1, len(positions) + 1)):
            raise self.fail("schema", "primaryKeyPosition must count 1, 2, ... over the key columns.")

    def _check_paths(self, columns: tuple[Column, ...]) -> None:
        """Nothing is a column and an object that holds others at once."""
        headers = {column.header for column in columns}
        for column in columns:
            steps = column.header.split(".")
            for deep in range(1, len(steps)):
                if (above := ".".join(steps[:deep])) in headers:
                    raise self.fail(f"schema.{column.name}", f"physicalName: {above} is a column itself.")

    def _tolerances(
        self, quality: list[DataQuality] | None, metrics: tuple[str, ...], place: str
    ) -> dict[str, float]:
        """Shares (0 to 1) by metric, from checks such as {metric, mustBeLessOrEqualTo: 2, unit: percent}."""
        shares = []
        for check in quality or []:
            if problem := unknown_word([str(check.metric)], metrics, "metric that is looked at here"):
                raise self.fail(f"{place}: quality", problem)
            if check.unit != "percent" or check.mustBeLessOrEqualTo is None:
                raise self.fail(f"quality.{check.metric}", "write mustBeLessOrEqualTo with unit percent.")
            shares.append((str(check.metric), float(check.mustBeLessOrEqualTo) / 100))
        return self._by_name(shares, f"{place}: quality")

    def _stale_after_days(self) -> int | None:
        said = self._sla.get("freshness")
        days = count_of(said, 1)
        if said is not None and days is None:
            raise self.fail("slaProperties.freshness", "expected days, 1 or more.")
        return days

    def _column_name(self, name: str, columns: tuple[Column, ...]) -> str | None:
        value = self.custom.get(name)
        if value is not None and value not in {column.name for column in columns}:
            raise self.fail(f"customProperties.{name}", f"{value} is no column of the schema.")
        return value

    def _reject_limit(self) -> RejectLimit:
        value = self.custom.get("rejectLimit")
        if value is None:
            return RejectLimit()
        self._check_words(value, ("percent", "lines"), "rejectLimit")
        try:
            limit = RejectLimit(float(value["percent"]) / 100, int(value["lines"]))
        except (KeyError, TypeError, ValueError):
            raise self.fail("customProperties.rejectLimit", "expected {percent: 5, lines: 20}.") from None
        if not (0 <= limit.share <= 1 and limit.lines >= 0):
            raise self.fail("customProperties.rejectLimit", "percent is 0 to 100, lines 0 or more.")
        return limit

    def _check_words(self, value: Any, known: tuple[str, ...], place: str) -> None:
        if isinstance(value, dict) and (problem := unknown_word(value, known)):
            raise self.fail(f"customProperties.{place}", problem)

    def _additional_columns(self) -> str:
        mode = str(self.custom.get("additionalColumns", "reject"))
        if mode not in ("reject", "keep"):
            raise self.fail("customProperties.additionalColumns", "expected reject or keep.")
        return mode

    def _validity(self, columns: tuple[Column, ...]) -> Validity | None:
        value = self.custom.get("validity")
        if value is None:
            return None
        self._check_words(value, ("key", "from", "to"), "validity")
        names = {column.name for column in columns}
        try:
            validity = Validity(tuple(value["key"]), value["from"], value["to"])
        except (KeyError, TypeError):
            raise self.fail("customProperties.validity", "expected key, from and to.") from None
        if not {*validity.key, validity.valid_from, validity.valid_to} <= names:
            raise self.fail("customProperties.validity", "names a column that is not in the schema.")
        return validity

    def _layout_versions(self) -> tuple[int, ...]:
        said = self.custom.get("layoutVersions", [1])
        numbers = [count_of(number, 1) for number in (said if isinstance(said, list) else [])]
        found = tuple(number for number in numbers if number is not None)
        if not found or len(found) < len(numbers):
            raise self.fail("customProperties.layoutVersions", "expected a list of numbers such as [1, 2].")
        return found

    def _first_day(self) -> date | None:
        """Also in quotes, as programs write a day into YAML."""
        value = self.custom.get("firstDay")
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            raise self.fail("customProperties.firstDay", "expected a day such as 2025-07-01.") from None

    def _divisions(self) -> tuple[str, ...]:
        if "divisions" not in self.custom:
            return ()
        value = self.custom["divisions"]
        if not isinstance(value, list) or not value:
            raise self.fail(
                "customProperties.divisions", "expected a list of codes; leave it out where it covers all."
            )
        codes = tuple(str(code) for code in value)
        known = divisions_in_use()
        if problem := next(filter(None, (problem_of(code, known) for code in codes)), None):
            raise self.fail("customProperties.divisions", problem)
        return codes

    def _operation(self, columns: tuple[Column, ...]) -> Operation | None:
        value = self.custom.get("operation")
        if value is None:
            return None
        place = "customProperties.operation"
        self._check_words(value, ("column", "insert", "change", "revoke"), "operation")
        if not isinstance(value, dict) or value.get("column") not in {column.name for column in columns}:
            raise self.fail(place, "expected {column, insert: [..], change: [..], revoke: [..]} of a column.")
        letters = {word: value.get(word) or [] for word in ("insert", "change", "revoke")}
        for word, codes in letters.items():
            if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
                raise self.fail(f"{place}.{word}", "expected a list of codes in quotes.")
        said = [code for codes in letters.values() for code in codes]
        if doubled := sorted({code for code in said if said.count(code) > 1}):
            raise self.fail(place, f"{', '.join(doubled)} stands for two operations.")
        return Operation(value["column"], *(tuple(codes) for codes in letters.values()))

    def _order(self, columns: tuple[Column, ...]) -> tuple[str, ...]:
        names = tuple(self.custom.get("order") or ())
        types = {column.name: column.type for column in columns} | {ARRIVAL: "number"}
        for name in names:
            if types.get(name) not in ORDERED:
                raise self.fail(
                    "customProperties.order",
                    f"{name} is no column with a number, a date or a time to order lines by, nor {ARRIVAL}.",
                )
        return names

    def _lines_of_a_key(self) -> LinesOfAKey:
        value = self.custom.get("linesOfAKey", "versions")
        if value not in get_args(LinesOfAKey):
            raise self.fail("customProperties.linesOfAKey", "expected versions or together.")
        return value
