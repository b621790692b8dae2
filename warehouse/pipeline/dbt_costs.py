"""What dbt does again and again to no other end, done once or not at all.

Nothing here changes what dbt makes: the same SQL, the same message of an event. (Templates: dbt_templates.)
"""

import re
from collections import ChainMap
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any, cast

import dbt.compilation
from dbt.compilation import Linker, nx
from dbt_common.clients.jinja import (
    MacroFuzzTemplate,
    NativeSandboxTemplate,
)
from dbt_common.events.base_types import BaseEvent
from jinja2.runtime import Context

# What may stand before the first word of a statement.
BLANK = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
WITH = re.compile(r"with(?:\s+recursive)?\b", re.IGNORECASE)


@cache
def spare_dbt() -> None:
    """From now on, in this process."""
    for template in (MacroFuzzTemplate, NativeSandboxTemplate):
        template.new_context = _context  # type: ignore[method-assign, assignment]
    dbt.compilation.inject_ctes_into_sql = with_ctes
    _look_for_a_cycle_where_there_is_one()
    _make_messages_when_asked()


class _Names(ChainMap[str, Any]):
    """Those of a node before those of a template, as in a `ChainMap`, which makes a generator for each question;
    none copied, and a node has thousands."""

    def __contains__(self, name: object) -> bool:
        first, second = self.maps
        return name in first or name in second

    def __getitem__(self, name: str) -> Any:
        first, second = self.maps
        return first[name] if name in first else second[name]


def _context(
    template: MacroFuzzTemplate, names: MutableMapping[str, Any] | None = None, *_: object
) -> Context:
    known: Any = _Names({} if names is None else names, template.globals)
    return template.environment.context_class(template.environment, known, template.name, template.blocks)


def with_ctes(sql: str, ctes: Sequence[Any]) -> str:
    """A query with CTEs before its own. dbt takes the whole query apart to find its first word: half of what a
    unit test costs.

    ctes: each with ``sql``, ``name as (query)``.
    """
    if not ctes:
        return sql
    begin = cast("re.Match[str]", BLANK.match(sql)).end()
    own = WITH.match(sql, begin)
    given = ", ".join(cte.sql for cte in ctes)
    if own:
        return f"{sql[: own.end()]} {given}, {sql[own.end() :]}"
    return f"{sql[:begin]}with {given} {sql[begin:]}"


def _look_for_a_cycle_where_there_is_one() -> None:
    """Whether there is any is seen in a tenth of the time."""
    find = Linker.find_cycles

    def found(linker: Linker) -> str | None:
        return None if nx.is_directed_acyclic_graph(linker.graph) else find(linker)

    Linker.find_cycles = found  # type: ignore[method-assign]


def _make_messages_when_asked() -> None:
    """dbt has several events for each statement; hardly anybody reads them (`warehouse.pipeline.dbt_events`)."""
    make, ask = BaseEvent.__init__, BaseEvent.__getattr__

    def note(event: BaseEvent, *arguments: object, **values: object) -> None:
        event.__dict__["noted"] = arguments, values

    def made(event: BaseEvent, name: str) -> object:
        if noted := event.__dict__.pop("noted", None):
            make(event, *noted[0], **noted[1])
            return getattr(event, name)
        return ask(event, name)

    BaseEvent.__init__, BaseEvent.__getattr__ = note, made  # type: ignore[assignment, method-assign]
