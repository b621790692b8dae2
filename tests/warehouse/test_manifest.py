"""The parsed dbt project is kept per digest of every input of the parse, and models follow the day of the run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt_common.clients.jinja import MacroFuzzEnvironment, get_template, render_template

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline import dbt_templates, manifest
from warehouse.pipeline.dbt import PROJECT, run_dbt
from warehouse.pipeline.manifest import DBT_PARTS, KEPT, kept_manifest, parse_digest

FILES = {
    "dbt_project.yml": "name: town",
    "profiles.yml": "town: {target: warehouse}",
    "models/marts/resident.sql": "select 1 as resident_id",
    "models/marts/_marts.yml": "models: []",
    "macros/clean.sql": "{% macro clean() %}{% endmacro %}",
    "seeds/codes.csv": "code,title",
    "tests/no_overlap.sql": "select 1 where false",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.write_text(path.read_text() + " "), id="changed"),
        pytest.param(lambda path: path.rename(path.with_stem("other")), id="renamed"),
        pytest.param(lambda path: path.unlink(), id="removed"),
        pytest.param(lambda path: path.with_stem("another").write_text(""), id="one more"),
    ],
)
def test_every_file_of_the_project_is_an_input(
    project: Path, name: str, change: Callable[[Path], object]
) -> None:
    before = parse_digest(project)
    change(project / name)
    assert parse_digest(project) != before


def test_so_are_dbt_its_own_variables_and_where_the_project_lies(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {parse_digest(project)}
    monkeypatch.setenv("DBT_TARGET", "other")
    seen.add(parse_digest(project))
    for changed in (*DBT_PARTS, None):
        monkeypatch.setattr(
            manifest, "version", lambda name, changed=changed: "9" if name == changed else "1"
        )
        seen.add(parse_digest(project))
    seen.add(parse_digest(project.rename(project.with_name("moved"))))
    assert len(seen) == 4 + len(DBT_PARTS)


def test_what_dbt_leaves_behind_and_where_the_database_is_are_none(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = parse_digest(project)
    (project / "target").mkdir()
    (project / "target" / "graph.gpickle").write_text("")
    monkeypatch.setenv("MINZHENG_DBT_PORT", "5433")
    monkeypatch.setenv("DBT_LOG_PATH", "elsewhere")
    assert parse_digest(project) == before


def compiled(database: Warehouse, day: str) -> str:
    run_dbt(database, "compile", "--select", "stg_deliveries", variables={"business_date": day})
    place = settings().home / "dbt_target" / "compiled" / "minzheng" / "models" / "staging"
    return (place / "stg_deliveries.sql").read_text(encoding="utf-8")


def test_a_kept_manifest_follows_the_day_and_the_database(database: Warehouse) -> None:
    name = database.parameters["dbname"]
    for day in ("2025-06-29", "2025-06-30"):
        sql = compiled(database, day)
        assert f"'{day}'::date" in sql
        assert f'"{name}"."ops"."delivery"' in sql
    kept = settings().manifest_dir.glob(f"{parse_digest(PROJECT)}*")
    assert {path.suffix for path in kept} == {".msgpack", ".templates"}


def test_compiled_templates_are_not_taken_from_a_folder_others_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = MacroFuzzEnvironment.compile
    monkeypatch.setattr(MacroFuzzEnvironment, "compile", before)
    folder = tmp_path / "templates"
    folder.mkdir()
    for mode in (0o720, 0o702):
        folder.chmod(mode)
        dbt_templates.keep_templates(folder)
        assert MacroFuzzEnvironment.compile is before
    folder.chmod(0o700)
    dbt_templates.keep_templates(folder)
    assert MacroFuzzEnvironment.compile is not before


def test_templates_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their kind; with what is kept spoilt or gone they are compiled again."""
    monkeypatch.setattr(MacroFuzzEnvironment, "compile", MacroFuzzEnvironment.compile)
    compile_, asked = dbt_templates._compile, []
    monkeypatch.setattr(
        dbt_templates,
        "_compile",
        lambda environment, source: asked.append(source) or compile_(environment, source),
    )

    def rendered(number: int) -> list[object]:
        return [
            render_template(get_template("{{ number + 1 }}", {}, native=native), {"number": number})
            for native in (False, True)
        ]

    folder = tmp_path / "templates"

    def begin() -> None:
        """As another process does."""
        dbt_templates.keep_templates(folder)

    begin()
    assert [rendered(1), rendered(2)] == [["2", 2], ["3", 3]]
    assert len(asked) == 2
    first, second = folder.iterdir()
    first.write_bytes(b"spoilt")
    second.unlink()
    begin()
    assert rendered(3) == ["4", 4]
    assert len(asked) == 4
    begin()
    shutil.rmtree(folder)
    assert rendered(4) == ["5", 5]


def test_a_project_is_parsed_once_and_again_when_it_has_changed(
    database: Warehouse, project: Path, tmp_path: Path
) -> None:
    compiled(database, "2025-06-30")  # so that one is kept, to be handed out as the parsed one
    asked = []

    def parse():
        asked.append(1)
        return kept_manifest(settings().manifest_dir, PROJECT, "minzheng", parse=lambda: None)

    folder = tmp_path / "manifests"
    for name in ("first", "second"):
        nodes = kept_manifest(folder, project, name, parse).nodes
        assert {node.database for node in nodes.values()} == {name}
        assert nodes["model.minzheng.resident"].relation_name == f'"{name}"."marts"."resident"'
    assert asked == [1]
    for change in range(KEPT + 2):
        (project / "models" / "marts" / "resident.sql").write_text(f"select {change} as change_no")
        kept_manifest(folder, project, "first", parse)
    assert len(asked) == KEPT + 3
    assert len(list(folder.glob("*.msgpack"))) == len(list(folder.glob("*.templates"))) == KEPT
    assert os.stat(folder).st_mode & 0o077 == 0
