"""dbt in this process: one call per layer, because every cold start costs seconds."""

import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ingestion.garbage import seldom_collected
from warehouse.bureau.project import project_in_use
from warehouse.database.connection import Warehouse
from warehouse.database.errors import INSUFFICIENT_PRIVILEGE, MinzhengError, MissingRight, UsageError
from warehouse.database.ownership import refuse_strange_inputs
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.pipeline.lineage import record_lineage
from warehouse.pipeline.manifest import NO_INPUT, kept_manifest

if TYPE_CHECKING:  # importing dbt takes seconds
    from dbt.contracts.graph.manifest import Manifest

LOGGER = logging.getLogger("minzheng.lineage")
PROJECT = PROJECT_ROOT / "dbt_project"
MODEL_PAGE = "models.html"
TARGET = "dbt_target"  # what dbt leaves of a command, below MINZHENG_HOME
LOGGED = ("--log-level-file", "info")  # what ran and what failed, never a row
FAULTS = ("--log-level-file", "warn")  # a line in a log or on a console costs more than many a statement
# Commands that change the warehouse.
WRITING = {"build", "run", "seed", "retry", "clone", "run-operation"}
FINISHED = ("LogModelResult", "LogTestResult", "LogSeedResult")  # dbt's events for a node that ended
FAILED = ("error", "fail", "runtime error", "partial success")
# How an error is told by our sessions: the kind, never the words.
KIND = re.compile(r"\w+ \(SQLSTATE \w{5}\)")


class ModelFailed(MinzhengError):
    """Models or tests of dbt failed; names them."""


def project() -> Path:
    """Where the dbt project in use lies: the program's, or what a bureau's own folder makes of it."""
    return project_in_use(PROJECT, NO_INPUT)


