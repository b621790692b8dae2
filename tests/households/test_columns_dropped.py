"""The golden town by contracts that send nothing a record can do without: one build beside the golden one, which tells
what each rule says then."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from golden_town import write_town

from ingestion.contract import CONTRACT_FOLDER, load_contract
from warehouse.derived.rule_union import CATALOGUE, rule_codes
from warehouse.pipeline.runs import run

pytestmark = pytest.mark.builds

RULES = rule_codes(CATALOGUE.read_text(encoding="utf-8"))
# Not since when: that may be the day of a dropped column.
RESULTS = """
select outcome, subject_resident_id, aid_household_no, amount_yuan::text
from rules.rule_result where rule_code = %s order by 1, 2, 3, 4
"""


def drop_optional_columns(path: Path) -> dict[str, set[str]]:
    """Rewrites a contract; returns its feed with the rules that now lack a column."""
    contract = load_contract(path)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    said = {one["property"]: one for one in document["customProperties"]}
    records = said.get("records") or {"property": "records", "value": [{"record": contract.feed}]}
    lost: set[str] = set()
    for entry, binding in zip(records["value"], contract.bindings, strict=True):
        optional = [column for column in binding.record.columns if not column.is_required]
        entry["not_sent"] = [column.name for column in optional]
        entry["map"] = {
            name: value for name, value in entry.get("map", {}).items() if name not in entry["not_sent"]
        }
        lost |= {rule for column in optional for rule in column.loses}
    document["customProperties"] = [*said.values(), *([] if "records" in said else [records])]
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return {contract.feed: lost}


@pytest.fixture(scope="module")
def dropped(
    tmp_path_factory: pytest.TempPathFactory, templates: Any, new_database: Any
) -> Iterator[tuple[psycopg.Connection, set[str]]]:
    """The town so read, and the rules that lack a column."""
    folder = tmp_path_factory.mktemp("bureau") / "contracts"
    shutil.copytree(CONTRACT_FOLDER, folder)
    lost: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        lost |= drop_optional_columns(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_BUREAU", str(folder.parent))
        database = new_database(None)
        run(database, templates.folder("golden", write_town))
    with database.connect() as connection:
        # Nobody has asked for what never came.
        came = {feed for (feed,) in connection.execute("select distinct feed from ops.delivery").fetchall()}
        yield connection, set().union(*(rules for feed, rules in lost.items() if feed in came))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_lacks_a_column_judges_nobody_and_the_others_judge_as_before(
    dropped: tuple[psycopg.Connection, set[str]], warehouse: psycopg.Connection, rule: str
) -> None:
    connection, lost = dropped
    found = connection.execute(RESULTS, [rule]).fetchall()
    if rule in lost:
        assert {outcome for outcome, *_ in found} == {"not_assessable"}
    else:
        assert found == warehouse.execute(RESULTS, [rule]).fetchall()
