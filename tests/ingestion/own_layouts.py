"""Contracts and files of layouts that no sender has, for tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ingestion.contract import Contract, load_contract

SYSTEM, FEED = "county", "visit"


def column(name: str, header: str | None = None, **more: Any) -> dict[str, Any]:
    """A text; ``custom`` are its custom properties."""
    custom = more.pop("custom", {})
    return {
        "name": name, "physicalName": header or name, "businessName": name, "logicalType": "string",
        "classification": "none", **more,
        "customProperties": [{"property": word, "value": value} for word, value in custom.items()],
    }  # fmt: skip


def key(name: str, header: str | None = None, **more: Any) -> dict[str, Any]:
    return column(name, header, primaryKey=True, primaryKeyPosition=1, required=True, **more)


def described(
    file_format: str, columns: Sequence[Mapping[str, Any]], feed: str = FEED, **custom: Any
) -> dict[str, Any]:
    """custom: further custom properties; with ``files`` the contract needs no manifests."""
    place = f"{SYSTEM}/{feed}"
    if "files" not in custom:
        place = f"{place}/{{YYYYMMDD}}/{feed}_{{YYYYMMDD}}_{{full|delta}}_{{nn}}.{file_format}"
    words = {"system": SYSTEM, "feed": feed, "records": [], **custom}
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": f"{SYSTEM}.{feed}", "name": "走访", "version": "1.0.0",
        "status": "active", "domain": SYSTEM, "description": {"purpose": "走访"}, "team": {"name": "县民政局"},
        "servers": [{"server": "inbox", "type": "local", "path": place, "format": file_format}],
        "customProperties": [{"property": word, "value": value} for word, value in words.items()],
        "slaProperties": [{"property": "schedule", "value": "0 3 * * *"}],
        "schema": [{"name": feed, "logicalType": "object", "physicalType": "table", "properties": [*columns]}],
    }  # fmt: skip


def contract(
    folder: Path, file_format: str, columns: Sequence[Mapping[str, Any]], feed: str = FEED, **custom: Any
) -> Contract:
    """Written into the folder and loaded. Raises ContractError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{SYSTEM}__{feed}.yml"
    document = described(file_format, columns, feed, **custom)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return load_contract(path)
