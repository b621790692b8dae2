"""What every session of ours relies on, whatever the server, the database or the login say otherwise.

A server may write dates another way, stop each statement after a minute or make every transaction
serializable; then the same query has another result or none. All that is set here, once per session and
by statements: a pooler between us and the server does not pass start-up options on.
"""

import json
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, CreateEnginePlugin, Engine, event
from sqlalchemy.dialects import plugins

# Of the address of a database: the role its sessions act as. libpq does not know it.
ROLE = "role"
# ``create_engine(url, plugins=[PLUGIN])`` makes an engine whose sessions are settled.
PLUGIN = "minzheng"

SETTINGS = {
    # Our own locks keep apart what must be; two serializable steps would only stop each other.
    "default_transaction_isolation": "read committed",
    # What a name means: our statements name the schema of everything else.
    "search_path": "pg_catalog, pg_temp",
    # How text is read and values are written.
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "Asia/Shanghai",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "transform_null_equals": "off",
    # Of a machine that is gone the server knows within minutes, and not after two hours in which its turn stays taken.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "15",
    "tcp_keepalives_count": "8",
    # Set where the login may: triggers fire, and the server's log holds no values of failed statements.
    "session_replication_role": "origin",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# A build, and the lock it holds, take as long as they take.
WITHOUT_LIMITS = dict.fromkeys(
    (
        "statement_timeout", "lock_timeout", "transaction_timeout", "idle_in_transaction_session_timeout",
        "idle_session_timeout",
    ),
    "0",
)  # fmt: skip

SETTLE = """
select pg_catalog.set_config(settings.name, wanted.value, false)
from pg_catalog.jsonb_each_text(%s::jsonb) as wanted (name, value)
inner join pg_catalog.pg_settings as settings using (name)
where settings.context = 'user' or pg_catalog.has_parameter_privilege(settings.name, 'SET')
"""


def settle(connection: Any, role: str = "", *, keeps_limits: bool = False) -> None:
    """Settle a new session (of psycopg 3 or 2): commits what was begun in it.

    role: whom it acts as from now on. keeps_limits: the time limits of the server or login stay. What a
    server does not know yet is passed over, and so is what only an administrator may set.
    """
    wanted = SETTINGS if keeps_limits else SETTINGS | WITHOUT_LIMITS
    cursor = connection.cursor()
    cursor.execute(SETTLE, [json.dumps(wanted)])
    if role:
        cursor.execute("select pg_catalog.set_config('role', %s, false)", [role])
    cursor.close()
    connection.commit()


def another(connection: psycopg.Connection) -> psycopg.Connection:
    """A second connection like this one: same database, login and role, settled; it commits by itself."""
    ((role,),) = connection.execute("select pg_catalog.current_setting('role')").fetchall()
    second = psycopg.connect(
        make_conninfo(connection.info.dsn, password=connection.info.password), autocommit=True
    )
    settle(second, role)
    return second


class SettledSessions(CreateEnginePlugin):
    """Settles what an engine of SQLAlchemy connects, as the role in its address."""

    def __init__(self, url: URL, kwargs: Mapping[str, Any]) -> None:
        self.role = str(url.query.get(ROLE, ""))

    def update_url(self, url: URL) -> URL:
        return url  # the role stays: whoever connects elsewhere by this address must know it

    def engine_created(self, engine: Engine) -> None:
        event.listen(engine, "do_connect", _without_role)
        event.listen(engine, "connect", lambda connection, _: settle(connection, self.role))


def _without_role(_: Any, __: Any, ___: Any, parameters: dict[str, Any]) -> None:
    parameters.pop(ROLE, None)


plugins.register(PLUGIN, __name__, SettledSessions.__name__)
