"""Modules that a library imports at once and hardly anybody needs: loaded when something of them is used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands for a module until something of it is used (the standard library's ``LazyLoader`` loads as
    soon as the module is named)."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by the import system, of every module
            raise AttributeError(name)
        _make_way(self)
        return getattr(import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """What is imported inside loads these modules at their first use; everybody else gets them as usual.

    A module that is there already stays.
    """
    stand_ins = [_Deferred(name) for name in names if name not in sys.modules]
    sys.modules.update({stand_in.__name__: stand_in for stand_in in stand_ins})
    try:
        yield
    finally:
        for stand_in in stand_ins:
            _make_way(stand_in)


def _make_way(stand_in: ModuleType) -> None:
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]
