"""What docs/deliveries.md tells senders is what the reader takes."""

import json
import re
from pathlib import Path

import psycopg
import pytest
from small_inbox import CONTRACTS, Land, SmallInbox

from ingestion.inbox import Manifest
from ingestion.layout import ENCODING_NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "deliveries.md").read_text(encoding="utf-8")
KEYS = re.findall(r"^\| `(\w+)` \| (yes|no|\w+) \| (.+) \|$", PAGE, re.MULTILINE)


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def example(inbox: SmallInbox) -> Path:
    """The example of the page laid into the inbox; its manifest."""
    (data_file, manifest) = re.findall(r"^`(assistance/\S+)`", PAGE, re.MULTILINE)
    path = inbox.root / data_file
    path.parent.mkdir(parents=True)
    path.write_bytes(block("csv").replace("\n", "\r\n").encode("gb18030"))
    (inbox.root / manifest).write_text(block("json"), encoding="utf-8")
    return inbox.root / manifest


def test_every_key_is_explained_and_no_other() -> None:
    assert sorted(key for key, _, _ in KEYS) == sorted(Manifest.model_fields)
    required = {key for key, needed, _ in KEYS if needed == "yes"}
    assert required == {name for name, field in Manifest.model_fields.items() if field.is_required()}


def test_the_control_total_is_asked_of_the_feeds_named() -> None:
    (feed,) = [needed for key, needed, _ in KEYS if key == "amount_total_yuan"]
    assert {contract.feed for contract in CONTRACTS.values() if contract.control_total} == {feed}


def test_every_encoding_named_is_known() -> None:
    (text,) = [text for key, _, text in KEYS if key == "encoding"]
    named = set(re.findall(r"`([a-z0-9-]+)`", text)) - {"xlsx"}
    assert named <= set(ENCODING_NAMES)
    assert set(ENCODING_NAMES.values()) <= named


def test_only_the_feed_named_has_no_manifest() -> None:
    without = [contract.location for contract in CONTRACTS.values() if not contract.has_manifest]
    assert re.findall(r"`(reference/\S+)`", PAGE) == without


def test_the_example_is_landed(example: Path, land: Land) -> None:
    (result,) = land()
    assert (result.outcome, result.landed_count, result.rejected_count) == ("landed", 2, 0), result.reason


@pytest.mark.parametrize("key", [key for key, needed, _ in KEYS if needed != "no"])
def test_a_key_that_must_be_there_is_missed(example: Path, land: Land, key: str) -> None:
    stated = json.loads(example.read_text(encoding="utf-8"))
    del stated[key]
    example.write_text(json.dumps(stated), encoding="utf-8")
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", "manifest_invalid")
    assert key in (result.reason or "")


def test_corrections_are_taken_as_told(example: Path, land: Land, db: psycopg.Connection) -> None:
    right = example.read_text(encoding="utf-8")
    example.write_text(right.replace('"rows": 2', '"rows": 3'), encoding="utf-8")
    assert land()[0].reason_code == "row_count"
    example.write_text(right, encoding="utf-8")  # refused, mended where it lies
    assert land()[0].outcome == "landed"
    example.write_text(right.replace('delta_01"', 'other"'), encoding="utf-8")
    assert land()[0].reason_code == "same_sequence"
    first = example.with_name("payment_20250630_delta_01.csv")
    first.with_name("payment_20250630_delta_02.csv").write_bytes(first.read_bytes())
    example.write_text(right.replace("_delta_01", "_delta_02"), encoding="utf-8")
    (result,) = land()
    assert (result.delivery_id, result.outcome) == ("payment_20250630_delta_02", "landed")
    assert db.execute("select count(*) from raw.payment").fetchone() == (4,)
