"""From files to drafts: those of one layout make one contract."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from ingestion.contract import Contract, load_contract
from ingestion.drafting.form import Form, Sample, sample
from ingestion.drafting.match import OPERATION, Guess, match
from ingestion.drafting.names import Named, named
from ingestion.drafting.values import Column, look
from ingestion.drafting.words import records_named_in
from ingestion.drafting.write import SYSTEMS, Draft, Kind, text_of
from ingestion.errors import ContractError, RequestError
from ingestion.inbox import MANIFEST
from ingestion.reading.workbook import one_parser

# Beside the data: marks that it is whole, checksums, descriptions.
NO_DATA = (".ok", ".done", ".flag", ".md5", ".sha256", ".chk", ".ctl", ".md", ".doc", ".docx", ".pdf")
# Files that share so many of their columns have one layout.
LIKE = 0.5
MOST_FILES = 60


@one_parser()
def draft(
    connection: psycopg.Connection,
    paths: Sequence[Path],
    system: str | None = None,
    feed: str | None = None,
    record: str | None = None,
) -> list[Draft]:
    """Drafts of files and of all files in folders, one per layout.

    connection: to any database with our cleaning functions; nothing is written there. system, feed, record: what
    somebody knows already. Raises RequestError where nothing can be read.
    """
    files = _files(paths)
    drafts = [_drafted(connection, group, system, feed, record) for group in _groups(files)]
    for number, other in enumerate(drafts):
        taken = {one.feed for one in drafts[:number]}
        place = 2
        while other.feed in taken:
            other.feed, place = f"{drafts[number].feed.rstrip('_0123456789')}_{place}", place + 1
    return drafts


def loaded(found: Draft) -> Contract | ContractError:
    """The contract a draft makes, or why it makes none yet."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{found.system}__{found.feed}.yml"
        path.write_text(text_of(found), encoding="utf-8")
        try:
            return load_contract(path)
        except ContractError as error:
            return error


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(
                one
                for one in path.rglob("*")
                if one.is_file()
                and not one.name.startswith(".")
                and one.name != MANIFEST
                and one.suffix.lower() not in NO_DATA
            )
        else:
            found.append(path)
    if not found:
        raise RequestError("没有可用来起草契约的文件。 No file to draft a contract from.")
    if len(found) > MOST_FILES:  # the layout of a year of files is that of some of them
        step = len(found) / MOST_FILES
        found = [found[int(place * step)] for place in range(MOST_FILES)]
    return found


def _groups(files: Sequence[Path]) -> list[list[tuple[Path, Sample]]]:
    groups: list[list[tuple[Path, Sample]]] = []
    for path in files:
        looked = sample(path)
        home = next((group for group in groups if _is_like(group[0][1], looked)), None)
        if home is None:
            groups.append([(path, looked)])
        else:
            home.append((path, looked))
    return groups


def _is_like(one: Sample, other: Sample) -> bool:
    if one.form.format != other.form.format or bool(one.member) != bool(other.member):
        return False
    if one.form.format == "fixed":
        return one.form.line_length == other.form.line_length
    mine, theirs = ({column.header for column in each.columns} for each in (one, other))
    return len(mine & theirs) >= LIKE * min(len(mine), len(theirs))


def _drafted(
    connection: psycopg.Connection,
    group: Sequence[tuple[Path, Sample]],
    system: str | None,
    feed: str | None,
    record: str | None,
) -> Draft:
    samples = [looked for _, looked in group]
    columns = _merged(samples)
    look(connection, columns)
    said = " ".join(f"{path.parent.name} {one.name} {one.member or ''} {one.titles}" for path, one in group)
    matched = match(columns, records_named_in(said), record)
    manifest = _manifest(group[0][0])
    main = matched.records[0].record.name
    largest = max(samples, key=lambda one: one.lines)
    return Draft(
        system=system or manifest.get("system") or SYSTEMS.get(main, "shared"),
        feed=feed or manifest.get("feed") or main,
        columns=columns,
        matched=matched,
        form=_common(samples),
        kinds=[] if manifest else _kinds(samples, columns, matched.line.get(OPERATION)),
        lines=sum(one.lines for one in samples),
        has_manifest=bool(manifest),
        member=named(largest.member).pattern if largest.member else None,
        ignored=tuple(dict.fromkeys(named(name).pattern for one in samples for name in one.ignored)),
        has_absent_keys=largest.form.format in ("json", "jsonl"),
        notes=list(dict.fromkeys(note for one in samples for note in one.notes)),
    )


def _manifest(path: Path) -> dict[str, str]:
    """System and feed that a manifest beside the file names; empty without one."""
    try:
        stated = json.loads((path.parent / MANIFEST).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return {
        word: str(stated[word]) for word in ("system", "feed") if isinstance(stated, dict) and word in stated
    }


def _merged(samples: Sequence[Sample]) -> list[Column]:
    """The columns of all files by header, those of the fullest first. Fields of fixed width are the fullest's."""
    by_size = sorted(samples, key=lambda one: -one.lines)
    for one in by_size:
        for column in one.columns:
            column.first_lines = len(column.values)
    if by_size[0].form.format == "fixed":
        return by_size[0].columns
    merged: dict[str, Column] = {}
    for one in by_size:
        for column in one.columns:
            if column.header not in merged:
                merged[column.header] = column
                continue
            known = merged[column.header]
            known.values = known.values + column.values
            items = {item.header: item for item in known.items}
            for item in column.items:
                if item.header in items:
                    items[item.header].values += item.values
                else:
                    known.items.append(item)
    return list(merged.values())


def _common(samples: Sequence[Sample]) -> Form:
    """What holds of all; a cut line may hide that a delimiter ends the others."""
    largest = max(samples, key=lambda one: one.lines).form
    is_trailed = any(one.form.trailing_delimiter for one in samples)
    return replace(largest, trailing_delimiter=is_trailed)


def _kinds(samples: Sequence[Sample], columns: Sequence[Column], operation: Guess | None) -> list[Kind]:
    """One per pattern of names, with what its files have of their own."""
    kinds: dict[str, tuple[Sample, Named]] = {}
    for one in samples:
        kinds.setdefault(named(one.name).pattern, (one, named(one.name)))
    said = {name.mode for _, name in kinds.values()}
    found = []
    headers = {column.header for column in columns}
    for pattern, (one, name) in kinds.items():
        here = {column.header for column in one.columns}
        mode, remark = name.mode, None
        if mode is None:
            operates = operation is not None and operation.column.header in here
            mode = "delta" if "{part}" in pattern or operates or said == {"full"} else "full"
            remark = "存疑：名称没有说明是全量还是变更"
        if not name.has_date:
            stem, dot, suffix = pattern.rpartition(".")
            pattern = f"{stem or suffix}_{{YYYYMMDD}}{dot}{suffix if stem else ''}"
            remark = "存疑：名称没有日期，请报送单位按此命名"
        without = tuple(sorted(headers - here)) if one.form.format != "fixed" else ()
        found.append(Kind(pattern, mode, one.form, without, remark))
    return found
