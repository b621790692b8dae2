"""Alembic environment: the connection comes from ``warehouse.database.migrate``."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema="ops", transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
