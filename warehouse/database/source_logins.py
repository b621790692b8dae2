"""Who signs in at the systems that deliveries are fetched from, as the settings of this machine say."""

from ingestion.pulling.server import ApiSource, Source
from ingestion.pulling.sign_in import SignIn, sign_in_of
from warehouse.database.settings import settings


def signing_in(source: Source) -> SignIn:
    """Who signs in at a source on this machine. Raises SourceError where nobody is named."""
    said = settings().sources.get(source.name)
    needs_nobody = isinstance(source, ApiSource) and source.auth == "none"
    return sign_in_of(
        source.name,
        said.get_secret_value() if said is not None else "" if needs_nobody else None,
        settings().source_authority,
        settings().source_host_keys,
        settings().source_keys.get(source.name, ""),
    )
