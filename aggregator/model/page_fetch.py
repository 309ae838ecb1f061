"""Fetches of pages of items whose feed carries a summary only."""

from datetime import datetime

from msgspec import Struct

from aggregator.model.decision import State
from aggregator.model.item import Item


class WantedPage(Struct, frozen=True):
    """A page to be fetched: of the item with this id, in the version with this fingerprint."""

    item: str
    url: str
    fingerprint: bytes


class PageFetch(Struct, frozen=True):
    """The fetch of a page that waits. `said` is the version of the item that the page is for.

    `release` is when the item goes live by itself, `awaits_approval` that this version is not public yet.
    `failures` counts fetches without an answer; `host_asked` pages of the same host fetched within a day.
    """

    number: int
    source: str
    url: str
    fingerprint: bytes
    state: State
    said: Item
    started: datetime
    release: datetime | None = None
    awaits_approval: bool = False
    failures: int = 0
    host_asked: int = 0
