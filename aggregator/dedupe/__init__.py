"""Deduplication: from a document's items and what the store knows to new items and edits.

The package imports none of its modules: a worker needs `similar` alone.
"""
