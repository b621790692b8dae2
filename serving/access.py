"""Who may ask (authentication), and how often (rate limits)."""

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

log = logging.getLogger(__name__)


# How long what the database says of the tokens is gone by.
KNOWN_SECONDS = 2
# A service draws so great a part of a client's requests of a minute at once.
PORTIONS = 20


@dataclass(frozen=True)
class Caller:
    """Who shows a token. refused: why it is not accepted, as a code; none, it is."""

    client: str
    refused: str | None = None


NOBODY = Caller("", "credential_unknown")


class Tokens:
    """The bearer tokens there are, by their SHA-256 (hex); the tokens themselves are kept nowhere.

    settings: client to digest, until a restart. ask: what the database says (``api_v1.client_tokens``), given the
    digests that were used since it was last asked.
    """

    def __init__(
        self,
        settings: dict[str, str],
        ask: Callable[[list[str]], list[dict[str, Any]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.of_settings = {digest: Caller(client) for client, digest in settings.items()}
        self.ask = ask
        self.clock = clock
        self.lock = threading.Lock()
        self.known: dict[str, Caller] = {}
        self.known_until: float | None = None
        self.used: set[str] = set()

    def of(self, token: str) -> Caller:
        """Whose token it is. Raises SQLAlchemyError where the database has to be asked and does not answer."""
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = _equal(self.of_settings, digest)
        if found is None:
            self._renew()
            found = _equal(self.known, digest)
            if found and not found.refused:
                self.used.add(digest)
        return found or NOBODY

    def _renew(self) -> None:
        """One asks anew; others go by what was known meanwhile, but for the first time."""
        if not self.lock.acquire(blocking=self.known_until is None):
            return
        try:
            if self.known_until is not None and self.clock() < self.known_until:
                return
            used, self.used = self.used, set()
            self.known = {
                token["sha256"]: Caller(token["client"], token["refused"]) for token in self.ask(sorted(used))
            }
            self.known_until = self.clock() + KNOWN_SECONDS
        finally:
            self.lock.release()


def _equal(known: dict[str, Caller], digest: str) -> Caller | None:
    found = None
    for other, caller in known.items():  # all of them: the time taken tells nothing
        if hmac.compare_digest(other, digest):
            found = caller
    return found


@dataclass(frozen=True)
class Authenticator:
    """Tells which client asks.

    certificates: subject of a client certificate to client name. certificate_header: where the
    proxy that checked the certificate puts its subject; empty, and no header is believed.
    """

    tokens: Tokens
    certificates: dict[str, str] = field(default_factory=dict)
    certificate_header: str = ""

    def caller(self, request: Request) -> Caller:
        """Who asks; nobody where nobody known does, or where two are named."""
        subjects = request.headers.getlist(self.certificate_header) if self.certificate_header else []
        authorizations = request.headers.getlist("authorization")
        if len(subjects) > 1 or len(authorizations) > 1:
            # A proxy that adds its header beside one that was sent: which is its own cannot be told.
            log.warning("A header that names the client came twice: the request was refused.")
            return NOBODY
        named = {
            Caller(self.certificates[subject]) for subject in subjects if subject in self.certificates
        } | {self._by_token(authorization) for authorization in authorizations}
        named.discard(NOBODY)
        return named.pop() if len(named) == 1 else NOBODY

    def _by_token(self, authorization: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        return self.tokens.of(token) if scheme.lower() == "bearer" and token else NOBODY


@dataclass
class Portion:
    """What a process has drawn of a client's allowance and not used; until when none is left to be drawn."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    left: int = 0
    empty_until: float = 0


class RateLimit:
    """So many requests a minute of each client, as many at once at most, however many services answer.

    The allowance refills steadily in the database, from which each service draws a portion at once: so few requests
    pay for it, and as many more than the limit may come through per service. One that has nothing left is told so
    without asking again.

    draw: kind, client, requests a minute and how many are wanted, to how many are granted, and the seconds until one
    would be (``api_v1.draw_requests``).
    """

    def __init__(
        self,
        kind: str,
        per_minute: int,
        draw: Callable[[str, str, int, int], tuple[int, float]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kind = kind
        self.per_minute = per_minute
        self.draw = draw
        self.clock = clock
        self.portions: dict[str, Portion] = {}

    def wait_seconds(self, client: str) -> float:
        """0 where the client may ask now (and is counted), else how long until it may. Raises SQLAlchemyError."""
        portion = self.portions.setdefault(client, Portion())
        with portion.lock:
            if not portion.left:
                wait = portion.empty_until - self.clock()
                if wait > 0:
                    return wait
                wanted = max(self.per_minute // PORTIONS, 1)
                portion.left, wait = self.draw(self.kind, client, self.per_minute, wanted)
                if not portion.left:
                    portion.empty_until = self.clock() + wait
                    return wait
            portion.left -= 1
            return 0
