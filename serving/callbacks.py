"""Telling a client that its batch is done: a POST signed as Standard Webhooks lays down, to addresses allowed alone.

The address is a client's, and the service stands in the bureau's net: it calls only origins that the administrator
lists, at addresses of the public internet or of networks listed too, as resolved for this very call, and follows
nobody elsewhere.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpx
from anyio import to_thread
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from serving.database import Database
from warehouse.database.settings import Settings

log = logging.getLogger(__name__)

LONGEST_URL = 500
POLL_SECONDS = 2
AFTER_A_FAULT_SECONDS = 30
ATTEMPT_SECONDS = 10
AT_ONCE = 4
NAT64 = ip_network("64:ff9b::/96")


class Failed(Exception):
    """An attempt came to nothing: its code."""


def secrets_of(key: str, client: str) -> list[bytes]:
    """What the callbacks of a client are signed with: of each part of the key one, the newest first."""
    return [
        HKDF(SHA256(), 32, salt=None, info=b"minzheng callback " + client.encode()).derive(part.encode())
        for part in key.split()
    ]


def told_secret(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def signed(message_id: str, at: int, body: str, secrets: list[bytes]) -> dict[str, str]:
    """The headers of a message (Standard Webhooks, v1: HMAC-SHA-256)."""
    text = f"{message_id}.{at}.{body}".encode()
    marks = (base64.b64encode(hmac.digest(secret, text, hashlib.sha256)).decode() for secret in secrets)
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def origin_of(url: str) -> str | None:
    """Scheme, host and port as the administrator lists them; none where it is no plain address of http or https."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    is_plain = (
        url.isascii() and url.isprintable() and " " not in url and "\\" not in url and "@" not in parts.netloc
    )
    if not is_plain or parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (
        f":{port}" if port not in (None, 80 if parts.scheme == "http" else 443) else ""
    )


class Callbacks:
    """wake_batches: called while batches with a callback are under way, as nobody may ask for them."""

    def __init__(self, chosen: Settings, database: Database, wake_batches: Callable[[], None]) -> None:
        self.key = chosen.api_callback_key.get_secret_value()
        self.origins = {origin_of(origin) for origin in chosen.api_callback_origins}
        self.networks = [ip_network(network) for network in chosen.api_callback_networks]
        self.database = database
        self.wake_batches = wake_batches
        self.free = asyncio.Semaphore(AT_ONCE)

    def fault(self, url: Any) -> str | None:
        """Why this address is not called, as a code of a fault."""
        if not isinstance(url, str):
            return "not_text"
        if len(url) > LONGEST_URL:
            return "too_long"
        origin = origin_of(url)
        return "wrong_form" if origin is None else None if origin in self.origins else "not_allowed"

    async def run(self) -> None:
        """For ever: what is due is sent, a few at once."""
        if not self.origins:
            return
        async with asyncio.TaskGroup() as sending:
            while True:
                await self.free.acquire()
                claimed = await self._claim()
                if "batch" in claimed:
                    sending.create_task(self._send(claimed))
                    continue
                self.free.release()
                if claimed.get("is_working"):
                    self.wake_batches()
                await asyncio.sleep(claimed.get("wait", POLL_SECONDS))

    async def _claim(self) -> dict[str, Any]:
        try:
            claimed: dict[str, Any] = await to_thread.run_sync(partial(self.database.call, "claim_callback"))
            return claimed
        except Exception as error:  # whatever it was, it must not be the end of all callbacks
            log.warning("Callbacks wait: the database did not answer (%s).", type(error).__name__)
            return {"wait": AFTER_A_FAULT_SECONDS}

    async def _send(self, claimed: dict[str, Any]) -> None:
        batch_id = claimed["batch"]["batch_id"]
        try:
            failed = await self._attempt(claimed)
            if failed:
                log.warning("The callback of batch %s failed (%s).", batch_id, failed)
            settle = partial(self.database.call, "settle_callback", batch_id, failed)
            await to_thread.run_sync(settle)
        except Exception as error:  # it comes up again: the attempt was counted
            log.warning("The callback of batch %s was not settled (%s).", batch_id, type(error).__name__)
        finally:
            self.free.release()

    async def _attempt(self, claimed: dict[str, Any]) -> str | None:
        """The code of what went wrong; none where the receiver took it."""
        body = json.dumps(
            {"type": "batch.done", "timestamp": claimed["finished_at"], "data": claimed["batch"]},
            separators=(",", ":"),
        )
        secrets = secrets_of(self.key, claimed["client"])
        headers = signed(f"msg_{claimed['batch']['batch_id']}", int(time.time()), body, secrets)
        try:
            if self.fault(claimed["url"]):  # the list may have been shortened since
                return "not_allowed"
            async with asyncio.timeout(ATTEMPT_SECONDS):
                status = await self._post(claimed["url"], body, headers)
        except Failed as failed:
            return str(failed)
        except (TimeoutError, httpx.TimeoutException):
            return "too_slow"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            is_tls = any(isinstance(cause, ssl.SSLError) for cause in _causes(error))
            return "tls_failed" if is_tls else "no_connection"
        if 300 <= status < 400:
            return "redirected"
        return None if 200 <= status < 300 else f"status_{status}"

    async def _post(self, url: str, body: str, headers: dict[str, str]) -> int:
        """The status of the answer; the rest of it is not read."""
        asked = httpx.URL(url)
        address = await self._address(asked.host, asked.port or (443 if asked.scheme == "https" else 80))
        # Named as it was asked for, connected to what was examined: the name is not resolved a second time.
        named = {"Host": asked.netloc.decode(), "Content-Type": "application/json", "User-Agent": "minzheng"}
        async with (
            httpx.AsyncClient(trust_env=False, verify=ssl.create_default_context()) as client,
            client.stream(
                "POST", asked.copy_with(host=str(address)), content=body, headers=named | headers,
                extensions={"sni_hostname": asked.host}, follow_redirects=False,
            ) as response,
        ):  # fmt: skip
            return response.status_code

    async def _address(self, host: str, port: int) -> IPv4Address | IPv6Address:
        """Where the host is now. Raises Failed where it is not, or where one of its addresses may not be called."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            raise Failed("no_such_host") from None
        addresses = [ip_address(place[4][0]) for place in found]
        if not all(map(self._may_call, addresses)):
            raise Failed("address_not_allowed")
        return addresses[0]

    def _may_call(self, address: IPv4Address | IPv6Address) -> bool:
        real = _embedded(address) or address
        is_listed = any(real in network for network in self.networks)
        return is_listed or (real.is_global and not real.is_multicast)


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The address of version 4 that one of version 6 leads to."""
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
