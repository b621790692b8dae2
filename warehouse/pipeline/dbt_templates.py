"""What Jinja makes of dbt's templates, kept: compiling models and macros is a quarter of what a build takes of the
client, and each command does it anew."""

from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

from dbt_common.clients.jinja import MacroFuzzEnvironment
from jinja2.bccache import FileSystemBytecodeCache

_compile = MacroFuzzEnvironment.compile


def keep_templates(folder: Path) -> None:
    """From now on the templates of dbt are taken from the folder, and what is not there is compiled into it.

    Jinja's own cache sees to other versions of itself and of Python, and to several processes.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    cache = FileSystemBytecodeCache(str(folder), "%s")

    def compiled(self: MacroFuzzEnvironment, source: Any, *arguments: Any, **options: Any) -> str | CodeType:
        if arguments or options or not isinstance(source, str):
            return _compile(self, source, *arguments, **options)
        # Environments of one class differ in nothing that code is made of.
        bucket = cache.get_bucket(self, f"{type(self).__name__} {source}", None, source)
        if bucket.code is None:
            bucket.code = _compile(self, source)
            with suppress(OSError):  # somebody tidies up: it is compiled once more next time
                cache.set_bucket(bucket)
        return bucket.code

    MacroFuzzEnvironment.compile = compiled  # type: ignore[assignment,method-assign]
