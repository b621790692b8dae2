"""A folder in an object store that speaks S3: 对象存储, MinIO, Ceph."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

from ingestion.errors import MACHINE_ERRORS, SourceError
from ingestion.pulling.remote import RemoteFile
from ingestion.pulling.server import BucketSource
from ingestion.pulling.sign_in import SignIn

if TYPE_CHECKING:
    from botocore.client import BaseClient

CONNECT_SECONDS = 15
ANSWER_SECONDS = 60
TRIES = 5
CHANGED_MEANWHILE = "PreconditionFailed"


@contextmanager
def opened(source: BucketSource, sign_in: SignIn) -> Iterator["Bucket"]:
    """Raises SourceError, also for what goes wrong while it is open."""
    from botocore.exceptions import BotoCoreError, ClientError  # half a second, for the few who have one

    try:
        client = _client(source, sign_in)
        try:
            address = urlsplit(source.location)
            yield Bucket(client, address.netloc, unquote(address.path).strip("/"))
        finally:
            client.close()
    except (OSError, BotoCoreError, ClientError) as error:
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
    return str(error.response.get("Error", {}).get("Code", "")) or type(error).__name__


class Bucket:
    """root: what the keys of the feed's files begin with, without a slash at its end."""

    def __init__(self, client: "BaseClient", name: str, root: str) -> None:
        self._client, self._name = client, name
        self._prefix = f"{root}/" if root else ""

    def files(self) -> Iterator[RemoteFile]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._name, Prefix=self._prefix):
            for found in page.get("Contents", []):
                yield RemoteFile(
                    found["Key"].removeprefix(self._prefix),
                    found["Size"],
                    int(found["LastModified"].timestamp()),
                    found["ETag"],
                )

    def fetch(self, file: RemoteFile, into: BinaryIO) -> bool:
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
