"""Items as storage keeps them: state, story, revisions, audit; and what a poll may ask of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from aggregator.model.item import Item, Key


class State(StrEnum):
    """Where an item stands in its life; only `lifecycle` changes it."""

    HELD = "held"
    LIVE = "live"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Known:
    """What storage remembers of an item that a poll may be about.

    `keys` are those of all its keys, old and new, that were asked for; `current` the ones it was last seen
    under. `listed` says that its raw item, unchanged, stands in the document at hand. `edits` counts its
    revisions of the last 7 days.
    """

    number: int
    state: State
    title: str
    fingerprint: bytes
    keys: tuple[Key, ...]
    current: tuple[Key, ...]
    updated: datetime
    language: str = ""
    listed: bool = False
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item of another source that may be the same release (same canonical URL)."""

    number: int
    story: int | None
    link: bytes
    language: str
    shown: datetime
    title: str
    text: str


class Reading(Protocol):
    """What may be asked while a poll is being decided."""

    def known(self, items: Sequence[Item], listed: Sequence[bytes]) -> tuple[Known, ...]:
        """Items of the source that share a key with any of `items`, or whose raw item is listed."""
        ...

    def candidates(self, links: Sequence[bytes]) -> tuple[Candidate, ...]:
        """Items of other sources with one of these LINK keys, not withdrawn."""
        ...


@dataclass(frozen=True, slots=True)
class StoryMember:
    """Another organisation that released the same story."""

    organisation: str
    url: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as storage keeps it: what we believe, and where it stands.

    `seq` grows with every change to what the public sees of it; `source_*` are as last known,
    so that items of a removed source can still be shown with attribution.
    """

    number: int
    id: str
    public_id: str
    source: str
    state: State
    item: Item
    shown: datetime
    updated: datetime
    first_seen: datetime
    seq: int
    position: int | None = None
    story: int | None = None
    release: datetime | None = None
    reason: str = ""
    corrected: bool = False
    flags: tuple[str, ...] = ()
    also: tuple[StoryMember, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What we publish of a source's own feed; `seq` grows when any of it changes."""

    id: str
    feed: str  # "" for file: sources: no such address is ever published
    organisation: str
    title: str = ""
    link: str = ""
    rights: str = ""
    language: str = ""
    republish: str = "full"
    licence: str = ""
    topics: tuple[str, ...] = ()
    configured: bool = True


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier state of an item, replaced at `at`."""

    at: datetime
    title: str
    content: str
    url: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One step of an item's life: who did what to it, when and why."""

    at: datetime
    item: str
    before: State
    after: State
    trigger: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Which items to list, newest first; "" means any. `states` empty means all."""

    search: str = ""
    source: str = ""
    topic: str = ""
    language: str = ""
    states: tuple[State, ...] = ()
    limit: int = 50
    before: int | None = None  # only items with a smaller number
