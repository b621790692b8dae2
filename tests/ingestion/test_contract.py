"""Contracts: the committed ones load and conform to the standard; broken ones say what to do."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from own_layouts import contract, key

from ingestion.contract import CONTRACT_FOLDER, Contract, load_contract, load_contracts
from ingestion.errors import ContractError

FEEDS = {
    "population", "marriage_event", "cremation", "aid_household", "entitlement", "payment", "temporary_aid",
    "stay", "disability_card", "social_insurance", "vehicle", "real_estate", "company", "benefit_standard",
}  # fmt: skip
FILES = sorted(CONTRACT_FOLDER.glob("*.yml"))


def test_every_feed_has_one_contract() -> None:
    assert set(load_contracts()) == FEEDS
    assert len(FILES) == len(FEEDS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_contract_conforms_to_the_standard(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    schema = json.loads(OpenDataContractStandard.json_schema())
    jsonschema.validate(document, schema)
    again = OpenDataContractStandard.from_string(OpenDataContractStandard(**document).to_yaml())
    assert again == OpenDataContractStandard(**document)


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda contract: contract.feed)
def test_people_are_marked_sensitive(contract: Contract) -> None:
    for column in contract.columns:
        for described in (column, *column.items):
            assert described.title
            if described.type == "id_number":
                assert described.classification == "identity"
            if described.type == "name":
                assert described.classification == "name"
            if re.search("账号|电话|地址|坐落", described.title):
                assert described.is_sensitive


def test_a_contract_is_read_as_it_and_the_divisions_stand_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept once read, and a bureau writes on it and on its list of divisions while the program runs."""
    monkeypatch.setenv("MINZHENG_BUREAU", str(tmp_path))
    file = tmp_path / "funeral__cremation.yml"
    document = yaml.safe_load((CONTRACT_FOLDER / file.name).read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert load_contract(file).divisions == ()
    document["customProperties"].append({"property": "divisions", "value": ["330598"]})
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(ContractError, match="330598"):
        load_contract(file)
    (tmp_path / "divisions.csv").write_text(
        "code,name,parent,valid_from,valid_to,successor\n330598,新区,330500,2020-01-01,,\n", encoding="utf-8"
    )
    assert load_contract(file).divisions == ("330598",)


def test_keys_and_totals() -> None:
    contracts = load_contracts()
    assert contracts["marriage_event"].key == ("event_no", "event_type")
    assert contracts["real_estate"].key == ("unit_no", "owner_id_number")
    assert contracts["payment"].control_total == "amount_yuan"
    assert contracts["vehicle"].column("assessed_wan_yuan").type == "wan_yuan"


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("name"), "name: is missing."),
        (lambda d: d["team"].pop("name"), "team.name: is missing."),
        (lambda d: d.update(surprise=1), "surprise: Extra inputs are not permitted"),
        (
            lambda d: d["schema"][0]["properties"][0].update(classification="secret"),
            "payment.payment_no: classification: expected one of none, identity,",
        ),
        (
            lambda d: d["schema"][0]["properties"][0].update(logicalType="boolean", customProperties=[]),
            "payment.payment_no: logicalType and the custom property type give none of text, code,",
        ),
        (
            lambda d: d["schema"][0]["properties"][0].pop("physicalName"),
            "payment.payment_no.physicalName: is missing.",
        ),
        (
            lambda d: d["schema"][0]["properties"].append(d["schema"][0]["properties"][0]),
            "schema: name used twice: payment_no.",
        ),
        (
            lambda d: d["schema"][0]["properties"][0].update(primaryKeyPosition=2),
            "schema: primaryKeyPosition must count 1, 2, ... over the key columns.",
        ),
        (
            lambda d: d["customProperties"].append({"property": "operation", "value": {"column": "nothing"}}),
            "customProperties.operation: expected {column, insert: [..], change: [..], revoke: [..]} of a column.",
        ),
        (
            lambda d: d["customProperties"].append({"property": "additionalColumns", "value": "ignore"}),
            "customProperties.additionalColumns: expected reject or keep.",
        ),
        (
            lambda d: next(p for p in d["customProperties"] if p["property"] == "encoding").update(value="latin-1"),
            "customProperties.encoding: expected one of utf-8, utf-8-sig, gb18030, gbk, utf-16, ",
        ),
        # What is said twice, or of what nobody asks.
        (
            lambda d: d["customProperties"].append({"property": "feed", "value": "other"}),
            "customProperties: feed stands here twice. Keep one of them.",
        ),
        (
            lambda d: d["slaProperties"].append({"property": "frequency", "value": 1}),
            "slaProperties: frequency is no word of a contract. Known: freshness, schedule.",
        ),
        (
            lambda d: d.update(slaProperties=[{"property": "freshness", "value": "soon"}]),
            "slaProperties.freshness: expected days, 1 or more.",
        ),
        (
            lambda d: d["schema"][0]["properties"][0].update(quality=[{"metric": "missingValue"}]),
            "payment.payment_no: quality: missingValue is no metric that is looked at here. Did you mean missingV",
        ),
        (
            lambda d: d["schema"][0]["properties"][0].update(logicalTypeOptions={"format": "yyyyMMdd"}),
            "payment.payment_no: logicalTypeOptions: format is no word of a contract. Known: maxLength, pattern.",
        ),
        (
            lambda d: d["schema"][0]["properties"][0].update(enum=[{"value": "1", "label": "甲"}, {"value": "1"}]),
            "payment.payment_no.enum: 1 stands here twice. Keep one of them.",
        ),
        (
            lambda d: d["servers"].append(d["servers"][0]),
            "servers: name the one place in the inbox: path, format.",
        ),
        (
            lambda d: d["slaProperties"].clear(),
            "slaProperties.schedule: write a cron expression such as '0 3 * * *'.",
        ),
        (
            lambda d: d["customProperties"].append(
                {"property": "order", "value": ["owner_name"]}
            ),
            "customProperties.order: owner_name is no column with a number, a date or a time to order lines by, "
            "nor arrival.",
        ),
    ],
)  # fmt: skip
def test_broken_contract_names_file_place_and_fix(tmp_path: Path, change: Change, message: str) -> None:
    name = "assistance__payment.yml"
    document = yaml.safe_load((CONTRACT_FOLDER / name).read_text(encoding="utf-8"))
    change(document)
    (tmp_path / name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(tmp_path / name)
    assert str(caught.value).startswith(f"{name}: {message}")


@pytest.mark.parametrize(
    ("said", "day"), [("2025-07-01", date(2025, 7, 1)), (date(2025, 7, 1), date(2025, 7, 1)), (None, None)]
)
def test_a_first_day_may_stand_in_quotes(tmp_path: Path, said: Any, day: date | None) -> None:
    assert contract(tmp_path, "jsonl", [key("no")], firstDay=said).first_day == day


@pytest.mark.parametrize("said", ["2025-7-1x", "20250701", "2025-02-30", 20250701, True])
def test_what_is_no_first_day_is_refused(tmp_path: Path, said: Any) -> None:
    with pytest.raises(ContractError, match=r"firstDay: expected a day such as 2025-07-01"):
        contract(tmp_path, "jsonl", [key("no")], firstDay=said)


def test_a_contract_that_is_not_there_or_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "a__b.yml", tmp_path):
        with pytest.raises(
            ContractError, match=r"cannot be read \((No such file|Is a directory).*\)\. Name a"
        ):
            load_contract(path)


def test_file_that_is_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "a__b.yml"
    path.write_text("a: [1\nb: 2\n")
    with pytest.raises(ContractError, match=r"^a__b.yml line 2: not readable as YAML"):
        load_contract(path)


def test_feed_name_used_twice(tmp_path: Path) -> None:
    text = (CONTRACT_FOLDER / "shared__vehicle.yml").read_text(encoding="utf-8")
    (tmp_path / "shared__vehicle.yml").write_text(text, encoding="utf-8")
    other = text.replace("value: shared}", "value: traffic}")
    (tmp_path / "traffic__vehicle.yml").write_text(other, encoding="utf-8")
    with pytest.raises(ContractError, match=r"is already described by"):
        load_contracts(tmp_path)


def test_file_name_must_say_system_and_feed(tmp_path: Path) -> None:
    path = tmp_path / "vehicles.yml"
    path.write_text((CONTRACT_FOLDER / "shared__vehicle.yml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ContractError, match=r"must be named shared__vehicle\.yml"):
        load_contract(path)


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="No contract found"):
        load_contracts(tmp_path)
