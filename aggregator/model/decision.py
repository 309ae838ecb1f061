"""States of items, and the decisions of the operator, which the journal keeps beyond the life of an item."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Life-cycle state of an item; only `policy.lifecycle` changes it."""

    HELD = "held"
    LIVE = "live"
    WITHDRAWN = "withdrawn"


class Trigger(StrEnum):
    """Causes of a transition: the import, the clock, the operator, the withdrawal of another release."""

    FIRST_SEEN = "first seen"
    TIME = "time"
    RELEASE = "release"
    HOLD = "hold"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    STRIKE = "strike"  # removes the text of one version, changes no state
    SPLIT = "split"  # out of its story, changes no state
    MERGE = "merge"  # into one story, changes no state
    COPY = "copy"  # the item is a copy of a release that the operator has withdrawn


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of the operator about an item, and what the item is recognised by when it comes again.

    `item` is its id. `source` and `feed`, a digest of the feed's URL, say whose item it is, `key` which: the
    kind and the digest of its lookup key. `release` is when an item that was held goes live, `version` the
    one that a release approves, or that is struck; `approves`: the item was live. `fingerprint` is that of
    the text decided on, `read` a digest of all that is published of it. `link`, the digest of the address
    ("" for none and for a home page), `title`, that of the folded title, `day`, that of title and date (""
    without a date), `words`, those of the first words of the text, and `signature` are of a withdrawn
    release, by which copies of it are recognised, else empty.
    All digests are hexadecimal. Of older lines the id alone is known.
    """

    item: str
    trigger: Trigger
    reason: str
    actor: str
    at: datetime
    release: datetime | None = None
    version: int | None = None
    approves: bool = False
    source: str = ""
    feed: str = ""
    key: str = ""
    fingerprint: str = ""
    link: str = ""
    title: str = ""
    day: str = ""
    words: str = ""
    signature: bytes = b""
    read: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A source that the operator has removed with all its items."""

    source: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pairing:
    """A decision of the operator whether an item is one story with others, all given by their ids: `trigger`
    is SPLIT or MERGE. The last one about two items counts, also when they come again."""

    item: str
    others: tuple[str, ...]
    trigger: Trigger
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions that bear on a document: the last one about each item that may be one of its items, and
    withdrawn releases that share an address or sentences with one. `line` is the number of the last one of
    all, 0 for none.
    """

    line: int = 0
    own: tuple[Decision, ...] = ()
    withdrawn: tuple[Decision, ...] = ()
