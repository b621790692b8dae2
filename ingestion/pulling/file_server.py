"""Files of another department's file server, copied into the inbox as they are."""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import paramiko
from paramiko.hostkeys import InvalidHostKey

from ingestion.errors import MACHINE_ERRORS, SourceError
from ingestion.inbox import MANIFEST
from ingestion.pulling.server import FileSource
from ingestion.pulling.sign_in import SignIn

CONNECT_SECONDS = 15
ANSWER_SECONDS = 60
# The feed's folder, and those of the days in it.
DEEPEST = 2


@dataclass(frozen=True)
class RemoteFile:
    """place: its path below the folder of the feed."""

    place: str
    size: int
    written_at: int


def copied(
    source: FileSource,
    sign_in: SignIn,
    folder: Path,
    oldest: datetime | None = None,
    is_dry_run: bool = False,
) -> list[str]:
    """Copy what is not there as it is at the source; the places of what was copied, manifests last.

    folder: of the feed in the inbox. oldest: files written after it are left for the next time, null none. Raises
    SourceError.
    """
    copied: list[str] = []
    with _connected(source, sign_in) as client:
        try:
            with client.open_sftp() as sftp:
                channel = sftp.get_channel()
                if channel is not None:
                    channel.settimeout(ANSWER_SECONDS)
                root = unquote(urlsplit(source.location).path) or "/"
                for file in _found(sftp, root):
                    if _is_there(folder / file.place, file) or (
                        oldest and file.written_at > oldest.timestamp()
                    ):
                        continue
                    if is_dry_run or _copy(
                        sftp, f"{root.rstrip('/')}/{file.place}", folder / file.place, file
                    ):
                        copied.append(file.place)
        except (OSError, paramiko.SSHException) as error:
            if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
                raise  # this machine's disk is full
            raise _fault(source, error) from None
    return copied


def _connected(source: FileSource, sign_in: SignIn) -> paramiko.SSHClient:
    address = urlsplit(source.location)
    client = paramiko.SSHClient()
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
    except (OSError, paramiko.SSHException, InvalidHostKey) as error:
        client.close()
        raise _fault(source, error) from None
    return client


def _fault(source: FileSource, error: Exception) -> SourceError:
    return SourceError(
        f"{source.name}: 文件服务器不能使用（{type(error).__name__}）。 "
        f"The file server cannot be used ({type(error).__name__}). Its host key stands in MINZHENG_SOURCE_HOST_KEYS, "
        "who signs in in MINZHENG_SOURCES. What was copied whole stays."
    )


def _found(sftp: paramiko.SFTPClient, root: str) -> list[RemoteFile]:
    """Plain files, those of the sender before the manifests that tell of them; links are not followed."""
    found: list[RemoteFile] = []

    def look(place: str, depth: int) -> None:
        for entry in sftp.listdir_attr(f"{root.rstrip('/')}/{place}" if place else root):
            name = entry.filename
            if name.startswith(".") or name != os.path.basename(name) or not name.isprintable():
                continue
            below = f"{place}/{name}" if place else name
            mode = entry.st_mode or 0
            if stat.S_ISDIR(mode) and depth < DEEPEST:
                look(below, depth + 1)
            elif stat.S_ISREG(mode):
                found.append(RemoteFile(below, entry.st_size or 0, entry.st_mtime or 0))

    look("", 1)
    return sorted(found, key=lambda file: (file.place.rpartition("/")[2] == MANIFEST, file.place))


def _is_there(path: Path, file: RemoteFile) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return (status.st_size, int(status.st_mtime)) == (file.size, file.written_at)


def _copy(sftp: paramiko.SFTPClient, remote: str, path: Path, file: RemoteFile) -> bool:
    """Whether it came whole: not where somebody wrote on it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    sftp.get(remote, str(unfinished), max_concurrent_prefetch_requests=64)
    now = sftp.stat(remote)
    if (now.st_size, now.st_mtime, unfinished.stat().st_size) != (file.size, file.written_at, file.size):
        unfinished.unlink()
        return False
    os.utime(unfinished, (file.written_at, file.written_at))
    unfinished.replace(path)
    return True
