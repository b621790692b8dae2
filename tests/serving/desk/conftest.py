"""The desk on a published family with findings in two divisions, and officers who sign in."""

from collections.abc import Iterator

import pytest
from at_the_desk import HERE, Officers, Visitor, furnish
from fastapi import FastAPI
from hand_made_family import Family
from landed_lines import land_lines
from templates import Templates

from serving.desk.app import create_app
from serving.desk.staff import leave
from warehouse.database.connection import Warehouse
from warehouse.database.settings import Settings


@pytest.fixture
def template(templates: Templates, migrated: Warehouse) -> Warehouse:
    return templates.made_once("desk_family", furnish, migrated)


@pytest.fixture
def chosen() -> Settings:
    return Settings(desk_secure_cookies=False)


@pytest.fixture
def app(database: Warehouse, chosen: Settings) -> Iterator[FastAPI]:
    made = create_app(chosen, lambda: database)
    yield made
    made.state.desk.people.tidy(0)
    made.state.desk.accounts.engine.dispose()


@pytest.fixture
def officers(database: Warehouse, app: FastAPI) -> Iterator[Officers]:
    made = Officers(database, app)
    yield made
    app.state.desk.people.tidy(0)
    for login in made.added:
        leave(database, login)


@pytest.fixture
def officer(officers: Officers) -> Visitor:
    """Of the division of the family, not signed in yet."""
    return officers.add("张三", HERE)


@pytest.fixture
def told(family: Family) -> Family:
    """With the lines behind its first finding landed."""
    land_lines(family)
    return family


@pytest.fixture
def colleague(officers: Officers) -> Visitor:
    return officers.add("李四", HERE)
