"""What Jinja makes of dbt's templates, kept: compiling models and macros is a quarter of what a build takes of the
client, and each command does it anew."""

import logging
import os
import stat
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment, get_environment
from jinja2.bccache import FileSystemBytecodeCache

TEMPLATES = 4096  # models, tests, their arguments and macros are some hundreds
LOGGER = logging.getLogger("minzheng.templates")
_compile = MacroFuzzEnvironment.compile


def keep_templates(folder: Path) -> None:
    """From now on the templates of dbt are taken from the folder, and what is not there is compiled into it.

    Jinja's own cache sees to other versions of itself and of Python, and to several processes; within this one each is
    read once. What lies there is run as code: a folder of somebody else, or that others may write, is left alone.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = folder.stat()
    if held.st_uid != os.geteuid() or held.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        LOGGER.warning("The folder of compiled templates is not this account's alone; each is compiled anew.")
        return
    cache = FileSystemBytecodeCache(str(folder), "%s")

    @lru_cache(maxsize=TEMPLATES)
    def code(is_native: bool, source: str) -> CodeType:
        environment = get_environment(native=is_native)
        bucket = cache.get_bucket(environment, f"{is_native} {source}", None, source)
        if bucket.code is None:
            bucket.code = _compile(environment, source)
            with suppress(OSError):  # somebody tidies up: it is compiled once more next time
                cache.set_bucket(bucket)
        return bucket.code

    def compiled(self: MacroFuzzEnvironment, source: Any, *arguments: Any, **options: Any) -> str | CodeType:
        if arguments or options or not isinstance(source, str):
            return _compile(self, source, *arguments, **options)
        # Environments of a class differ in what they do with a name nobody knows, which is not part of the code.
        return code(isinstance(self, NativeSandboxEnvironment), source)

    MacroFuzzEnvironment.compile = compiled  # type: ignore[assignment,method-assign]
