"""``minzheng docs``: one page on all models that opens without a network, in Chinese, about nobody."""

import json
import re
from pathlib import Path

import psycopg
import pytest
import yaml
from templates import at_home

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import MODEL_PAGE, PROJECT, write_model_docs

pytestmark = pytest.mark.builds

# Of dbt's page: what a browser would fetch by itself, unlike a link somebody may follow.
FETCHED = re.compile(r"<(?:script|img|iframe)[^>]+src=.?https?:|<link[^>]+href=.?https?:", re.IGNORECASE)


@pytest.fixture(scope="module")
def built(town, new_database) -> Warehouse:
    """A published town."""
    return new_database(town.after("publish"))


@pytest.fixture(scope="module")
def documented(built: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on it, and what dbt knew beside it."""
    home = tmp_path_factory.mktemp("documented")
    with at_home(home):
        page = write_model_docs(built)
        assert page == settings().docs_dir / MODEL_PAGE
    return home


@pytest.fixture
def catalogue(documented: Path) -> dict:
    return json.loads((documented / "dbt_target" / "catalog.json").read_text(encoding="utf-8"))


def test_the_page_opens_without_a_network_and_begins_in_chinese(documented: Path) -> None:
    page = (documented / "data_docs" / MODEL_PAGE).read_text(encoding="utf-8")
    assert not FETCHED.search(page)
    assert json.dumps("民政共享数据仓库：模型").strip('"') in page
    assert "postgresql://" not in page


def test_nobody_is_named_on_the_page(documented: Path, built: Warehouse) -> None:
    page = (documented / "data_docs" / MODEL_PAGE).read_text(encoding="utf-8")
    with psycopg.connect(built.address) as connection:
        known = connection.execute(
            "select id_number from marts.resident union select name from marts.resident where length(name) > 2"
        ).fetchall()
    assert len(known) > 300
    assert [f"{secret[:1]}…" for (secret,) in known if secret and secret in page] == []


def test_the_page_has_every_model_with_its_columns(documented: Path, catalogue: dict) -> None:
    models = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    shown = {node.split(".")[-1]: table for node, table in catalogue["nodes"].items()}
    assert models <= set(shown)
    assert shown["resident"]["columns"]["resident_id"]["comment"]
    views = [table for node, table in catalogue["sources"].items() if node.split(".")[2] == "input"]
    assert views
    for table in views:
        for column in table["columns"].values():
            assert re.search("[一-龥]", column["comment"] or ""), (table["metadata"]["name"], column["name"])


def test_exposures_name_who_relies_on_models_that_exist(documented: Path) -> None:
    manifest = json.loads((documented / "dbt_target" / "manifest.json").read_text(encoding="utf-8"))
    declared = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
    assert {exposure["name"] for exposure in declared} == set(exposures)
    assert {"approval_system", "verification_report"} <= set(exposures)
    for exposure in exposures.values():
        assert exposure["depends_on"]["nodes"]
        assert re.search("[一-龥]", exposure["label"])
