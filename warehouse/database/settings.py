"""Settings: everything an operator may change without touching code."""

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError, from_json
from pydantic_settings import NoDecode

from ingestion.bureau import BUREAU_TIME as BUREAU_TIME
from ingestion.bureau import PREFIX, BureauSettings
from ingestion.way import is_this_machine
from warehouse.database.errors import UsageError
from warehouse.database.transport import refuse_plain

PROJECT_ROOT = Path(__file__).resolve().parents[2]
IS_CHECKOUT = (PROJECT_ROOT / "pyproject.toml").is_file()
# A checkout keeps its state beside the code, an installed program in the home of whoever runs it.
STATE = PROJECT_ROOT if IS_CHECKOUT else Path.home()
# Names by which a browser of this machine reaches it.
NAMES_HERE = ("127.0.0.1", "localhost")
# What a browser calls the origin of an address; no path, nobody's name.
ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
KEY_LENGTH = 32


def _parsed(value: Any) -> Any:
    return from_json(value) if isinstance(value, str) else value


# Read here and not by the source of the settings, whose fault would not name the variable.
JsonList = Annotated[list[str], NoDecode, BeforeValidator(_parsed)]
JsonObject = Annotated[dict[str, str], NoDecode, BeforeValidator(_parsed)]
JsonSecrets = Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_parsed)]


