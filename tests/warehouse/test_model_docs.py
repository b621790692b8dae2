"""``minzheng docs``: one page on all models that opens without a network, in Chinese, about nobody."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import yaml

from warehouse.config import settings
from warehouse.dbt import MODEL_PAGE, PROJECT, run_dbt, write_model_docs
from warehouse.pipeline import prepare

# Of dbt's page: what a browser would fetch by itself, unlike a link somebody may follow.
FETCHED = re.compile(r"<(?:script|img|iframe)[^>]+src=.?https?:|<link[^>]+href=.?https?:", re.IGNORECASE)


@pytest.fixture(scope="module")
def documented(new_database: Callable[[str | None], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page on an empty warehouse, and what dbt knew beside it."""
    home = tmp_path_factory.mktemp("documented")
    url = new_database(None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(home))
        settings.cache_clear()
        prepare(url)
        kinds = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
        run_dbt(url, "build", *kinds, variables={"business_date": "2025-06-30", "generation": 1})
        with psycopg.connect(url) as connection:
            names = connection.execute("select count(*) from marts.resident").fetchone()
        assert names == (0,)
        page = write_model_docs(url)
        assert page == settings().docs_dir / MODEL_PAGE
    settings.cache_clear()
    return home


@pytest.fixture
def catalogue(documented: Path) -> dict:
    return json.loads((documented / "dbt_target" / "catalog.json").read_text(encoding="utf-8"))


def test_the_page_opens_without_a_network_and_begins_in_chinese(documented: Path) -> None:
    page = (documented / "data_docs" / MODEL_PAGE).read_text(encoding="utf-8")
    assert not FETCHED.search(page)
    assert json.dumps("民政共享数据仓库：模型").strip('"') in page
    assert "postgresql://" not in page


def test_the_page_has_every_model_with_its_columns(documented: Path, catalogue: dict) -> None:
    models = {path.stem for path in (PROJECT / "models").rglob("*.sql")}
    shown = {node.split(".")[-1]: table for node, table in catalogue["nodes"].items()}
    assert models <= set(shown)
    assert shown["resident"]["columns"]["resident_id"]["comment"]
    raw = [table for node, table in catalogue["sources"].items() if node.split(".")[2] == "raw"]
    assert raw
    for table in raw:
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
