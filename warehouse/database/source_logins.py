"""Who signs in at the systems that deliveries are fetched from, as the settings of this machine say."""

from ingestion.errors import SourceError
from ingestion.pulling.server import ApiSource, DatabaseSource, Source
from ingestion.pulling.sign_in import SignIn, sign_in_of
from ingestion.way import is_this_machine
from warehouse.database.settings import settings
from warehouse.database.transport import Way


def way_of(source: Source) -> Way:
    """Interfaces and object stores are asked over TLS or on this machine, file servers over SSH with pinned keys."""
    if not isinstance(source, DatabaseSource) or source.checks_tls:
        return Way.TLS
    return Way.HERE if is_this_machine(source.host) else Way.PLAIN


def signing_in(source: Source) -> SignIn:
    """Who signs in at a source on this machine. Raises SourceError where nobody is named, or where the source would be
    asked in the clear and must not."""
    if settings().require_tls and way_of(source) is Way.PLAIN:
        raise SourceError(
            f"{source.name}: 未受 TLS 保护，而 MINZHENG_REQUIRE_TLS 要求加密，未连接。 "
            "It is not reached over TLS, which MINZHENG_REQUIRE_TLS wants: nothing was connected. Take `tls: off` out "
            "of its contract, and name who signed its certificate (MINZHENG_SOURCE_AUTHORITY)."
        )
    said = settings().sources.get(source.name)
    needs_nobody = isinstance(source, ApiSource) and source.auth == "none"
    return sign_in_of(
        source.name,
        said.get_secret_value() if said is not None else "" if needs_nobody else None,
        settings().source_authority,
        settings().source_host_keys,
        settings().source_keys.get(source.name, ""),
    )
