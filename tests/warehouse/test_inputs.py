"""What a build is made of."""

import pytest

from ingestion.contract import load_contracts
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT
from warehouse.pipeline.dbt import PROJECT
from warehouse.pipeline.inputs import (
    FOLDERS_OF_DBT,
    PROGRAM_FILES,
    PROGRAM_FOLDERS,
    models_without_news,
)


def test_every_part_of_the_program_counts() -> None:
    """A folder that is not where it is looked for would let two programs mix."""
    silent = [
        folder
        for folder in (*map(PROJECT.joinpath, FOLDERS_OF_DBT), *map(PROJECT_ROOT.joinpath, PROGRAM_FOLDERS))
        if not any(path.suffix in PROGRAM_FILES for path in folder.rglob("*"))
    ]
    assert silent == []


@pytest.mark.builds
def test_models_of_a_kind_rest_until_whoever_tells_of_it_delivers(published_town: Warehouse) -> None:
    """Under a second on the built town."""
    records = {"vehicle", "aid_household", "aid_household_member"}
    models = {f"stg_{record}" for record in records} | {"int_vehicle_latest", "int_aid_household_latest"}
    with published_town.connect() as connection:

        def awake() -> set[str]:
            return models - set(models_without_news(connection, load_contracts().values()))

        assert awake() == set()
        connection.execute(
            "delete from ops.absorbed_delivery where model = 'int_vehicle_latest' and delivery_id ~ '^vehicle'"
        )
        assert awake() == {"int_vehicle_latest"}
        # A line of a household holds its members.
        connection.execute("delete from ops.absorbed_delivery where delivery_id ~ '^aid_household'")
        assert awake() == models - {"stg_vehicle"}
        connection.execute("delete from staging.stg_deliveries")
        assert awake() == set()
        connection.rollback()
