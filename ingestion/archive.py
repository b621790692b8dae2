"""ZIP archives around a file: the one member that is the data, unpacked within limits.

Names without the UTF-8 flag are read as GBK, which Chinese programs write.
"""

import zipfile
from typing import BinaryIO

from ingestion.errors import DeliveryFault
from ingestion.file_names import printable
from ingestion.inbox import Delivery
from ingestion.layout import Archive
from ingestion.spreadsheet import DAMAGED
from ingestion.workbook_parser import MAX_PARTS, MAX_RATIO, MAX_UNPACKED_BYTES, RATIO_MATTERS_FROM_BYTES

PIECE_BYTES = 1 << 20
# The list of members is read at once: of more bytes it is no list of MAX_PARTS.
MOST_READ_AT_ONCE = 4 << 20
IS_UTF8 = 0x800
IS_ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Archive, delivery: Delivery, file: BinaryIO, copy: BinaryIO) -> list[str]:
    """Write the member that holds the data into ``copy``; returns what to say of members that are neither
    data nor ignored. Raises DeliveryFault.
    """
    try:
        with zipfile.ZipFile(_Bounded(file)) as package:
            files = [info for info in package.infolist() if not info.is_dir()]
            members = {member_name(info): info for info in files}
            if len(files) > MAX_PARTS or len(members) < len(files):
                raise _refused(
                    delivery, "unsafe_archive", f"has more than {MAX_PARTS} members, or one name twice"
                )
            member = _member(archive, delivery, members)
            with package.open(member) as content:
                left = member.file_size
                while piece := content.read(PIECE_BYTES):
                    left -= len(piece)
                    if left < 0:
                        raise _refused(delivery, "unsafe_archive", "unpacks to more than it says")
                    copy.write(piece)
    except DAMAGED:
        raise _refused(delivery, "unreadable_file", "is no readable ZIP archive") from None
    unknown = [
        name for name, info in members.items() if info is not member and not _is_ignored(archive, name)
    ]
    if not unknown:
        return []
    told = ", ".join(printable(name) for name in sorted(unknown)[:5])
    return [f"{delivery.file_name}: not read: {len(unknown)} further members ({told})."]


def _member(archive: Archive, delivery: Delivery, members: dict[str, zipfile.ZipInfo]) -> zipfile.ZipInfo:
    found = [info for name, info in members.items() if _is_data(archive, delivery, name)]
    if len(found) != 1:
        problem = "holds no member" if not found else "holds several members"
        raise _refused(delivery, "archive_member", f"{problem} named {archive.member.text} of its day")
    (member,) = found
    if member.flag_bits & IS_ENCRYPTED or member.compress_type not in METHODS:
        raise _refused(delivery, "unreadable_file", "is encrypted, or packed otherwise than by deflate")
    if member.file_size > MAX_UNPACKED_BYTES:
        raise _refused(delivery, "unsafe_archive", f"unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB")
    ratio = member.file_size / max(member.compress_size, 1)
    if member.file_size > RATIO_MATTERS_FROM_BYTES and ratio > MAX_RATIO:
        raise _refused(delivery, "unsafe_archive", f"unpacks to more than {MAX_RATIO} times its size")
    return member


def _is_data(archive: Archive, delivery: Delivery, name: str) -> bool:
    named = archive.member.match(_last(name))
    return named is not None and (not archive.member.has_date or named.day == delivery.business_date)


def _is_ignored(archive: Archive, name: str) -> bool:
    return any(pattern.match(_last(name)) is not None for pattern in archive.ignored)


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def member_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & IS_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _refused(delivery: Delivery, code: str, problem: str) -> DeliveryFault:
    return DeliveryFault(code, f"{delivery.file_name}: {problem}. Nothing was loaded.")


class _Bounded:
    """A file of which no more is read at once than a list of members takes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MOST_READ_AT_ONCE:
            raise ValueError("too many members")
        return self._file.read(MOST_READ_AT_ONCE if size < 0 else size)
