"""Files of Python that no import finds: scripts of ``deploy/``, or a module once more as it is installed."""

import importlib.util
from pathlib import Path
from types import ModuleType


def loaded(path: Path, name: str | None = None) -> ModuleType:
    """name: by which it knows itself, null that of the file."""
    spec = importlib.util.spec_from_file_location(name or path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
