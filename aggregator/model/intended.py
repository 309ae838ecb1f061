"""What a poll or an operator is about to do to items. Pure stages make these, storage carries them out."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.believed import Item, Mode
from aggregator.model.hubs import Advert
from aggregator.model.remembered import Claim, Move, Outcome, State
from aggregator.model.said import Document, Validators
from aggregator.settings import Source


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be stored for the first time.

    `shown` is the published date the public sees; `release` is when a held item goes live (None:
    when the operator says so); `backlog` keeps it out of all but its source's own channel.
    """

    item: Item
    id: str
    public_id: (
        str  # the origin's id where it is a valid IRI, else "": storage mints one, as it does when taken
    )
    state: State
    shown: datetime
    updated: datetime
    release: datetime | None = None
    reason: str = ""
    backlog: bool = False
    same_as: int | None = None  # number of the item whose story it joins
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A known item said anew. `substantive`: the old state becomes a revision and `updated` moves."""

    number: int
    item: Item
    substantive: bool
    updated: datetime
    damped: bool = False  # changed too often: replaced in place, neither a revision nor an update
    release: datetime | None = None  # a held item's new date


@dataclass(frozen=True, slots=True)
class Changes:
    """What one poll does to the items of its source; `new` is oldest first.

    `matched` says which item each other raw item of the document stands for; `doubles` are those that say,
    less lately, what another one says: they count when that one goes, so they are read anew each time.
    """

    mode: Mode
    new: tuple[NewItem, ...] = ()
    edits: tuple[Edit, ...] = ()
    matched: tuple[tuple[bytes, int], ...] = ()
    doubles: tuple[bytes, ...] = ()
    rotated: int = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an item's life as `lifecycle` decided it, with its audit line."""

    number: int
    before: State
    after: State
    trigger: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is given: one document, and all that shapes what becomes of it."""

    body: bytes
    content_type: str
    url: str  # where the document was found in the end
    source: Source
    seen: frozenset[bytes]
    recipe: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker returns: the document without its entries, and the items they became.

    `skipped` counts entries that `only` and `skip` left out; `invalid` names entries that could not
    become items, with the reason.
    """

    document: Document
    items: tuple[Item, ...]
    skipped: int = 0
    invalid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """When to look again, and why then, in words."""

    at: datetime
    why: str
    is_capped: bool = False  # the origin asked for more than it gets


@dataclass(frozen=True, slots=True)
class Rest:
    """A host that has asked to be left alone by all (429), until when, and why in words."""

    host: str
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Poll:
    """One finished poll, to be committed whole or not at all.

    `document` is None when nothing came back that had to be read (304, same bytes, failure).
    """

    claim: Claim
    outcome: Outcome
    due: datetime
    if_new: Due | None = None  # when it is due instead, should it have found anything new
    document: Document | None = None
    changes: Changes | None = None
    validators: Validators | None = None  # None: keep what is stored
    body_digest: bytes | None = None
    recipe: bytes = b""
    full: bool = False  # fetched without validators
    advert: Advert | None = None  # what a document that was read says of hubs
    move: Move | None = None  # None: keep what is stored
    rest: Rest | None = None
    is_capped: bool = False  # as that of its Due
