"""Linkage: from person mentions to residents."""

from ingestion.linkage.linking import Linkage, link

__all__ = ["Linkage", "link"]
