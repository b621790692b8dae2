"""Folders and files of the inbox that are written: what lies there is read without following a link, and so it is
written. Senders may write into the inbox too."""

import os
import shutil
import stat
from pathlib import Path
from typing import BinaryIO

from ingestion.errors import IngestionError
from ingestion.file_names import printable

# Of a disk, by default half of what an alert wants free (MINZHENG_DISK_FREE_PERCENT).
LEAST_FREE = 0.05


def made(folder: Path, levels: int) -> None:
    """Make a folder where it is not there. levels: of it and those above it that lie in the inbox.

    Raises IngestionError where one of them is no folder itself, but a link to one.
    """
    *inside, root = (folder, *folder.parents)[: levels + 1]
    root.mkdir(parents=True, exist_ok=True)
    for place in reversed(inside):
        place.mkdir(mode=0o750, exist_ok=True)
        if not stat.S_ISDIR(place.lstat().st_mode):
            raise IngestionError(
                "交换目录中的文件夹是链接，不予跟随，没有写入。 "
                f"{printable(place.name)}: a folder of the inbox is a link, which is not followed. Nothing was "
                "written; put the folder itself there."
            )


def has_room(folder: Path, size: int = 0) -> bool:
    """Whether so many bytes more leave others room on the disk."""
    usage = shutil.disk_usage(folder)
    return usage.free - size >= usage.total * LEAST_FREE


def new_file(path: Path) -> BinaryIO:
    """A file of its own, in place of what bears its name: others on the machine do not read what departments send."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o640), "wb")
