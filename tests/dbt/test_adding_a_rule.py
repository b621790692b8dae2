"""The worked example of docs/adding_a_rule.md does what it says, on a copy of the project."""

import re
import shutil
from pathlib import Path

import pytest
import test_rule_catalogue as catalogue
import yaml

from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.derived.rule_union import rule_union
from warehouse.pipeline import dbt

pytestmark = pytest.mark.builds

MODEL = "z01_decided_late"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dbt project with the rule of the example added as the page says."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(dbt.PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
    page = (PROJECT_ROOT / "docs" / "adding_a_rule.md").read_text(encoding="utf-8")
    (_, rule), (_, parameter), (_, model), (_, tests) = BLOCK.findall(page)
    for seed, row in (("anomaly_rule", rule), ("rule_parameter", parameter)):
        with (copy / "seeds" / "rules" / f"{seed}.csv").open("a", encoding="utf-8") as file:
            file.write(row)
    (copy / "models" / "rules" / f"{MODEL}.sql").write_text(model, encoding="utf-8")
    (copy / "models" / "rules" / "_z_rules.yml").write_text(tests, encoding="utf-8")
    described = copy / "models" / "rules" / "_rules.yml"
    text = described.read_text(encoding="utf-8")
    listed = f"  - name: {MODEL}\n    description: Z01\n    columns: *result\n  - name: rule_result\n"
    described.write_text(text.replace("  - name: rule_result\n", listed), encoding="utf-8")
    catalogue_text = (copy / "seeds" / "rules" / "anomaly_rule.csv").read_text(encoding="utf-8")
    (copy / "models" / "rules" / "rule_result.sql").write_text(rule_union(catalogue_text), encoding="utf-8")
    monkeypatch.setattr(dbt, "PROJECT", copy)
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield copy
    settings.cache_clear()


def test_the_rule_is_built_tested_and_united_with_the_others(
    project: Path, published_town: Warehouse
) -> None:
    variables = {"business_date": "2025-06-30", "generation": 1}
    options = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    dbt.run_dbt(published_town, "build", *options, "--select", "path:seeds/rules", MODEL, variables=variables)
    ran = dbt.run_dbt(
        published_town, "build", "--select", MODEL, "every_active_rule_has_a_model", variables=variables
    )
    text = (project / "models" / "rules" / "_z_rules.yml").read_text(encoding="utf-8")
    unit_tests = {test["name"] for test in yaml.safe_load(text)["unit_tests"]}
    assert len(unit_tests) == 3
    assert {MODEL, "every_active_rule_has_a_model", *unit_tests} <= set(ran)


def test_the_catalogue_takes_the_rule(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PROJECT", project)
    monkeypatch.setattr(catalogue, "RULES", project / "models" / "rules")
    for name in ("properties", "unit_tests"):  # as they are without what is remembered of the real project
        monkeypatch.setattr(catalogue, name, getattr(catalogue, name).__wrapped__)
    assert MODEL in catalogue.active_models()
    catalogue.test_every_active_rule_has_one_model_and_every_model_a_rule()
    catalogue.test_every_active_rule_proves_a_hit_a_near_miss_and_what_it_cannot_judge(MODEL)
    catalogue.test_unit_tests_are_named_after_the_model_and_what_they_state()
    catalogue.test_a_rule_uses_its_own_parameters_only()
