"""The parsed dbt project, kept: parsing takes longer than building a small town.

dbt keeps its own partial parse only while ``--vars`` and profile stay the same, and ours change with every
day and every port of the embedded server. A manifest handed over is not parsed again, and the models are
still compiled with the vars of the run. It is kept per digest of every input of the parse, and with it what Jinja
made of the templates.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.garbage import seldom_collected
from warehouse.database.file_lock import alone

if TYPE_CHECKING:  # importing dbt takes seconds
    from dbt.contracts.graph.manifest import Manifest

# Written into the project's folder by dbt itself, or by an editor.
NO_INPUT = ("target", "logs", "__pycache__", ".user.yml")
# Of dbt's own variables, what is no input of the parse.
NO_INPUT_VARIABLES = ("DBT_LOG_PATH", "DBT_SEND_ANONYMOUS_USAGE_STATS")
# Asked by name: going through everything installed takes longer than all else of the digest. With Jinja, whose code
# of the templates is kept beside the manifest.
DBT_PARTS = (
    "Jinja2",
    "dbt-adapters",
    "dbt-common",
    "dbt-core",
    "dbt-extractor",
    "dbt-postgres",
    "dbt-protos",
)
KEPT = 5  # manifests, the newest: two programs may share a home while one is being replaced


def parse_digest(project: Path) -> str:
    """SHA-256 over every input of the parse: the project with its profile and where it lies, dbt with all
    its parts, and the variables by which dbt itself is set.

    Not the connection: where the warehouse is does not change the models, and the name of the database is
    set when a manifest is taken out (`kept_manifest`).
    """
    digest = hashlib.sha256(str(project.resolve()).encode())

    def add(name: str, value: bytes) -> None:
        digest.update(f"\n{name} {len(value)}\n".encode())
        digest.update(value)

    for path in sorted(project.rglob("*")):
        place = path.relative_to(project)
        if path.is_file() and not set(place.parts) & set(NO_INPUT):
            add(place.as_posix(), path.read_bytes())
    for name in DBT_PARTS:
        add(name, version(name).encode())
    for name, value in sorted(os.environ.items()):
        if name.startswith("DBT_") and name not in NO_INPUT_VARIABLES:
            add(name, value.encode())
    return digest.hexdigest()


def kept_manifest(folder: Path, project: Path, database: str, parse: "Callable[[], Manifest]") -> "Manifest":
    """The manifest of the project on a database, from the folder or, where none fits, parsed and kept.

    A new object each time: dbt notes in it what it compiles. Its templates are kept from now on.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    from warehouse.pipeline.dbt_templates import keep_templates

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{parse_digest(project)}.msgpack"
    with alone(folder / "lock"):  # who comes second waits for what the first one parses
        if not file.exists():
            parsed = parse()
            parsed.files = {}  # half of its size; a partial parse would want them, and there is none
            unfinished = file.with_suffix(".unfinished")
            unfinished.write_bytes(parsed.to_msgpack(extended_mashumaro_encoder))
            unfinished.rename(file)
            _forget_old(folder)
    keep_templates(_templates(file))
    with seldom_collected():
        manifest = Manifest.from_msgpack(file.read_bytes(), decoder=extended_mashumuro_decoder)
    for node in chain(manifest.nodes.values(), manifest.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f'"{node.database}".', f'"{database}".', 1)
        node.database = database
    return manifest


def _forget_old(folder: Path) -> None:
    newest_first = sorted(folder.glob("*.msgpack"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in newest_first[KEPT:]:
        file.unlink(missing_ok=True)
        shutil.rmtree(_templates(file), ignore_errors=True)


def _templates(file: Path) -> Path:
    return file.with_suffix(".templates")
