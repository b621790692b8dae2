"""Linkage: from person mentions to residents."""

from ingestion.linkage.exact import Linkage, link

__all__ = ["Linkage", "link"]
