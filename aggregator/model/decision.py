"""States of items, and decisions about them, which the journal keeps beyond the life of an item."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from aggregator.model.amendment import Amendment


class State(StrEnum):
    """Life-cycle state of an item; only `policy.lifecycle` changes it."""

    HELD = "held"
    LIVE = "live"
    WITHDRAWN = "withdrawn"


class Trigger(StrEnum):
    """Causes of a transition: the import, the clock, the operator, the withdrawal of another release, and
    the item's own origin."""

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
    TOMBSTONE = "tombstone"  # the origin says that it is deleted
    EXPIRY = "expiry"  # the time until which the origin said that it is valid has passed
    PROBE = "probe"  # it left the feed, and its page is gone
    RELISTED = "relisted"  # undoes an expiry or a probe
    DECLINE = "decline"  # the operator keeps an item that its origin would withdraw; changes no state
    AMEND = "amend"  # the desk's own fields of an item, changes no state
    ERASE = "erase"  # removes all content of an item for good


class Lapse(StrEnum):
    """Withdrawals of a live item by its origin that the origin itself can undo."""

    NONE = ""
    EXPIRY = "expiry"  # a later expiry brings it back
    PROBE = "probe"  # its entry and its page bring it back


class Decision(Struct, frozen=True):
    """A decision of the operator, or of its origin, about an item, and what it is recognised by when it comes
    again.

    `item` is its id. `source` and `feed`, a digest of the feed's URL, say whose item it is, `key` which: the
    kind and the digest of its lookup key. `release` is when an item that was held goes live, `version` the
    one that a release approves, or that is struck; `approves`: the item was live. `fingerprint` is that of
    the text decided on, `read` a digest of all that is published of it. `link`, the digest of the address
    ("" for none and for a home page), `title`, that of the folded title, `day`, that of title and date (""
    without a date), `words`, those of the first words of the text, and `signature` are of a withdrawn
    release, by which copies of it are recognised, else empty.
    `lapse` is how an origin may undo its withdrawal. All digests are hexadecimal. Of older lines the id alone
    is known.
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
    lapse: Lapse = Lapse.NONE


Other = tuple[datetime, bytes]  # when a live item was first seen, and the signature of its text


class ErasedKey(Struct, frozen=True):
    """Key of an erased item, by which it is recognised: the kind and the digest.

    `source` and `feed` say whose item it was; `everywhere`: the key is that of the release, whoever lists it.
    """

    key: str
    item: str
    source: str
    feed: str
    everywhere: bool


class Amended(Struct, frozen=True):
    """The desk's fields of an item, all that it has since `at`; `feed` is a digest of its feed's URL."""

    item: str
    feed: str
    amendment: Amendment
    reason: str
    actor: str
    at: datetime


class Notice(Struct, frozen=True):
    """A request to take a release down (EU DSA, Article 16): by whom and when, and what was answered.

    `statement` is the statement of reasons (Article 17).
    """

    name: str
    address: str
    received: datetime
    statement: str = ""


class Errand(StrEnum):
    """Decisions that change no item by themselves. The values are in journals: never rename one."""

    ADD = "add"
    PAUSE = "pause"
    RESUME = "resume"
    POLL = "poll"
    UNMOVE = "unmove"
    REPORT = "report"  # answers a report of a reader


class Act(Struct, frozen=True):
    """One decision of the operator as the journal tells it; `trigger` None: it is the one of `noted`, or the
    source was forgotten."""

    at: datetime
    trigger: Trigger | None
    actor: str
    reason: str = ""
    item: str = ""
    source: str = ""
    version: int | None = None
    release: datetime | None = None
    notice: Notice | None = None
    noted: Errand | None = None


class Noted(Struct, frozen=True):
    """A decision about a source, or on a report about an item, for the audit alone: sources.yaml and the
    report hold its effect, so that a replay does not repeat it."""

    errand: Errand
    actor: str
    at: datetime
    source: str = ""
    item: str = ""
    reason: str = ""


class Forgotten(Struct, frozen=True):
    """A source that the operator has removed with all its items."""

    source: str
    actor: str
    at: datetime


class Pairing(Struct, frozen=True):
    """A decision of the operator whether an item is one story with others, all given by their ids: `trigger`
    is SPLIT or MERGE. The last one about two items counts, also when they come again."""

    item: str
    others: tuple[str, ...]
    trigger: Trigger
    reason: str
    actor: str
    at: datetime


class Decisions(Struct, frozen=True):
    """The decisions that bear on a document: the last one about each item that may be one of its items, and
    withdrawn releases that share an address or sentences with one; keys of erased items that one of them has.
    `line` is the number of the last one of all, 0 for none. `others` are live items of the source, if there
    are such releases.
    """

    line: int = 0
    own: tuple[Decision, ...] = ()
    withdrawn: tuple[Decision, ...] = ()
    others: tuple[Other, ...] = ()
    erased: tuple[ErasedKey, ...] = ()
