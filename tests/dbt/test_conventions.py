"""How the dbt project is written, asked of what dbt itself parsed. Needs no database.

The page on it is docs/working_with_dbt.md.
"""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from ingestion.derive import KEYS_OF_MODELS, REPLACED_BY, record_macro
from ingestion.records import canonical_records
from warehouse.database.connection import Warehouse
from warehouse.pipeline.dbt import PROJECT, project_manifest

NOWHERE = Warehouse("postgresql://nobody@localhost:1/none")  # parsing asks no database
LAYERS = ("staging", "intermediate", "marts", "rules")
PREFIX = {"staging": "stg_", "intermediate": "int_"}
RULE = re.compile(r"[a-z]\d\d_")
UNITED = "rule_result"  # unites the rules: what is tested of it is tested of each
# A step on the way to a mart or a rule stands beside it.
STEPS = re.compile(r"models/(\w+)/intermediate/")
# A view of models whose key is guarded: asked again it would cost a walk through all of them.
KEYED_BY_SOURCES = "int_standing_records"
# They read every record there is, by canonical_records().
LISTED_ELSEWHERE = ("int_person_mentions", "int_standing_records", "int_touched_lines")


def _records() -> list[dict[str, Any]]:
    """The records with models of their own, as dbt knows them."""
    listed = re.search(r"return\(\[(.*)\]\)", record_macro(), re.DOTALL)
    assert listed is not None
    records = ast.literal_eval(f"[{listed[1].replace(': none', ': None')}]")
    return [record for record in records if record["latest"]]


@pytest.fixture(scope="module")
def manifest() -> Any:
    return project_manifest(NOWHERE, PROJECT)


@pytest.fixture(scope="module")
def models(manifest: Any) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type == "model"]


def layer(node: Any) -> str:
    """The folder in which a model stands. A step beside a mart is of the marts."""
    return Path(node.original_file_path).parts[1]


def told(nodes: list[Any]) -> list[str]:
    return sorted(node.original_file_path for node in nodes)


def key_tests(manifest: Any) -> list[Any]:
    return [
        node
        for node in manifest.nodes.values()
        if getattr(getattr(node, "test_metadata", None), "name", None) == "unique_combination"
    ]


def keyed(manifest: Any) -> set[str]:
    """Ids of the models whose key a test or a unique index guards."""
    tested = {test.attached_node for test in key_tests(manifest)}
    indexed = {
        node.unique_id
        for node in manifest.nodes.values()
        if node.resource_type == "model"
        and any(index.get("unique") for index in node.config.get("indexes") or [])
    }
    return tested | indexed


def test_a_build_guards_every_key_without_the_test(manifest: Any) -> None:
    """`guard_key` finds the tests of a model by their names; tables call it as they are made."""
    without = []
    for test in key_tests(manifest):
        model = manifest.nodes[test.attached_node]
        is_found = test.unique_id.startswith(f"test.minzheng.unique_combination_{model.name}_")
        calls = model.config.materialized in ("table", "incremental") or any(
            "guard_key(this)" in hook.sql for hook in model.config.post_hook
        )
        if model.resource_type == "model" and not (is_found and calls):
            without.append(test.name)
    assert without == []


def test_every_model_is_described_in_chinese_with_its_grain(models: list[Any]) -> None:
    silent = [node for node in models if not re.search(r"[一-鿿].*一行", node.description or "")]
    assert told(silent) == []


def test_every_model_has_one_key_that_is_guarded(manifest: Any, models: list[Any]) -> None:
    guarded = keyed(manifest)
    without = [
        node
        for node in models
        if node.unique_id not in guarded
        and node.name != KEYED_BY_SOURCES
        and not RULE.match(node.name)  # tested in `rule_result`
    ]
    assert told(without) == []
    united = next(node for node in models if node.name == UNITED)
    rules = {node.unique_id for node in models if RULE.match(node.name)}
    assert {manifest.nodes[name].name for name in set(united.depends_on.nodes) - rules} == {"int_not_sent"}
    assert rules < set(united.depends_on.nodes)
    assert united.unique_id in guarded


