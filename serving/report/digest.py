"""The digest of a report: SHA-256 over its answer as RFC 8785 writes JSON, as ``verification.canonical`` does."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def digest(answer: Mapping[str, Any]) -> str:
    """In hex. answer: as ``api_v1.get_report`` gives it, read from JSON."""
    return hashlib.sha256(canonical(answer).encode()).hexdigest()


def canonical(value: Any) -> str:
    """Keys in order, no spaces, numbers without trailing zeros."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float | Decimal):
        plain = format(Decimal(str(value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
