"""Which settings of a real server put values of people into its log, and that each is told with what mends it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from ingestion.session import settle
from warehouse.database.connection import Warehouse
from warehouse.database.doctor import _examine_database
from warehouse.database.server_log import LOG_SETTINGS, PARAMETERS, what_the_log_tells

UNSAFE = {
    "log_statement": "mod",
    "log_min_duration_statement": "0",
    "log_min_duration_sample": "100",
    "log_transaction_sample_rate": "0.5",
    "log_parameter_max_length_on_error": "-1",
    "log_error_verbosity": "verbose",
    "log_min_error_statement": "error",
    "debug_print_parse": "on",
    "debug_print_rewritten": "on",
    "debug_print_plan": "on",
}
OF_AUTO_EXPLAIN = {name for name in LOG_SETTINGS if name.startswith("auto_explain.")}


@contextmanager
def safe_server(database: Warehouse) -> Iterator[str]:
    """The database of a test, every setting as the guide wants it; its name."""
    name = database.parameters["dbname"]
    with psycopg.connect(database.address, autocommit=True) as admin:
        for setting, known in LOG_SETTINGS.items():
            if setting not in OF_AUTO_EXPLAIN:
                admin.execute(f"alter database {name} set {setting} = '{known.wanted}'".encode())
    yield name


def told(database: Warehouse) -> list[str]:
    with psycopg.connect(database.address) as connection:
        settle(connection)  # what our own sessions set hides nothing
        return list(what_the_log_tells(connection))


def test_every_setting_is_tried() -> None:
    assert set(UNSAFE) | set(PARAMETERS) | OF_AUTO_EXPLAIN == set(LOG_SETTINGS)


@pytest.mark.parametrize("setting", UNSAFE)
def test_a_setting_that_logs_values_is_told_and_what_mends_it_does(database: Warehouse, setting: str) -> None:
    with safe_server(database) as name, psycopg.connect(database.address, autocommit=True) as admin:
        assert told(database) == []
        admin.execute(f"alter database {name} set {setting} = '{UNSAFE[setting]}'".encode())
        sentences = [sentence for sentence in told(database) if sentence.startswith(f"{setting} =")]
        # as the session begins, and of the database
        assert [f" of database {name}:" in sentence for sentence in sentences] == [False, True]
        (mends,) = [word for word in sentences[1].split("`") if word.startswith("alter ")]
        admin.execute(mends.encode())
        assert told(database) == []


def test_the_values_of_statements_matter_where_statements_are_logged(database: Warehouse) -> None:
    with safe_server(database) as name, psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"alter database {name} set log_parameter_max_length = -1".encode())
        assert told(database) == []
        admin.execute(f"alter database {name} set log_min_duration_statement = 1000".encode())
        assert {sentence.split(" = ")[0] for sentence in told(database)} == {
            "log_parameter_max_length", "log_min_duration_statement",
        }  # fmt: skip


def test_a_login_with_settings_of_its_own_is_named(database: Warehouse) -> None:
    with safe_server(database) as name, psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"create role logged_{name} login".encode())
        try:
            admin.execute(f"alter role logged_{name} in database {name} set log_statement = 'all'".encode())
            (sentence,) = told(database)
            assert sentence.startswith(f"log_statement = all of role logged_{name} ")
            (mends,) = [word for word in sentence.split("`") if word.startswith("alter ")]
            admin.execute(mends.encode())
            assert told(database) == []
        finally:
            admin.execute(f"drop owned by logged_{name}; drop role logged_{name}".encode())


def test_plans_are_told_where_auto_explain_is_loaded(database: Warehouse) -> None:
    with safe_server(database) as name, psycopg.connect(database.address, autocommit=True) as admin:
        try:
            admin.execute("load 'auto_explain'")
            admin.execute(f"alter database {name} set session_preload_libraries = 'auto_explain'".encode())
        except psycopg.errors.UndefinedFile:
            pass  # a server without the library has the setting all the same
        admin.execute(f"alter database {name} set auto_explain.log_min_duration = 0".encode())
        assert any(sentence.startswith("auto_explain.log_min_duration = 0") for sentence in told(database))


def test_the_doctor_says_so(database: Warehouse) -> None:
    with safe_server(database) as name, psycopg.connect(database.address, autocommit=True) as admin:
        checks = [check for check in _examine_database(admin) if check.title.endswith("log")]
        assert [check.is_notice for check in checks] == [False]
        admin.execute(f"alter database {name} set log_error_verbosity = 'default'".encode())
    with psycopg.connect(database.address) as connection:
        checks = [check for check in _examine_database(connection) if check.title.endswith("log")]
    assert [(check.good, check.is_notice) for check in checks] == [(True, True)] * 2
    assert "repeats the row or key that failed" in checks[0].detail