def test_every_staged_record_is_found_by_its_key_its_line_and_its_delivery(models: list[Any]) -> None:
    """What has news is looked for among all that was ever told."""
    indexes = {node.name: node.config.get("indexes") or [] for node in models}
    for record in canonical_records().values():
        key = KEYS_OF_MODELS.get(record.name, record.key)
        first = {(columns[0],) for columns in (key, REPLACED_BY.get(record.name, key))}
        found = {
            tuple(index["columns"]): index.get("unique", False) for index in indexes[f"stg_{record.name}"]
        }
        assert found == {
            ("delivery_id", "line_number", "position"): True,
            ("feed", "line_key"): False,
            **dict.fromkeys(first, False),
        }, record.name


def test_the_standing_version_of_a_record_is_chosen_by_its_key(models: list[Any]) -> None:
    nodes = {node.name: node for node in models}
    for record in _records():
        node = nodes[record["latest"]]
        called = re.search(r"\bkey=(\[[^\]]*\])", node.raw_code)
        assert called is not None, node.name
        assert ast.literal_eval(called[1]) == record["key"], node.name
        assert node.config.unique_key == ["feed", *record["key"]], node.name


def test_every_ref_stands_on_the_page_of_its_model(manifest: Any, models: list[Any]) -> None:
    hidden = {}
    for node in models:
        named = set(re.findall(r"'(\w+)'", re.sub(r"(?m)--.*$", "", node.raw_code)))
        read = {manifest.nodes[name].name for name in node.depends_on.nodes if name in manifest.nodes}
        if read - named:
            hidden[node.name] = sorted(read - named)
    assert set(hidden) == set(LISTED_ELSEWHERE), hidden


def test_a_layer_reads_the_layers_before_it(manifest: Any, models: list[Any]) -> None:
    """staging < intermediate < marts < rules; steps on the way to marts and rules are of their layer."""
    against = [
        f"{node.name} reads {other.name}"
        for node in models
        for other in (manifest.nodes.get(name) for name in node.depends_on.nodes)
        if other is not None
        and other.resource_type == "model"
        and LAYERS.index(layer(other)) > LAYERS.index(layer(node))
    ]
    assert against == []


def test_names_tell_the_layer(models: list[Any]) -> None:
    wrong = []
    for node in models:
        kind = "intermediate" if STEPS.search(node.original_file_path) else layer(node)
        prefix = PREFIX.get(kind)
        is_right = node.name.startswith(prefix) if prefix else not re.match(r"(stg|int)_", node.name)
        if not is_right or (node.config.get("schema") or kind) != kind:
            wrong.append(node)
    assert told(wrong) == []


def test_macros_name_no_model_but_where_a_list_is_left(manifest: Any) -> None:
    """A ref in a macro is one that no page shows; hooks and strategies have theirs on the page as well."""
    naming = {
        path.relative_to(PROJECT).as_posix(): re.findall(r"ref\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for path in (PROJECT / "macros").rglob("*.sql")
    }
    assert {path: refs for path, refs in naming.items() if refs} == {
        "macros/deliveries.sql": ["'stg_deliveries'"],  # note_absorbed, a hook
        "macros/touched.sql": ["meta['touched_by']"],  # the strategy `touched`
    }


def test_what_only_a_following_run_joins_is_a_relation(models: list[Any]) -> None:
    """Parsing takes the branch of a first run: a name in place of a ref would be seen by nobody."""
    named = [model.name for model in models if re.search(r"only_touched\w*\(\s*['\"]", model.raw_code)]
    assert named == []


def test_a_key_of_lines_says_which_record_of_the_line(manifest: Any) -> None:
    """A line may hold several records (`each` of a contract): one row for each of them is no double."""
    tells_apart = {"position", "member_no", "role"}
    one_a_line = [
        test.name
        for test in key_tests(manifest)
        if "line_number" in (columns := set(test.test_metadata.kwargs["columns"]))
        and not columns & tells_apart
    ]
    assert one_a_line == ["unique_combination_int_touched_lines_delivery_id__line_number"]


@pytest.mark.parametrize("record", _records(), ids=lambda record: record["name"])
def test_the_key_of_a_record_is_that_of_its_model(models: list[Any], record: dict[str, Any]) -> None:
    """What dbt is told of the records (`canonical_records`) and what their models say is one."""
    latest = next(node for node in models if node.name == record["latest"])
    said = re.search(r"(?<!_)key=\[(.*?)\]", latest.raw_code)
    assert said is not None
    assert re.findall(r"'(\w+)'", said[1]) == record["key"]
    assert latest.config.unique_key == ["feed", *record["key"]]
    (unique,) = [index for index in latest.config.get("indexes") if index.get("unique")]
    assert {*unique["columns"]} == {"feed", *record["key"]}
