"""Who signs in at a source: kept by the machine, never by a contract."""

from dataclasses import dataclass, field

from ingestion.errors import SourceError


@dataclass(frozen=True)
class SignIn:
    """said: what the settings hold, ``user:password`` or a token. authority: file with the certificate of who signed
    the server's, empty for those the machine trusts. host_keys, key: of a file server its pinned keys and the private
    key, files."""

    said: str = field(default="", repr=False)
    authority: str = ""
    host_keys: str = ""
    key: str = ""

    @property
    def user(self) -> str:
        return self.said.partition(":")[0]

    @property
    def password(self) -> str:
        return self.said.partition(":")[2]


def sign_in_of(
    name: str, said: str | None, authority: str = "", host_keys: str = "", key: str = ""
) -> SignIn:
    """said: null where nobody is named. Raises SourceError then."""
    if said is None:
        raise SourceError(
            f"没有来源 {name} 的登录：请在 MINZHENG_SOURCES 中写上。 "
            f'Nobody signs in at {name}: write MINZHENG_SOURCES=\'{{"{name}": "user:password"}}\', or a token.'
        )
    return SignIn(said, authority, host_keys, key)
