"""Who may ask (authentication), and how often (rate limits)."""

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Authenticator:
    """Tells which client asks.

    tokens: client name to SHA-256 (hex) of its bearer token; the tokens themselves are kept nowhere.
    certificates: subject of a client certificate to client name. certificate_header: where the
    proxy that checked the certificate puts its subject; empty, and no header is believed.
    """

    tokens: dict[str, str]
    certificates: dict[str, str] = field(default_factory=dict)
    certificate_header: str = ""

    def client(self, request: Request) -> str | None:
        """Name of the client that asks; none where nobody known does, or where two are named."""
        subjects = request.headers.getlist(self.certificate_header) if self.certificate_header else []
        authorizations = request.headers.getlist("authorization")
        if len(subjects) > 1 or len(authorizations) > 1:
            # A proxy that adds its header beside one that was sent: which is its own cannot be told.
            log.warning("A header that names the client came twice: the request was refused.")
            return None
        named = {self.certificates.get(subject) for subject in subjects}
        named |= {self._by_token(authorization) for authorization in authorizations}
        named.discard(None)
        return named.pop() if len(named) == 1 else None

    def _by_token(self, authorization: str) -> str | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = None
        for name, known in self.tokens.items():  # all of them: the time taken tells nothing
            if hmac.compare_digest(known, digest):
                found = name
        return found


class RateLimit:
    """A bucket per client that refills steadily: per_minute questions, as many at once at most."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self.clock = clock
        self.lock = threading.Lock()
        self.buckets: dict[str, tuple[float, float]] = {}

    def wait_seconds(self, client: str) -> float:
        """0 where the client may ask now (and is counted), else how long until it may."""
        with self.lock:
            now = self.clock()
            left, since = self.buckets.get(client, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - since) * self.per_minute / 60)
            if left < 1:
                self.buckets[client] = (left, now)
                return (1 - left) * 60 / self.per_minute
            self.buckets[client] = (left - 1, now)
            return 0
