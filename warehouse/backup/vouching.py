"""Who wrote a backup. Age seals to a public key and proves no sender: whoever knows that key could put a server of
their own making into the folder, and restoring would run what is in it. So who writes vouches for each file with a key
(HMAC-SHA256) that only the machine that takes backups knows, and who keeps the key that opens.
"""

import hmac

from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.settings import settings

LEAST_CHARACTERS = 32
WORD = 64  # characters: hex


def word(name: str, content: bytes) -> str:
    """That this content was written under this name. Raises UsageError where no key is set."""
    key = settings().backup_sender_key.get_secret_value().strip()
    if len(key) < LEAST_CHARACTERS:
        raise UsageError(
            "MINZHENG_BACKUP_SENDER_KEY 未设置或不足 32 个字符：既不写也不恢复无法证明来源的备份。 "
            "MINZHENG_BACKUP_SENDER_KEY is not set, or shorter than 32 characters: nothing is written or restored that "
            "nobody vouches for (`minzheng backup key --out FILE` makes one)."
        )
    return hmac.new(key.encode(), name.encode() + b"\0" + content, "sha256").hexdigest()


def check(name: str, content: bytes, said: str) -> None:
    """Raises MinzhengError where the word is not ours: damaged, put there by somebody else, or of another key."""
    if not hmac.compare_digest(word(name, content).encode(), said.encode()):
        raise MinzhengError(
            f"{name} 不是本单位备份服务写的，或已被改动，未使用。 "
            f"{name} was not written by whoever holds MINZHENG_BACKUP_SENDER_KEY, or was changed: it is not used."
        )
