"""Derived texts carry what the contracts say."""

import yaml
from small_inbox import CONTRACTS

from ingestion.derive import DICTIONARY, SOURCES, of_contracts, of_records
from ingestion.input_views import LINEAGE
from ingestion.records import canonical_records


def test_sources_describe_every_column() -> None:
    (source,) = yaml.safe_load(of_records()[SOURCES])["sources"]
    tables = {table["name"]: table for table in source["tables"]}
    assert (source["name"], source["schema"], set(tables)) == (
        "input",
        "input",
        {*canonical_records(), "column_sent"},
    )
    for record in canonical_records().values():
        columns = {column["name"]: column for column in tables[record.name]["columns"]}
        assert list(columns) == [*LINEAGE, *(column.name for column in record.columns)]
        for column in record.columns:
            described = columns[column.name]
            assert described["config"]["meta"]["sensitivity"] == column.sensitivity
            assert column.title in described["description"]


def test_dictionary_has_every_feed_and_column() -> None:
    text = of_contracts(CONTRACTS)[DICTIONARY]
    for contract in CONTRACTS.values():
        assert f"`raw.{contract.feed}`" in text
        for column in contract.columns:
            assert f"| `{column.name}` | {column.header} |" in text
    assert "| `members[].phone` | 联系电话 | 文本 |  | 联系方式 |" in text


def test_twice_the_same() -> None:
    assert of_records() == of_records()
    assert of_contracts(CONTRACTS) == of_contracts(CONTRACTS)
