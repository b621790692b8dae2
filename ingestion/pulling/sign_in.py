"""Who signs in at a source: kept by the machine, never by a contract."""

from dataclasses import dataclass, field

from ingestion.errors import SourceError


@dataclass(frozen=True)
class SignIn:
    """secret: password or token. authority: file with the certificate of who signed the server's, empty for those
    the machine trusts. host_keys, key: of a file server its pinned keys and the private key, files."""

    user: str = ""
    secret: str = field(default="", repr=False)
    authority: str = ""
    host_keys: str = ""
    key: str = ""


def sign_in_of(
    name: str, said: str | None, authority: str = "", host_keys: str = "", key: str = ""
) -> SignIn:
    """said: ``user:password``, or a token alone."""
    if said is None:
        raise SourceError(
            f"没有来源 {name} 的登录：请在 MINZHENG_SOURCES 中写上。 "
            f'Nobody signs in at {name}: write MINZHENG_SOURCES=\'{{"{name}": "user:password"}}\', or a token.'
        )
    user, colon, secret = said.partition(":")
    if not colon:
        user, secret = "", said
    return SignIn(user, secret, authority, host_keys, key)