class Settings(BureauSettings):
    """Read from the environment (prefix ``MINZHENG_``) or a ``.env`` file.

    bureau: the bureau's own folder; empty means the example bureau in the program (``ingestion.bureau``).
    inbox: the exchange folder the Airflow DAGs land from.
    sources: name of a server in a contract to who signs in there, ``user:password`` or a token (docs/pulling.md).
    source_authority: file with the certificates of who signed those of the sources, empty for those the machine
        trusts; source_host_keys: pinned keys of file servers, as OpenSSH keeps them; source_keys: name of a file
        server to the file of the private key to sign in with.
    home: folder of the embedded server and of all state (logs, Data Docs, Airflow).
    database_url: an existing server, as ``postgresql://user:password@host:port/database``;
        empty means the embedded one.
    dbt_manifests: the folder in which the parsed dbt project is kept; in ``home`` where none is named.
    audit_anchors: the file of anchors, outside the database; in ``home`` where none is named.
    backup_folder: where backups are written, sealed to backup_recipient, a public key of age (docs/operations.md);
        none, there are no backups. backup_sender_key: what vouches for them, of whoever takes and restores them.
        backup_copy_folder: a second one, elsewhere. backup_keep_days: the days of which any
        moment can be restored. backup_every_days: how often ``minzheng backup follow`` takes a whole copy.
        backup_seconds: how often it writes down how far the changes came.
    log_format: of the lines where nobody watches: text, or JSON, an object in each line (``cli.log_lines``).
    require_tls: whether a connection that leaves this machine in the clear is refused
        (``warehouse.database.transport``).
    tls_certificate, tls_key: files (PEM) with which the services answer over TLS themselves; the certificate's file may
        hold the key too. None, a proxy on this machine ends TLS. stop_seconds: how long a service that is told to
        stop answers on, so that proxies learn of it; with the longest answer (60) it ends before it is killed (90).
    machine: its name in alerts, the host's where none is given; one that stays, where hosts are made anew.
    disk_free_percent: an alert tells where less is free. certificates: files (PEM) whose end is watched.
    alert_webhook_url: where alerts are posted as JSON; alert_email_*, alert_smtp_*: where they are
        mailed. Nothing is sent where these are empty.
    alert_again_factor: an open alert is sent again when it is so many times as bad as when last sent.
    purpose: for what people are looked at (code list ``purpose``) where a command names none.
    withdraw_four_eyes: a delivery is withdrawn once two people have said so, not one.
    docs_deliveries: deliveries per source that the page of gate results shows, the newest first.
    keep_*: how long what may go is kept (``minzheng retention``); none means for ever.
        keep_generations counts the newest ones; the others are days. Logs: at least six months by
        article 21 of the Cybersecurity Law (网络安全法).
    api_tokens: client name to SHA-256 (hex) of its bearer token, beside those of ``minzheng token``, which need no
        restart.
    api_certificates, api_certificate_header: subject of a client certificate to client name, and the
        header in which the proxy that checked it passes the subject on; no header, none is believed.
    api_callback_origins: where clients may be called when a batch is done, as scheme, host and port; none, nobody is.
        api_callback_networks: those that are not of the public internet in which they may be, as CIDR.
        api_callback_key: at least 32 characters, from which what signs the callbacks of each client is derived; a
        former one after a blank signs beside it.
    api_connections: to the database, more than one client and the batch workers can hold;
        api_connections_per_client: questions of one client under way at once;
        api_batch_workers: threads that work off batches, each with a connection of its own.
    api_max_batch_bytes: of a batch of re-verifications; api_max_body_bytes: of one question;
        api_body_seconds: how long either may take to arrive.
    report_check_url: where whoever holds a printed report checks it, ``https://<the proxy>/v1/report-checks``, for
        its QR code; none, no code. api_checks_per_minute: by all who check together, they name themselves not.
    desk_hosts: names by which the desk is reached. desk_secure_cookies: its cookies travel by TLS alone; off only
        where all its hosts are this machine. desk_idle_minutes, desk_session_minutes: how long somebody stays
        signed in without, and with, use. desk_connections: to the database, of all who are signed in together.
        desk_max_body_bytes: of a form, a returned work list included.
    desk_oidc_issuer, desk_oidc_client_id, desk_oidc_client_secret: the office's own sign-in service (OIDC) and what the
        desk is there; none, nobody signs in by it. desk_address: of the desk as browsers reach it, to come back to.
        desk_local_accounts: whether people sign in with a password of the desk and a one-time code.

    A secret may also be a file in ``/run/secrets`` with the name of its variable in small letters.
    """

    inbox: Path = Field(default=STATE / "inbox")
    sources: JsonSecrets = Field(default_factory=dict, examples=['{"server": "user:password"}'])
    source_authority: str = ""
    source_host_keys: str = ""
    source_keys: JsonObject = Field(default_factory=dict, examples=['{"server": "/path/to/key"}'])
    home: Path = Field(default=STATE / ".minzheng")
    database_url: str = ""
    dbt_threads: int = Field(default=2, ge=1)
    dbt_manifests: Path | None = None
    audit_anchors: Path | None = None
    backup_folder: Path | None = None
    backup_copy_folder: Path | None = None
    backup_recipient: str = ""
    backup_sender_key: SecretStr = SecretStr("")
    backup_keep_days: int = Field(default=35, ge=1)
    backup_every_days: int = Field(default=1, ge=1)
    backup_seconds: int = Field(default=60, ge=1)
    log_format: Literal["text", "json"] = "text"
    require_tls: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    stop_seconds: int = Field(default=5, ge=0, le=25)
    machine: str = ""
    disk_free_percent: int = Field(default=10, ge=1, le=99)
    certificates: JsonList = Field(default_factory=list, examples=['["/etc/ssl/desk.pem"]'])
    alert_webhook_url: SecretStr = SecretStr("")
    alert_email_to: JsonList = Field(default_factory=list, examples=['["duty@example.cn"]'])
    alert_email_from: str = "minzheng@localhost"
    alert_smtp_host: str = ""
    alert_smtp_port: int = Field(default=25, ge=1, le=65535)
    alert_smtp_starttls: bool = False
    alert_smtp_user: str = ""
    alert_smtp_password: SecretStr = SecretStr("")
    alert_again_factor: float = Field(default=2, gt=1)
    purpose: str = ""
    withdraw_four_eyes: bool = False
    docs_deliveries: int = Field(default=30, ge=1)
    keep_generations: int | None = Field(default=None, ge=1)
    keep_rejected_days: int | None = Field(default=None, ge=1)
    keep_gate_result_days: int | None = Field(default=None, ge=1)
    keep_batch_days: int | None = Field(default=None, ge=1)
    keep_withdrawn_days: int | None = Field(default=None, ge=1)
    keep_log_days: int | None = Field(default=180, ge=1)
    api_tokens: JsonObject = Field(default_factory=dict, examples=['{"client": "SHA-256 in hex"}'])
    api_certificates: JsonObject = Field(default_factory=dict, examples=['{"CN=subject": "client"}'])
    api_certificate_header: str = ""
    api_callback_origins: JsonList = Field(default_factory=list, examples=['["https://approval.example.cn"]'])
    api_callback_networks: JsonList = Field(default_factory=list, examples=['["10.20.0.0/16"]'])
    api_callback_key: SecretStr = Field(default=SecretStr(""), validate_default=True)
    api_requests_per_minute: int = Field(default=600, ge=1)
    api_max_body_bytes: int = Field(default=65_536, ge=1)
    api_max_batch_bytes: int = Field(default=20_000_000, ge=1)
    api_body_seconds: int = Field(default=30, ge=1)
    api_connections_per_client: int = Field(default=4, ge=1)
    api_batch_workers: int = Field(default=2, ge=1)
    api_connections: int = Field(default=10, ge=3, validate_default=True)
    api_checks_per_minute: int = Field(default=120, ge=1)
    report_check_url: str = ""
    desk_hosts: JsonList = Field(default_factory=lambda: [*NAMES_HERE], examples=['["desk.example.cn"]'])
    desk_secure_cookies: bool = True
    desk_idle_minutes: int = Field(default=30, ge=1)
    desk_session_minutes: int = Field(default=480, ge=1)
    desk_connections: int = Field(default=20, ge=2)
    desk_max_body_bytes: int = Field(default=5_000_000, ge=1)
    desk_oidc_issuer: str = ""
    desk_oidc_client_id: str = Field(default="", validate_default=True)
    desk_oidc_client_secret: SecretStr = SecretStr("")
    desk_address: str = Field(default="", validate_default=True)
    desk_local_accounts: bool = True

    @field_validator("api_callback_origins")
    @classmethod
    def _plain_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise PydanticCustomError(
                    "no_origin", "An origin is a scheme, a host and a port if it is another"
                )
        return origins

    @field_validator("api_callback_networks")
    @classmethod
    def _networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            ip_network(network)
        return networks

    @field_validator("api_callback_key")
    @classmethod
    def _signed_callbacks(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        parts = key.get_secret_value().split()
        if any(len(part) < KEY_LENGTH for part in parts) or (
            info.data.get("api_callback_origins") and not parts
        ):
            raise PydanticCustomError(
                "short_key",
                "At least {least} characters are wanted where MINZHENG_API_CALLBACK_ORIGINS names somebody",
                {"least": KEY_LENGTH},
            )
        return key

    @field_validator("api_connections")
    @classmethod
    def _leave_one_free(cls, connections: int, info: ValidationInfo) -> int:
        """One client and all batches at work: somebody else is answered still."""
        least = info.data.get("api_connections_per_client", 1) + info.data.get("api_batch_workers", 1) + 1
        if connections < least:
            raise PydanticCustomError(
                "too_few_connections",
                "At least {least} are wanted: those of one client, one for each batch worker, and one more",
                {"least": least},
            )
        return connections

    @field_validator("desk_secure_cookies")
    @classmethod
    def _open_cookies_stay_here(cls, is_secure: bool, info: ValidationInfo) -> bool:
        hosts = info.data.get("desk_hosts", [])
        if not is_secure and not all(host and is_this_machine(host) for host in hosts):
            raise PydanticCustomError(
                "cookies_in_the_open", "It may be off only where MINZHENG_DESK_HOSTS names this machine alone"
            )
        return is_secure

    @field_validator("desk_oidc_issuer", "desk_address")
    @classmethod
    def _by_tls(cls, address: str) -> str:
        parts = urlsplit(address)
        if address and (
            not parts.hostname or (parts.scheme != "https" and not is_this_machine(parts.hostname))
        ):
            raise PydanticCustomError("no_tls", "An address that begins with https:// is wanted")
        return address

    @field_validator("desk_oidc_client_id", "desk_address")
    @classmethod
    def _known_there(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("desk_oidc_issuer") and not value:
            raise PydanticCustomError("half_set", "It is wanted where MINZHENG_DESK_OIDC_ISSUER is set")
        return value

    @field_validator("desk_local_accounts")
    @classmethod
    def _some_way_in(cls, are_used: bool, info: ValidationInfo) -> bool:
        if not are_used and not info.data.get("desk_oidc_issuer"):
            raise PydanticCustomError(
                "no_way_in", "It may be off only where MINZHENG_DESK_OIDC_ISSUER is set"
            )
        return are_used

    @property
    def alert_smtp_over_tls(self) -> bool:
        """A password never goes in the clear."""
        return self.alert_smtp_starttls or bool(self.alert_smtp_password.get_secret_value())

    @property
    def log_dir(self) -> Path:
        return self.home / "logs"

    @property
    def docs_dir(self) -> Path:
        """Where the gate reports (Data Docs) are written."""
        return self.home / "data_docs"

    @property
    def manifest_dir(self) -> Path:
        return self.dbt_manifests or self.home / "dbt_manifests"

    @property
    def anchors_file(self) -> Path:
        return self.audit_anchors or self.home / "audit_anchors.jsonl"


@lru_cache
def settings() -> Settings:
    """The settings in force. Raises UsageError naming the variables at fault, never their values; also where a
    connection would travel in the clear and must not."""
    try:
        loaded = Settings()
    except ValidationError as error:
        raise UsageError(" ".join(_complaints(error))) from None
    loaded.home = loaded.home.expanduser().resolve()
    if loaded.require_tls:
        refuse_plain(loaded)
    return loaded


def _complaints(error: ValidationError) -> Iterator[str]:
    """A sentence per setting at fault: what it is called, what is wrong, what is wanted."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    for name, what in {str(fault["loc"][0]): fault["msg"] for fault in reversed(faults)}.items():
        examples = Settings.model_fields[name].examples
        if examples:  # the parser's own words may quote what was written
            yield (
                f"设置 {PREFIX}{name.upper()} 不是所要的 JSON。 "
                f"{PREFIX}{name.upper()} is not the JSON that is wanted: write it like {examples[0]}."
            )
        else:
            yield (
                f"设置 {PREFIX}{name.upper()} 不能用。 "
                f"{PREFIX}{name.upper()} cannot be used: {what[:1].lower()}{what[1:]}."
            )
