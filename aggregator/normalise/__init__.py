"""Entries normalised into items, and words for the search index.

The package imports none of its modules: the store needs the words alone.
"""