def dbt_environment(warehouse: Warehouse) -> dict[str, str]:
    """What dbt's profile has to name, and folders, as environment variables. Its sessions are opened by the whole
    address (`dbt_sessions`)."""
    place = warehouse.parameters
    return {
        "MINZHENG_DBT_HOST": place.get("host", "localhost"),
        "MINZHENG_DBT_PORT": place.get("port", "5432"),
        "MINZHENG_DBT_USER": place.get("user", ""),
        "MINZHENG_DBT_PASSWORD": place.get("password", ""),
        "MINZHENG_DBT_ROLE": warehouse.role,
        "MINZHENG_DBT_DATABASE": place.get("dbname", ""),
        "MINZHENG_DBT_THREADS": str(settings().dbt_threads),
        "DBT_LOG_PATH": str(settings().log_dir / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def run_dbt(
    warehouse: Warehouse,
    *arguments: str,
    variables: Mapping[str, object] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float]:
    """Run one dbt command, for example ``run_dbt(warehouse, "build", "--select", "staging")``.

    ``progress(done, total)`` is called as nodes finish. Returns the seconds that each node took, by
    name. Raises ModelFailed naming the nodes that failed: a failed dbt test is our bug, never
    the data's.
    """
    from dbt.cli.main import dbtRunner

    from warehouse.pipeline.dbt_events import without_debug

    place = project()
    manifest = project_manifest(warehouse, place)
    options = ["--log-level", "none", *_places(place), *FAULTS]
    if arguments[0] != "docs":
        options.append("--no-write-json")  # megabytes nobody reads

    def report(event: Any) -> None:
        if progress and event.info.name in FINISHED:
            total = getattr(event.data, "total", 0) or getattr(event.data, "num_models", 0)
            progress(event.data.index, total)

    runner = dbtRunner(manifest=manifest, callbacks=[report])
    with without_debug(), seldom_collected():
        result: Any = runner.invoke([*arguments, *options, *_vars(variables or {})])
    if arguments[0] == "build" and result.result is not None:
        try:
            record_lineage(warehouse, manifest, result.result.results)
        except Exception as error:  # whatever a catalogue's server does must not stop a build
            LOGGER.warning("lineage was not recorded (%s)", type(error).__name__)
    nodes = list(getattr(result.result, "results", None) or [])
    failed = [node for node in nodes if str(node.status) in FAILED]
    if failed or not result.success:
        raise _failure(arguments[0], ", ".join(sorted(map(_told, failed))) or _name(result.exception))
    return {node.node.name: node.execution_time for node in nodes}


def run_command(warehouse: Warehouse, arguments: Sequence[str]) -> int:
    """Any command of dbt as somebody types it, on the day and generation of the build begun last: what it says
    is printed. Returns dbt's own exit status: 0 good, 1 a model or test failed, 2 a wrong command.

    What changes the warehouse waits for a build to end, and lets none begin meanwhile; a build under way begins
    again with its first step, and the next makes all marts anew.
    """
    from dbt.cli.main import dbtRunner

    place = project()
    manifest = project_manifest(warehouse.acting_as("transformer"), place)
    named = {argument.partition("=")[0] for argument in arguments}
    ours = [*_places(place), *LOGGED, *_vars(_last_begun(warehouse))]
    options = [
        part for pair in zip(ours[::2], ours[1::2], strict=True) if pair[0] not in named for part in pair
    ]
    with _changing(warehouse) if named & WRITING else nullcontext():
        result = dbtRunner(manifest=manifest).invoke([*arguments, *options])
    if result.exception:
        raise UsageError(f"dbt 未执行这条命令。 dbt did not run this command: {result.exception}")
    return 0 if result.success else 1


@contextmanager
def _changing(warehouse: Warehouse) -> Iterator[None]:
    """Alone with the models. What was staged, derived or judged of a build is no longer what stands there, and
    may be of another day."""
    with warehouse.exclusive("build"):
        with warehouse.connect() as connection:
            if connection.execute("select to_regclass('ops.build_under_way')").fetchone() != (None,):
                refuse_strange_inputs(connection)
                connection.execute(
                    "update ops.build_under_way set reached = null, judged_against = null, reached_at = now()"
                    " where reached <> 'publish'"
                )
                connection.execute("update ops.marts_mark set is_under_way = true")
        yield


def project_manifest(warehouse: Warehouse, place: Path) -> "Manifest":
    """The dbt project at a place, parsed, as on the database; dbt is set up for it in this process."""
    from warehouse.pipeline.dbt_costs import spare_dbt
    from warehouse.pipeline.dbt_sessions import use_our_sessions

    spare_dbt()
    use_our_sessions(warehouse.parameters)
    environment = dbt_environment(warehouse)
    os.environ.update(environment)
    for folder in (settings().log_dir, settings().home / TARGET):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    database = environment["MINZHENG_DBT_DATABASE"]
    return kept_manifest(settings().manifest_dir, place, database, lambda: _parsed(place))


def _places(project: Path) -> list[str]:
    home = settings().home / TARGET
    return ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(home)]


def _vars(variables: Mapping[str, object]) -> list[str]:
    pairs = ", ".join(f"{name}: '{value}'" for name, value in variables.items())
    return ["--vars", "{" + pairs + "}"]


def _last_begun(warehouse: Warehouse) -> dict[str, object]:
    """Business date and generation of the build begun last; nothing before the first."""
    with warehouse.connect() as connection:
        if connection.execute("select to_regclass('ops.build_under_way')").fetchone() == (None,):
            return {}
        begun = connection.execute("select business_date, generation from ops.build_under_way").fetchone()
    return dict(zip(("business_date", "generation"), begun or (), strict=False))


def _parsed(place: Path) -> "Manifest":
    """The project parsed anew; nothing of it is left in dbt's own folder."""
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(
        ["parse", "--log-level", "none", *_places(place), *LOGGED, "--no-partial-parse", "--no-write-json"]
    )
    if not result.success:
        raise _failure("parse", _name(result.exception))
    return cast("Manifest", result.result)


def _name(error: BaseException | None) -> str:
    return type(error).__name__


def _failure(command: str, what: str) -> MinzhengError:
    kind = MissingRight if f"SQLSTATE {INSUFFICIENT_PRIVILEGE}" in what else ModelFailed
    return kind(
        "模型或测试出错，上次发布的世代不变。 "
        f"dbt {command} failed in: {what}. The last published generation stays. "
        f"Details are in {settings().log_dir / 'dbt' / 'dbt.log'}: the kind of fault and where, never values."
    )


def _told(node: Any) -> str:
    """Name of a failed node, with the kind of the error where it was the server's."""
    said = KIND.search(str(node.message or ""))
    return f"{node.node.name} ({said.group()})" if said else str(node.node.name)


def write_model_docs(warehouse: Warehouse) -> Path:
    """dbt's own documentation of the last build as one page that opens without a server."""
    with warehouse.connect() as connection:
        built = connection.execute(
            "select business_date, generation from ops.build order by build_id desc limit 1"
        ).fetchone()
    variables = dict(zip(("business_date", "generation"), built or (), strict=False))
    run_dbt(warehouse, "docs", "generate", "--static", variables=variables)
    page = settings().docs_dir / MODEL_PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings().home / TARGET / "static_index.html", page)
    return page
