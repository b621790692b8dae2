"""dbt in this process: one call per layer, because every cold start costs seconds."""

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from warehouse.config import PROJECT_ROOT, settings
from warehouse.database import role_of
from warehouse.errors import MinzhengError
from warehouse.lineage import record_lineage

LOGGER = logging.getLogger("minzheng.lineage")
PROJECT = PROJECT_ROOT / "dbt_project"
MODEL_PAGE = "models.html"
FINISHED = ("LogModelResult", "LogTestResult", "LogSeedResult")  # dbt's events for a node that ended
FAILED = ("error", "fail", "runtime error", "partial success")


def dbt_environment(url: str) -> dict[str, str]:
    """Connection and folders for dbt's profile, as environment variables."""
    place = make_url(url)
    return {
        "MINZHENG_DBT_HOST": place.host or "localhost",
        "MINZHENG_DBT_PORT": str(place.port or 5432),
        "MINZHENG_DBT_USER": place.username or "",
        "MINZHENG_DBT_PASSWORD": place.password or "",
        "MINZHENG_DBT_ROLE": role_of(url),
        "MINZHENG_DBT_DATABASE": place.database or "",
        "MINZHENG_DBT_THREADS": str(settings().dbt_threads),
        "MINZHENG_DBT_TARGET": str(settings().home / "dbt_target"),
        "DBT_LOG_PATH": str(settings().log_dir / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def run_dbt(
    url: str,
    *arguments: str,
    variables: Mapping[str, object] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Run one dbt command, for example ``run_dbt(url, "build", "--select", "staging")``.

    ``progress(done, total)`` is called as nodes finish. Returns the names of the nodes that
    ran. Raises MinzhengError naming the nodes that failed: a failed dbt test is our bug, never
    the data's.
    """
    from dbt.cli.main import dbtRunner

    os.environ.update(dbt_environment(url))
    settings().log_dir.mkdir(parents=True, exist_ok=True)
    settings().log_dir.chmod(0o700)  # dbt logs the server's words, which may hold values
    command = [*arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet"]
    if variables:
        pairs = ", ".join(f"{name}: '{value}'" for name, value in variables.items())
        command += ["--vars", "{" + pairs + "}"]

    def report(event: Any) -> None:
        if progress and event.info.name in FINISHED:
            total = getattr(event.data, "total", 0) or getattr(event.data, "num_models", 0)
            progress(event.data.index, total)

    result = dbtRunner(callbacks=[report]).invoke(command)
    if arguments[0] == "build" and result.result is not None:
        try:
            record_lineage(url, settings().home / "dbt_target")
        except Exception as error:  # whatever a catalogue's server does must not stop a build
            LOGGER.warning("lineage was not recorded (%s)", type(error).__name__)
    nodes = list(getattr(result.result, "results", None) or [])
    failed = [node for node in nodes if str(node.status) in FAILED]
    if failed or not result.success:
        names = ", ".join(sorted(node.node.name for node in failed)) or type(result.exception).__name__
        raise MinzhengError(
            f"dbt {arguments[0]} failed in: {names}. The last published generation stays. "
            f"Details are in {Path(settings().log_dir) / 'dbt' / 'dbt.log'} (restricted: may hold values)."
        )
    return [node.node.name for node in nodes]


def write_model_docs(url: str) -> Path:
    """dbt's own documentation of the last build as one page that opens without a server."""
    run_dbt(url, "docs", "generate", "--static")
    page = settings().docs_dir / MODEL_PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings().home / "dbt_target" / "static_index.html", page)
    return page
