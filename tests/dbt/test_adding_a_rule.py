"""The worked example of docs/adding_a_rule.md does what it says, on a copy of the project."""

import re
import shutil
from pathlib import Path

import pytest

from warehouse import dbt
from warehouse.config import PROJECT_ROOT, settings
from warehouse.pipeline import prepare

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
    macros = copy / "macros" / "rules.sql"
    text = macros.read_text(encoding="utf-8")
    macros.write_text(text.replace("\n]) }}", f"\n    '{MODEL}',\n]) }}}}", 1), encoding="utf-8")
    monkeypatch.setattr(dbt, "PROJECT", copy)
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield copy
    settings.cache_clear()


def test_the_rule_is_built_tested_and_united_with_the_others(project: Path, database: str) -> None:
    prepare(database)
    variables = {"business_date": "2025-06-30", "generation": 1}
    options = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    dbt.run_dbt(database, "build", *options, "--select", "path:seeds", f"+{MODEL}", variables=variables)
    ran = dbt.run_dbt(
        database, "build", "--select", MODEL, "every_active_rule_has_a_model", variables=variables
    )
    assert {MODEL, f"{MODEL}__late_in_time_and_before_the_calendar", "every_active_rule_has_a_model"} <= set(
        ran
    )
