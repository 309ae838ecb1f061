"""Deduplication: from a document's items and what the store knows to new items and edits."""

from aggregator.dedupe.changes import decide

__all__ = ["decide"]
