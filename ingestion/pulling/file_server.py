"""A folder on another department's file server (SFTP)."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import paramiko
from paramiko.hostkeys import InvalidHostKey

from ingestion.errors import MACHINE_ERRORS, SourceError
from ingestion.pulling.remote import DEEPEST, RemoteFile, is_name
from ingestion.pulling.server import FileSource
from ingestion.pulling.sign_in import SignIn

CONNECT_SECONDS = 15
ANSWER_SECONDS = 60


@contextmanager
def opened(source: FileSource, sign_in: SignIn) -> Iterator["FileServer"]:
    """Raises SourceError, also for what goes wrong while it is open."""
    address = urlsplit(source.location)
    with paramiko.SSHClient() as client:
        # Whom we do not know we do not talk to: its key was pinned before, by somebody who asked its owner.
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            if sign_in.host_keys:
                client.load_host_keys(sign_in.host_keys)
            client.connect(
                address.hostname or "",
                address.port or 22,
                sign_in.user or None,
                sign_in.password or None,
                key_filename=sign_in.key or None,
                timeout=CONNECT_SECONDS,
                allow_agent=False,
                look_for_keys=False,
            )
            with client.open_sftp() as sftp:
                channel = sftp.get_channel()
                if channel is not None:
                    channel.settimeout(ANSWER_SECONDS)
                yield FileServer(sftp, unquote(address.path).rstrip("/"))
        except (OSError, paramiko.SSHException, InvalidHostKey) as error:
            if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
                raise  # this machine's disk is full
            raise SourceError(
                f"{source.name}: 文件服务器不能使用（{type(error).__name__}）。 "
                f"The file server cannot be used ({type(error).__name__}). Its host key stands in "
                "MINZHENG_SOURCE_HOST_KEYS, who signs in in MINZHENG_SOURCES. What was copied whole stays."
            ) from None


class FileServer:
    """root: path of the feed's folder, without a slash at its end."""

    def __init__(self, sftp: paramiko.SFTPClient, root: str) -> None:
        self._sftp, self._root = sftp, root

    def files(self) -> Iterator[RemoteFile]:
        """Links are not followed."""
        yield from self._below("", 1)

    def _below(self, place: str, depth: int) -> Iterator[RemoteFile]:
        for entry in self._sftp.listdir_attr(f"{self._root}/{place}"):
            below = f"{place}/{entry.filename}" if place else entry.filename
            mode = entry.st_mode or 0
            if stat.S_ISDIR(mode) and depth < DEEPEST and is_name(entry.filename):
                yield from self._below(below, depth + 1)
            elif stat.S_ISREG(mode):
                yield RemoteFile(below, entry.st_size or 0, entry.st_mtime or 0)

    def fetch(self, file: RemoteFile, into: BinaryIO) -> bool:
        path = f"{self._root}/{file.place}"
        self._sftp.getfo(path, into, max_concurrent_prefetch_requests=64)
        now = self._sftp.stat(path)
        return (now.st_size, now.st_mtime) == (file.size, file.written_at)
