"""A database as an administrator may have set it up for everybody else on the server."""

import psycopg

from warehouse.database.connection import Warehouse

HOSTILE = {
    "default_transaction_isolation": "serializable", "datestyle": "'SQL, DMY'", "intervalstyle": "iso_8601",
    "timezone": "'America/New_York'", "client_encoding": "GBK", "bytea_output": "escape",
    "standard_conforming_strings": "off", "extra_float_digits": "-3", "array_nulls": "off",
    "transform_null_equals": "on", "search_path": "elsewhere", "statement_timeout": "'15s'",
    "idle_in_transaction_session_timeout": "'15s'", "lock_timeout": "'15s'", "idle_session_timeout": "'15s'",
}  # fmt: skip


def make_hostile(database: Warehouse) -> None:
    """For sessions from now on."""
    name = database.parameters["dbname"]
    with psycopg.connect(database.address, autocommit=True) as admin:
        for setting, value in HOSTILE.items():
            admin.execute(f"alter database {name} set {setting} = {value}".encode())
