"""Which connections of this program leave the machine, and whether what travels is sealed on the way.

One list for the setting that refuses plain ones (``MINZHENG_REQUIRE_TLS``) and for ``minzheng doctor``. Connections to
systems that deliveries are fetched from stand in contracts, and doors are opened where a command says:
``source_logins.py`` and ``serving/listening.py`` judge those.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingestion.way import is_this_machine
from warehouse.database.errors import UsageError

if TYPE_CHECKING:
    from warehouse.database.settings import Settings

# Of libpq: others encrypt at most, to whoever answers.
PROVEN = ("verify-ca", "verify-full")


class Way(Enum):
    """How a connection travels."""

    HERE = "本机 this machine"
    TLS = "TLS，核对证书 TLS, certificate checked"
    PLAIN = "未受 TLS 保护 not over a TLS that proves whom it reaches"


@dataclass(frozen=True)
class Connection:
    """setting: the variable that names it. remedy: how it goes over TLS, in Chinese and English."""

    title: str
    setting: str
    way: Way
    remedy: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.way.value}"


def connections(chosen: "Settings") -> Iterator[Connection]:
    """Those that the settings name, one by one."""
    if chosen.database_url:
        yield Connection(
            "数据库 database", "MINZHENG_DATABASE_URL", of_database(chosen.database_url),
            "在地址后写 ?sslmode=verify-full&sslrootcert=/path/to/ca.pem。 "
            "Write ?sslmode=verify-full&sslrootcert=/path/to/ca.pem behind the address",
        )  # fmt: skip
    if chosen.alert_smtp_host:
        yield Connection(
            "邮件 mail", "MINZHENG_ALERT_SMTP_HOST", _of(chosen.alert_smtp_host, chosen.alert_smtp_over_tls),
            "设置 MINZHENG_ALERT_SMTP_STARTTLS=true。 Set MINZHENG_ALERT_SMTP_STARTTLS=true",
        )  # fmt: skip
    addresses = {
        "MINZHENG_ALERT_WEBHOOK_URL": ("告警 webhook", [chosen.alert_webhook_url.get_secret_value().strip()]),
        "MINZHENG_API_CALLBACK_ORIGINS": ("回调 callbacks", chosen.api_callback_origins),
        "MINZHENG_DESK_OIDC_ISSUER": ("统一身份认证 sign-in service", [chosen.desk_oidc_issuer]),
        "OPENLINEAGE_URL": ("血缘 lineage", [os.environ.get("OPENLINEAGE_URL", "")]),
    }
    for setting, (title, named) in addresses.items():
        if any(named):
            yield Connection(
                title, setting, _worst(of_address(address) for address in named),
                "地址须以 https:// 开头。 Write an address that begins with https://",
            )  # fmt: skip


def refuse_plain(chosen: "Settings") -> None:
    """Raises UsageError naming each connection that travels in the clear."""
    plain = [each for each in connections(chosen) if each.way is Way.PLAIN]
    if plain:
        raise UsageError(
            " ".join(
                f"{each.title}（{each.setting}）未受 TLS 保护，而 MINZHENG_REQUIRE_TLS 要求加密，不予连接。 "
                f"The connection of {each.setting} is not one over TLS that proves whom it reaches, which "
                f"MINZHENG_REQUIRE_TLS wants: nothing was connected. {each.remedy}."
                for each in plain
            )
        )


def of_database(address: str) -> Way:
    """As libpq would go there, variables of its environment included."""
    from psycopg.pq import Conninfo
    from sqlalchemy.exc import ArgumentError

    from warehouse.database.connection import Warehouse

    try:
        said = Warehouse(address).parameters
    except ArgumentError:  # told by whoever opens it, in a sentence of its own
        return Way.HERE
    usual = {each.keyword.decode(): each.val.decode() for each in Conninfo.get_defaults() if each.val}
    place = usual | said
    # An address says where a host of any name is; lists of both go together item by item.
    addresses, names = (place.get(word, "").split(",") for word in ("hostaddr", "host"))
    hosts = [address or name for address, name in zip_longest(addresses, names, fillvalue="")]
    if "service" in said:  # names what may be anywhere
        hosts = ["service"]
    return _worst(_of(host, place["sslmode"] in PROVEN) for host in hosts)


def of_address(url: str) -> Way:
    parts = urlsplit(url)
    return _of(parts.hostname or "nowhere", parts.scheme == "https")


def _of(host: str, has_tls: bool) -> Way:
    return Way.HERE if is_this_machine(host) else Way.TLS if has_tls else Way.PLAIN


def _worst(ways: Iterable[Way]) -> Way:
    found = set(ways)
    return next(way for way in (Way.PLAIN, Way.TLS, Way.HERE) if way in found)
