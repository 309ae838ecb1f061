"""Stamp of a valid sources.yaml. A store keeps that of the file it has applied: until the file is edited,
commands that read the store alone need not parse it again."""

from hashlib import blake2b
from pathlib import Path

from aggregator import __version__


def file_stamp(text: str, path: Path, store: Path) -> str:
    """Return a digest of what parsing a file depends on: its text, its path and the version; and of its
    store, so that the stamp in a copy of a store is that of no file."""
    read = (__version__, str(path.absolute()), str(store), text)
    return blake2b(repr(read).encode(), digest_size=16).hexdigest()
