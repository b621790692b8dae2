"""Rows of another department's interface: pages of JSON over HTTP."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ingestion.errors import SourceError
from ingestion.pulling.mark import Mark, compared, mark_of, text_of
from ingestion.pulling.server import Source
from ingestion.pulling.sign_in import SignIn

TRIES = 5
LONGEST_WAIT_SECONDS = 300.0
ANSWER_SECONDS = 60.0
# More pages than any feed has: an interface that gives the first page for every number would never end.
MOST_PAGES = 100_000
# Try again: too many requests, or the interface (or what stands before it) is out of order for now.
FOR_NOW = (408, 425, 429, 500, 502, 503, 504)


class Pages:
    """The objects of one extraction. lower: from where on the interface is asked; null for all.

    rows, reached: how many came, and the greatest cursor among them, once all are read.
    """

    def __init__(
        self, source: Source, sign_in: SignIn, lower: Mark | None, client: httpx.Client | None = None
    ) -> None:
        self._source = source
        self._lower = lower
        self._client = client or httpx.Client(
            timeout=ANSWER_SECONDS, verify=sign_in.authority or True, follow_redirects=False
        )
        self._headers, self._basic = _signed(source, sign_in)
        self._last_asked = 0.0
        self.rows = 0
        self.reached: Mark | None = None

    def objects(self) -> Iterator[dict[str, Any]]:
        """Every object of every page. Raises SourceError where the interface does not answer, what it answers cannot
        be used, or it gave more or fewer than it said."""
        stated: int | None = None
        with self._client:
            for answer in self._answers():
                stated = self._total(answer, stated)
                for item in self._items(answer):
                    self.rows += 1
                    self._note(item)
                    yield item
        if stated is not None and stated != self.rows:
            raise self._fault(
                f"所报 {stated} 行，取得 {self.rows} 行。",
                f"It says there are {stated} rows and gave {self.rows}. It may have changed meanwhile: try again.",
            )

    def first(self) -> None:
        """Ask for the first page alone. Raises SourceError."""
        with self._client:
            next(self._answers(), None)

    def _answers(self) -> Iterator[Any]:
        source = self._source
        asked = dict(source.parameters or {})
        if self._lower is not None and source.since is not None:
            asked[source.since] = text_of(self._lower)
        paging = source.paging
        if paging and paging.size_parameter:
            asked[paging.size_parameter] = str(paging.size)
        address, before = source.location, None
        for number in range(MOST_PAGES):
            if paging:
                asked[paging.parameter] = str(paging.first + number)
            answer = self._asked(address, asked)
            items = self._items(answer)
            if paging and (not items or items == before):
                if items:
                    raise self._fault(
                        "两页内容相同。", "Two pages are the same: does it heed the number of the page?"
                    )
                return
            yield answer
            before = items
            if paging and len(items) < paging.size and paging.size_parameter:
                return
            if source.next is not None:
                following = _at(answer, source.next)
                if following in (None, "", False):
                    return
                if source.next_parameter is not None:
                    asked[source.next_parameter] = str(following)
                else:
                    address, asked = self._same_place(str(following)), {}
            elif not paging:
                return
        raise self._fault("页数过多。", f"It has more than {MOST_PAGES} pages.")

    def _same_place(self, address: str) -> str:
        """Who signs in is told to nobody else."""
        here, there = httpx.URL(self._source.location), httpx.URL(self._source.location).join(address)
        if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
            raise self._fault("下一页在另一台服务器。", "The next page is said to be on another server.")
        return str(there)

    def _asked(self, address: str, parameters: Mapping[str, str]) -> Any:
        """One answer, asked for again where it fails for now."""
        wait, why = 1.0, ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            self._keep_pace()
            try:
                response = self._client.get(
                    address, params=parameters or None, headers=self._headers, auth=self._basic
                )
                if response.status_code == 200:
                    return response.json()
                why = f"HTTP {response.status_code}"
                if response.status_code not in FOR_NOW:
                    break
                wait = max(wait, _retry_after(response))
            except httpx.HTTPError as error:
                why = type(error).__name__
            except ValueError:
                why = "no JSON"
        raise self._fault(f"接口不能使用（{why}）。", f"The interface cannot be used ({why}).")

    def _keep_pace(self) -> None:
        pause = self._last_asked + 60 / self._source.requests_per_minute - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self._last_asked = time.monotonic()

    def _items(self, answer: Any) -> list[dict[str, Any]]:
        items = _at(answer, self._source.items)
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise self._fault(
                "答复中没有约定的列表。",
                f"Its answer has no list of objects at {self._source.items or 'the top'}.",
            )
        return items

    def _total(self, answer: Any, before: int | None) -> int | None:
        if self._source.total is None:
            return None
        total = _at(answer, self._source.total)
        if isinstance(total, bool) or not str(total).isdigit():
            raise self._fault("答复没有总数。", f"Its answer has no number of rows at {self._source.total}.")
        if before is not None and int(total) != before:
            raise self._fault(
                "取数期间总数变了。", "The number of rows changed while it was read. Try again."
            )
        return int(total)

    def _note(self, item: Mapping[str, Any]) -> None:
        if self._source.cursor is None:
            return
        mark = mark_of(_at(item, self._source.cursor.column), self._source.cursor.column)
        if mark is not None and (self.reached is None or compared(mark, self.reached) > 0):
            self.reached = mark

    def _fault(self, zh: str, en: str) -> SourceError:
        return SourceError(f"{self._source.name}: {zh} {en} Nothing was delivered.")


def _signed(source: Source, sign_in: SignIn) -> tuple[dict[str, str], httpx.Auth | None]:
    if source.auth == "basic":
        return {}, httpx.BasicAuth(sign_in.user, sign_in.secret)
    if source.auth == "bearer":
        return {"Authorization": f"Bearer {sign_in.secret}"}, None
    if source.auth.startswith("header "):
        return {source.auth.removeprefix("header "): sign_in.secret}, None
    return {}, None


def _retry_after(response: httpx.Response) -> float:
    said = response.headers.get("Retry-After", "")
    return min(float(said), LONGEST_WAIT_SECONDS) if said.isdigit() else 0.0


def _at(value: Any, path: str) -> Any:
    """What lies at ``data.rows``; null where nothing does."""
    for name in filter(None, path.split(".")):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
