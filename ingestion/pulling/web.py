"""Rows of another department's interface: pages of JSON over HTTP."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx

from ingestion.errors import SourceError
from ingestion.pulling.mark import Mark, comparable, mark_from, text_of
from ingestion.pulling.server import ApiSource
from ingestion.pulling.sign_in import SignIn

TRIES = 5
LONGEST_WAIT_SECONDS = 300.0
# Without a word of it for so long, and until all of one answer is there.
ANSWER_SECONDS = 60.0
LONGEST_ANSWER_SECONDS = 600.0
# Of one answer, unpacked: a page of a thousand rows is about one.
MOST_ANSWER_BYTES = 64 << 20
# One after the other, that lead on and bring nothing.
MOST_EMPTY_PAGES = 100
# Try again: too many requests, or the interface (or what stands before it) is out of order for now.
FOR_NOW = (408, 425, 429, 500, 502, 503, 504)
# It would log every address with its parameters, of which one may be a key.
logging.getLogger("httpx").setLevel(logging.WARNING)
# Of a number of rows: more is another number, and none to repeat.
MOST_DIGITS = 10
_ABSENT = object()


class Pages:
    """The objects of one extraction. lower: from where on the interface is asked; null for all.

    rows, reached: how many came, and the greatest cursor among them, once all are read.
    """

    def __init__(self, source: ApiSource, sign_in: SignIn, lower: Mark | None) -> None:
        self._source = source
        self._lower = lower
        self._headers, self._secret_parameters, self._basic = _signed(source, sign_in)
        try:
            self._client = httpx.Client(
                timeout=ANSWER_SECONDS, verify=sign_in.authority or True, follow_redirects=False
            )
        except OSError as error:
            raise self._fault(
                f"证书文件打不开（{error.strerror}）。", f"MINZHENG_SOURCE_AUTHORITY: {error.strerror}."
            ) from None
        self._last_asked = 0.0
        self.rows = 0
        self.reached: Mark | None = None

    def first(self) -> int | None:
        """Ask for the first page alone; how many rows it says there are."""
        with self._client:
            answer = next(self._answers())
            self._items(answer)
            return self._total(answer)

    def objects(self) -> Iterator[dict[str, Any]]:
        """Every object of every page. Raises SourceError where the interface does not answer, what it answers cannot
        be used, or it gave more or fewer than it said."""
        stated: int | None = None
        with self._client:
            for answer in self._answers():
                total = self._total(answer)
                if stated is not None and total != stated:
                    raise self._fault(
                        "取数期间总数变了。", "The number of rows changed while it was read. Try again."
                    )
                stated = total
                for item in self._items(answer):
                    self.rows += 1
                    self._note(item)
                    yield item
        if stated is not None and stated != self.rows:
            raise self._fault(
                f"所报 {stated} 行，取得 {self.rows} 行。",
                f"It says there are {stated} rows and gave {self.rows}. It may have changed meanwhile: try again.",
            )

    def _answers(self) -> Iterator[Any]:
        source = self._source
        asked = dict(source.parameters)
        if self._lower is not None and source.since is not None:
            asked[source.since] = text_of(self._lower)
        if source.paging is not None:
            yield from self._numbered(asked)
        elif source.following is not None:
            yield from self._followed(asked, source.following.path, source.following.parameter)
        else:
            yield self._asked(source.location, asked)

    def _numbered(self, asked: dict[str, str]) -> Iterator[Any]:
        """Up to as many rows as there are said to be: a page may hold fewer than asked for."""
        source, paging = self._source, self._source.paging
        assert paging is not None
        if paging.size_parameter:
            asked[paging.size_parameter] = str(paging.size)
        number, before, given = paging.first, None, 0
        while True:
            asked[paging.parameter] = str(number)
            answer = self._asked(source.location, asked)
            items = self._items(answer)
            if items and items == before:
                raise self._fault(
                    "两页内容相同。", "Two pages are the same: does it heed the number of the page?"
                )
            yield answer
            given += len(items)
            if not items or given >= (self._total(answer) or 0):
                return
            number, before = number + 1, items

    def _followed(self, asked: dict[str, str], path: str, parameter: str | None) -> Iterator[Any]:
        address = self._source.location
        seen: set[str] = set()
        empty = 0
        while True:
            answer = self._asked(address, asked)
            yield answer
            empty = 0 if self._items(answer) else empty + 1
            if empty > MOST_EMPTY_PAGES:
                raise self._fault(
                    f"连续 {MOST_EMPTY_PAGES} 页为空，仍有下一页。",
                    f"{MOST_EMPTY_PAGES} pages in a row are empty and say that there is another.",
                )
            following = _at(answer, path)
            if following is _ABSENT:
                raise self._fault(
                    f"答复中没有 {path}。",
                    f"An answer has nothing at {path}; of the last page it is null or empty.",
                )
            if following in (None, "", False):
                return
            if str(following) in seen:
                raise self._fault("下一页指回已取的一页。", "The next page is one that was read before.")
            seen.add(str(following))
            if parameter is not None:
                asked[parameter] = str(following)
            else:
                address, asked = self._same_place(str(following)), {}

    def _same_place(self, address: str) -> str:
        """Who signs in is told to nobody else."""
        here = httpx.URL(self._source.location)
        try:
            there = here.join(address)
        except (httpx.InvalidURL, ValueError):
            raise self._fault(
                "下一页不是地址。", "The next page is said to be at what is no address."
            ) from None
        if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
            raise self._fault("下一页在另一台服务器。", "The next page is said to be on another server.")
        return str(there)

    def _asked(self, address: str, parameters: Mapping[str, str]) -> Any:
        """One answer, asked for again where it fails for now."""
        wait, why = 1.0, ""
        url = httpx.URL(address).copy_merge_params({**parameters, **self._secret_parameters})
        for attempt in range(TRIES):
            if attempt:
                time.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
            self._keep_pace()
            try:
                request = self._client.build_request("GET", url, headers=self._headers)
                response = self._client.send(request, auth=self._basic, stream=True)
                with closing(response):
                    if response.status_code == 200:
                        return self._well(json.loads(self._bounded(response)))
                why = f"HTTP {response.status_code}"
                if response.status_code not in FOR_NOW:
                    break
                wait = max(wait, _retry_after(response))
            except httpx.HTTPError as error:
                why = type(error).__name__
            except (ValueError, RecursionError):
                why = "no JSON"
        raise self._fault(f"接口不能使用（{why}）。", f"The interface cannot be used ({why}).")

    def _bounded(self, response: httpx.Response) -> bytes:
        """What an answer holds, unpacked: whoever sends it says how much that is, and for how long."""
        until = time.monotonic() + LONGEST_ANSWER_SECONDS
        content = bytearray()
        for part in response.iter_bytes(MOST_ANSWER_BYTES // 64):
            content += part
            if len(content) > MOST_ANSWER_BYTES:
                raise self._fault(
                    f"一次答复超过 {MOST_ANSWER_BYTES >> 20} MiB。",
                    f"An answer is larger than {MOST_ANSWER_BYTES >> 20} MiB: ask for fewer rows a page.",
                )
            if time.monotonic() > until:
                raise httpx.ReadTimeout("no end", request=response.request)
        return bytes(content)

    def _well(self, answer: Any) -> Any:
        """An interface may say in an answer like any other that it failed."""
        if self._source.well is not None:
            path, value = self._source.well
            said = _at(answer, path)
            if said is _ABSENT or str(said) != value:
                raise self._fault(f"答复不是成功（{path}）。", f"Its answer does not say {value} at {path}.")
        return answer

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

    def _total(self, answer: Any) -> int | None:
        if self._source.total is None:
            return None
        total = _at(answer, self._source.total)
        if isinstance(total, bool) or not str(total).isdecimal() or len(str(total)) > MOST_DIGITS:
            raise self._fault("答复没有总数。", f"Its answer has no number of rows at {self._source.total}.")
        return int(total)

    def _note(self, item: Mapping[str, Any]) -> None:
        cursor = self._source.cursor
        said = None if cursor is None else _at(item, cursor.column)
        if cursor is None or said in (None, "", _ABSENT):
            return
        try:
            mark = mark_from(str(said), cursor.kind)
        except ValueError:
            raise self._fault(
                f"游标列 {cursor.column} 有读不了的值。",
                f"The cursor {cursor.column} has a value that is no {cursor.kind} (2025-06-25 10:00:00).",
            ) from None
        if self.reached is None or comparable(mark) > comparable(self.reached):
            self.reached = mark

    def _fault(self, zh: str, en: str) -> SourceError:
        return SourceError(f"{self._source.name}: {zh} {en} Nothing was delivered.")


def _signed(source: ApiSource, sign_in: SignIn) -> tuple[dict[str, str], dict[str, str], httpx.Auth | None]:
    """Headers, parameters and what signs each request."""
    kind, _, name = source.auth.partition(" ")
    if kind == "basic":
        return {}, {}, httpx.BasicAuth(sign_in.user, sign_in.password)
    if kind == "bearer":
        return {"Authorization": f"Bearer {sign_in.said}"}, {}, None
    if kind == "header":
        return {name: sign_in.said}, {}, None
    return {}, {name: sign_in.said} if kind == "parameter" else {}, None


def _retry_after(response: httpx.Response) -> float:
    said = response.headers.get("Retry-After", "")
    return min(float(said), LONGEST_WAIT_SECONDS) if said.isdecimal() else 0.0


def _at(value: Any, path: str) -> Any:
    """What lies at ``data.rows``."""
    for name in filter(None, path.split(".")):
        value = value.get(name, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    return value
