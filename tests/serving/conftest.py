"""The application on a published family, asked as a client with a token."""

import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from door import OTHER_TOKEN, TOKEN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hand_made_family import Family, settle_and_publish
from templates import Templates

from serving.app import create_app
from serving.database import Database
from warehouse.database.connection import Warehouse
from warehouse.database.settings import Settings


@pytest.fixture
def template(templates: Templates, migrated: Warehouse) -> Warehouse:
    return templates.made_once("published_family", settle_and_publish, migrated)


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    return Family(connection)


@pytest.fixture
def chosen() -> Settings:
    return Settings(
        api_tokens={
            name: hashlib.sha256(token.encode()).hexdigest()
            for name, token in (("approval", TOKEN), ("other", OTHER_TOKEN))
        },
        api_requests_per_minute=100_000,
    )


@pytest.fixture
def app(family: Family, database: Warehouse, chosen: Settings) -> Iterator[FastAPI]:
    place = Database(lambda: database)
    yield create_app(chosen, place)
    place.engine.dispose()


@pytest.fixture
def other_client(app: FastAPI) -> TestClient:
    return TestClient(app, headers={"Authorization": f"Bearer {OTHER_TOKEN}"}, raise_server_exceptions=False)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"}, raise_server_exceptions=False)
