"""Which settings of a server write values of people into its log, which is not guarded as the data are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

# As a session begins, before ours sets what it may (ingestion/session.py): others set nothing.
OF_SESSIONS = """
select name, coalesce(reset_val, setting), '' from pg_settings where name = any(%(names)s)
union all
select
    split_part(given, '=', 1), substr(given, strpos(given, '=') + 1),
    concat_ws(
        ' in ', case when setrole <> 0 then format('role %%s', setrole::regrole) end,
        case when setdatabase <> 0 then format('database %%I', current_database()) end
    )
from pg_db_role_setting
cross join unnest(setconfig) as given
where
    split_part(given, '=', 1) = any(%(names)s)
    and setdatabase in (0, (select oid from pg_database where datname = current_database()))
order by 1, 3
"""


@dataclass(frozen=True)
class LogSetting:
    """A setting by which values of people reach the log of a server.

    is_safe: of its value as PostgreSQL spells it. wanted: the value to set. stake: what the log holds otherwise.
    """

    is_safe: Callable[[str], bool]
    wanted: str
    stake: str


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value.lower() in values


def _whole(what: str) -> str:
    return f"{what} is logged whole, with the names and numbers written in it"


# Those of PostgreSQL 15 to 18. A threshold of -1 is never reached.
STATEMENTS = {
    "log_statement": LogSetting(_one_of("none", "ddl"), "none", _whole("every statement of that kind")),
    "log_min_duration_statement": LogSetting(_one_of("-1"), "-1", _whole("every statement that takes as long")),
    "log_min_duration_sample": LogSetting(_one_of("-1"), "-1", _whole("a share of the statements that take as long")),
    "log_transaction_sample_rate": LogSetting(_one_of("0"), "0", _whole("a share of all statements")),
    "auto_explain.log_min_duration": LogSetting(
        _one_of("-1"), "-1", _whole("every statement that takes as long") + " and the values its plan compares"
    ),
}  # fmt: skip
PARAMETERS = {
    # Nothing by itself: only of statements that are logged.
    "log_parameter_max_length": LogSetting(
        _one_of("0"), "0", "the values given to a logged statement stand beside it"
    ),
    "auto_explain.log_parameter_max_length": LogSetting(
        _one_of("0"), "0", "the values given to a logged statement stand beside its plan"
    ),
}
ERRORS = {
    "log_parameter_max_length_on_error": LogSetting(
        _one_of("0"), "0", "the values given to a statement that fails stand beside it"
    ),
    "log_error_verbosity": LogSetting(
        _one_of("terse"), "terse", "the detail of an error repeats the row or key that failed"
    ),
    "log_min_error_statement": LogSetting(
        _one_of("fatal", "panic"), "panic", _whole("a statement that fails or waits long")
    ),
    **{
        name: LogSetting(_one_of("off"), "off", _whole("every statement, taken apart,"))
        for name in ("debug_print_parse", "debug_print_rewritten", "debug_print_plan")
    },
}
LOG_SETTINGS = STATEMENTS | PARAMETERS | ERRORS


def what_the_log_tells(connection: psycopg.Connection) -> Iterator[str]:
    """One sentence for each setting that puts values of people into the log: what is at stake, what to change.

    Seen are the settings as a session of this login begins, and those of the database and of any role in it.
    """
    found = connection.execute(OF_SESSIONS, {"names": list(LOG_SETTINGS)}).fetchall()
    unsafe = [(name, value, of) for name, value, of in found if not LOG_SETTINGS[name].is_safe(value)]
    are_logged = any(name in STATEMENTS for name, _, _ in unsafe)
    for name, value, of in unsafe:
        if name in PARAMETERS and not are_logged:
            continue
        setting = LOG_SETTINGS[name]
        where = f"alter {of} set" if of else "alter system set"
        yield (
            f"{name} = {value}{f' of {of}' if of else ''}: {setting.stake}. A superuser runs "
            f"`{where} {name} = '{setting.wanted}'`{'' if of else ' and `select pg_reload_conf()`'}"
        )
