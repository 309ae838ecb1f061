"""Provenance of the versions of an item: the documents that they were read from."""

from datetime import datetime

from msgspec import Struct


class ReadDocument(Struct, frozen=True):
    """A document as it was read: the address that answered, and the first 16 bytes of the SHA-256 of its
    bytes."""

    url: str
    digest: bytes


class Provenance(Struct, frozen=True):
    """The document that one version of an item was read from, when, and the versions of the programs that
    read it; of a version stored before documents were recorded all but its number is missing."""

    version: int
    at: datetime | None = None
    document: ReadDocument | None = None
    parser: str = ""
