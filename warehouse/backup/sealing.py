"""What leaves the server is packed (gzip) and sealed with age (age-encryption.org) to the bureau's public key.

The machine that writes backups holds the public half only: whoever takes it over reads none of them. ``age`` and
``gunzip`` open the files without this program.
"""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

import pyrage

from ingestion.durable import put_in_place
from warehouse.backup.vouching import WORD, check, word
from warehouse.database.errors import MinzhengError, UsageError, given_path
from warehouse.database.settings import settings

SUFFIX = ".gz.age"
BLOCK = 1 << 20
GZIP_WBITS = 31  # with gzip's head and sum
# What is written is mostly empty pages and names again and again: more effort gains little and costs hours.
QUICK = 1
# A change begins with an empty part of gzip whose comment is the sender's word: gunzip reads over it.
VOUCHED = b"\x1f\x8b\x08\x10" + bytes(5) + b"\xff"  # a comment follows; no time, any system
NOTHING = b"\0\x03\0" + bytes(8)  # the comment's end, an empty content, its sum and size


@dataclass(frozen=True)
class Sealed:
    """A file in the repository: its size in bytes and the SHA-256 (hex) of what was written."""

    size: int
    sha256: str


class _Packed:
    """A stream, packed as it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.packer = source, zlib.compressobj(QUICK, wbits=GZIP_WBITS)
        self.is_over, self.rest = False, b""

    def read(self, size: int = -1) -> bytes:
        while not self.is_over and (size < 0 or len(self.rest) < size):
            block = self.source.read(BLOCK)
            self.is_over = not block
            self.rest += self.packer.compress(block) if block else self.packer.flush()
        size = len(self.rest) if size < 0 else size
        given, self.rest = self.rest[:size], self.rest[size:]
        return given


class _Counted:
    """A file that knows how much was written to it, and its digest."""

    def __init__(self, target: IO[bytes]) -> None:
        self.target, self.size, self.digest = target, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.digest.update(data)
        return self.target.write(data)

    def flush(self) -> None:
        self.target.flush()


class _Digested:
    """A file that knows the digest of what was read of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.digest.update(data)
        return data


def new_key() -> tuple[str, str]:
    """A pair: the secret half, which opens, and the public one, which seals."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient() -> pyrage.x25519.Recipient:
    """To whom backups are sealed. Raises UsageError where nobody is named: nothing leaves unsealed."""
    try:
        return pyrage.x25519.Recipient.from_str(settings().backup_recipient.strip())
    except pyrage.RecipientError:
        raise UsageError(
            "MINZHENG_BACKUP_RECIPIENT 不是 age 公钥，未加密的备份不写。 MINZHENG_BACKUP_RECIPIENT is no public key of "
            "age, and nothing is written unsealed: `minzheng backup key --out FILE` makes a pair."
        ) from None


def identity(path: Path) -> pyrage.x25519.Identity:
    """The secret half, as `backup key` or ``age-keygen`` wrote it. Raises UsageError."""
    with given_path(path):
        lines = path.read_text(encoding="utf-8").split()
    try:
        return next(pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-"))
    except (pyrage.IdentityError, StopIteration):
        raise UsageError(f"{path} 不是 age 私钥。 {path} holds no secret key of age.") from None


def seal(source: IO[bytes], target: Path) -> Sealed:
    """Pack and seal a stream into a file, which stands there whole or not at all. Raises MinzhengError, UsageError."""
    return _sealed(_Packed(source), target)


def seal_change(content: bytes, target: Path) -> None:
    """Pack, vouch for under the file's name, and seal; the word lies in the file, which is replaced at once."""
    packed = zlib.compress(content, QUICK, wbits=GZIP_WBITS)
    _sealed(BytesIO(VOUCHED + word(target.name, packed).encode() + NOTHING + packed), target)


def _sealed(packed: BytesIO | _Packed, target: Path) -> Sealed:
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        with given_path(target), open(unfinished, "wb") as file:
            counted = _Counted(file)
            pyrage.encrypt_io(packed, counted, [recipient()])
        put_in_place(unfinished, target)
    except pyrage.EncryptError as error:  # also of a disk that is full
        raise MinzhengError(
            f"{target.name} 没有写成，磁盘是否已满？ {target.name} was not written ({error}): is there room?"
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)  # where it was not finished, its room is wanted
    return Sealed(counted.size, counted.digest.hexdigest())


def open_into(source: Path, target: IO[bytes], key: pyrage.x25519.Identity) -> str:
    """Unseal a file into a stream, still packed; returns the SHA-256 of what was read. Raises MinzhengError for a
    damaged file or another's."""
    try:
        with source.open("rb") as file:
            read = _Digested(file)
            pyrage.decrypt_io(read, target, [key])
            while read.read(BLOCK):  # behind the seal
                pass
    except (OSError, pyrage.DecryptError) as error:
        raise MinzhengError(
            f"{source.name} 解不开：文件损坏，或由另一把公钥加密。 "
            f"{source.name} cannot be opened ({error}): it is damaged, or sealed to another key."
        ) from None
    return read.digest.hexdigest()


def opened_change(source: Path, key: pyrage.x25519.Identity) -> bytes:
    """The content of a change. Raises MinzhengError where nobody we know vouches for it under this name."""
    unsealed = BytesIO()
    open_into(source, unsealed, key)
    content = unsealed.getvalue()
    begin, end = len(VOUCHED), len(VOUCHED) + WORD
    packed = content[end + len(NOTHING) :]
    check(source.name, packed, content[begin:end].decode("ascii", errors="replace"))
    return gzip.decompress(packed)
