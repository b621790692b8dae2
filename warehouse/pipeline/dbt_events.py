"""What dbt tells while it builds: of the events nobody reads no message is made.

dbt has several for each statement, and making their messages takes a tenth of a build.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager


class WithoutDebug(EventManager):
    """Events for whoever looks for a fault in dbt are dropped."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if (level or e.level_tag()) != EventLevel.DEBUG:
            super().fire_event(e, level, node, force_warn_or_error_handling)


@contextmanager
def without_debug() -> Iterator[None]:
    """In the block dbt tells from level info on."""
    former = get_event_manager()
    ctx_set_event_manager(WithoutDebug())
    try:
        yield
    finally:
        ctx_set_event_manager(former)
