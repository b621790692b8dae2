"""Bring a database to the version of this code: migrations, then the functions kept as plain SQL."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from warehouse.database import engine

FOLDER = Path(__file__).parent / "migrations"


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade to a revision. Running it again changes nothing.

    ``migrations/sql/*.sql`` hold functions (``create or replace``), applied after every
    upgrade so that they stand in one place and change without a revision of their own.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine(url).begin() as connection:
        # Two programs starting at once take turns.
        connection.execute(text("select pg_advisory_xact_lock(hashtext('minzheng.migrate'))"))
        connection.execute(text("create schema if not exists ops"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision == "head":
            for script in sorted((FOLDER / "sql").glob("*.sql")):
                # The driver's own cursor: a script takes no parameters, so '%' is just a character.
                connection.connection.cursor().execute(script.read_text(encoding="utf-8"))
