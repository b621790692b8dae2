"""A folder in an object store that speaks S3: 对象存储, MinIO, Ceph."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ingestion.errors import MACHINE_ERRORS, SourceError
from ingestion.pulling.remote import OddAnswer, RemoteFile, Writer
from ingestion.pulling.server import BucketSource
from ingestion.pulling.sign_in import SignIn

if TYPE_CHECKING:
    from botocore.client import BaseClient

CONNECT_SECONDS = 15
ANSWER_SECONDS = 60
TRIES = 5
CHANGED_MEANWHILE = "PreconditionFailed"
# What a store calls an error, or the status of its answer. Anything else is its own words, which may hold anything.
CODE = re.compile(r"[A-Z][A-Za-z.]{1,39}|[0-9]{3}", re.ASCII)


@contextmanager
def opened(source: BucketSource, sign_in: SignIn) -> Iterator["Bucket"]:
    """Raises SourceError, also for what goes wrong while it is open."""
    # Half a second, for the few who have one.
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    try:
        client = _client(source, sign_in)
        try:
            address = urlsplit(source.location)
            yield Bucket(client, address.netloc, unquote(address.path).strip("/"))
        finally:
            client.close()
    except (OSError, BotoCoreError, ClientError, HTTPError, ResponseParserError, OddAnswer) as error:
        if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
            raise  # this machine's disk is full
        what = _code(error) if isinstance(error, ClientError) else type(error).__name__
        raise SourceError(
            f"{source.name}: 对象存储不能使用（{what}）。 "
            f"The object store cannot be used ({what}). Who signs in (key:secret) stands in MINZHENG_SOURCES, who "
            "signed its certificate in MINZHENG_SOURCE_AUTHORITY. What was copied whole stays."
        ) from None


def _client(source: BucketSource, sign_in: SignIn) -> "BaseClient":
    from botocore.config import Config
    from botocore.session import Session

    # Nothing of the account's own files and variables for Amazon is to say who signs in here.
    session = Session(
        session_vars={"profile": (None, None, None, None), "config_file": (None, None, "", None)}
    )
    return session.create_client(
        "s3",
        region_name=source.region,
        endpoint_url=source.endpoint,
        verify=sign_in.authority or True,
        aws_access_key_id=sign_in.user,
        aws_secret_access_key=sign_in.password,
        config=Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            # Other makers' stores know no checksums beside the digest of their own.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": source.addressing},
        ),
    )


def _code(error: Any) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if CODE.fullmatch(code) else type(error).__name__


class Bucket:
    """root: what the keys of the feed's files begin with, without a slash at its end."""

    def __init__(self, client: "BaseClient", name: str, root: str) -> None:
        self._client, self._name = client, name
        self._prefix = f"{root}/" if root else ""

    def files(self) -> Iterator[RemoteFile]:
        """Without the empty objects that stand for folders."""
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._name, Prefix=self._prefix):
                for found in page.get("Contents", []):
                    if not str(found.get("Key", "")).endswith("/"):
                        yield self._listed(found)
        except (ValueError, TypeError, AttributeError):  # a number or a day that cannot be read
            raise OddAnswer from None

    def _listed(self, found: dict[str, Any]) -> RemoteFile:
        key, size, written_at, version = (found.get(word) for word in ("Key", "Size", "LastModified", "ETag"))
        if (
            not isinstance(key, str)
            or not key.startswith(self._prefix)
            or not isinstance(size, int)
            or size < 0
            or not isinstance(written_at, datetime)
            or not isinstance(version, str)
            or not version
        ):
            raise OddAnswer
        return RemoteFile(key.removeprefix(self._prefix), size, int(written_at.timestamp()), version)

    def fetch(self, file: RemoteFile, into: Writer) -> bool:
        from botocore.exceptions import ClientError

        try:
            answer = self._client.get_object(
                Bucket=self._name, Key=f"{self._prefix}{file.place}", IfMatch=file.version
            )
        except ClientError as error:
            if _code(error) == CHANGED_MEANWHILE:
                return False
            raise
        shutil.copyfileobj(answer["Body"], into)
        return True
