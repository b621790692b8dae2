"""A folder on another department's file server (SFTP)."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from urllib.parse import unquote, urlsplit

import paramiko
from paramiko.hostkeys import InvalidHostKey

from ingestion.errors import MACHINE_ERRORS, SourceError
from ingestion.pulling.remote import (
    DEEPEST,
    MOST_LISTED,
    OddAnswer,
    RemoteFile,
    TooManyFiles,
    Why,
    Writer,
    is_name,
)
from ingestion.pulling.server import FileSource
from ingestion.pulling.sign_in import SignIn

CONNECT_SECONDS = 15
ANSWER_SECONDS = 60
# Asked for ahead: of so many bytes at once a list of pieces is made, and so many pieces are under way.
STRETCH_BYTES = 64 << 20
PIECES_UNDER_WAY = 64
PIECE_BYTES = 1 << 15


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
        except (OSError, paramiko.SSHException, InvalidHostKey, OddAnswer) as error:
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
        """Links are not followed, nor folders too deep or of no name gone into: they are told."""
        yield from self._below("", 1)

    def _below(self, place: str, depth: int) -> Iterator[RemoteFile]:
        for entry in self._entries(f"{self._root}/{place}"):
            below = f"{place}/{entry.filename}" if place else entry.filename
            mode = entry.st_mode or 0
            if stat.S_ISREG(mode):
                yield RemoteFile(below, entry.st_size or 0, entry.st_mtime or 0)
            elif stat.S_ISLNK(mode):
                yield RemoteFile(below, 0, 0, why_left=Why.LINK)
            elif stat.S_ISDIR(mode) and not is_name(entry.filename):
                yield RemoteFile(below, 0, 0, why_left=Why.NAME)
            elif stat.S_ISDIR(mode) and depth == DEEPEST:
                yield RemoteFile(below, 0, 0, why_left=Why.DEEPER)
            elif stat.S_ISDIR(mode):
                yield from self._below(below, depth + 1)

    def _entries(self, folder: str) -> list[paramiko.SFTPAttributes]:
        """All of a folder, before the next is asked for: answers are read in their order."""
        try:
            entries = list(islice(self._sftp.listdir_iter(folder, read_aheads=1), MOST_LISTED + 1))
        except UnicodeDecodeError:  # a name that is not UTF-8
            raise OddAnswer from None
        if len(entries) > MOST_LISTED:
            raise TooManyFiles
        return entries

    def fetch(self, file: RemoteFile, into: Writer) -> bool:
        path = f"{self._root}/{file.place}"
        with self._sftp.open(path, "rb") as remote:
            for start in range(0, file.size, STRETCH_BYTES):
                end = min(start + STRETCH_BYTES, file.size)
                remote.prefetch(end, PIECES_UNDER_WAY)
                while (left := end - remote.tell()) > 0:
                    piece = remote.read(min(left, PIECE_BYTES))
                    if not piece:
                        return False
                    into.write(piece)
        now = self._sftp.stat(path)
        return (now.st_size, now.st_mtime) == (file.size, file.written_at)
