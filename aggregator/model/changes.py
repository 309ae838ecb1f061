"""What a poll or an operator does to items. Pure stages make these values, storage carries them out."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.item import Item, Mode
from aggregator.model.stored import State


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

    `matched` says which item each other raw item of the document stands for; `superseded` are those that say,
    less lately, what another one says: they count when that one goes, so they are read anew each time.
    """

    mode: Mode
    new: tuple[NewItem, ...] = ()
    edits: tuple[Edit, ...] = ()
    matched: tuple[tuple[bytes, int], ...] = ()
    superseded: tuple[bytes, ...] = ()
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
