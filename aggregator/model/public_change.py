"""Changes of what the public sees of an item, in the order of their commits."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from aggregator.model.stored import Stored


class ChangeKind(StrEnum):
    """Kinds of public changes.

    WITHDRAWN is every way out of the outputs: withdrawn, held again, rights that forbid it, removed with its
    source; RESTORED is the way back from each.
    """

    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"


class PublicChange(Struct, frozen=True):
    """One public change of an item.

    `number` is the cursor: it grows in the order of commits, with gaps. `item`, `id` and `source` are None or
    "" once the item is removed: `public_id` is all that is kept of it.
    """

    number: int
    seq: int
    kind: ChangeKind
    at: datetime
    item: int | None
    public_id: str
    id: str = ""
    source: str = ""


class Gone(Struct, frozen=True):
    """An entry that a channel had and has no longer: all that is published of it.

    `at` is when it left, `updated` the last one published. `id` and `source` are "" once the item is removed.
    `instead` is the id of the member of its story that stands in its place while both are public, else "".
    """

    public_id: str
    id: str
    source: str
    updated: datetime
    at: datetime
    instead: str = ""


class Selected(Struct, frozen=True):
    """Contents of a channel's document: tombstone entries, then items. The first `kept` re-enter or stand
    in no archive yet. `archives` is the number of the newest archive, 0 for none."""

    gone: tuple[Gone, ...] = ()
    items: tuple[Stored, ...] = ()
    kept: int = 0
    archives: int = 0


class Archived(Struct, frozen=True):
    """One archive of a channel, highest position first. Of an item past retention id, title and link are
    left."""

    number: int
    entries: tuple[Stored | Gone, ...]
    newest: int  # number of the newest archive


class ToldPage(Struct, frozen=True):
    """A page of the log of withdrawals and corrections: of items whose last change is on it, what is gone and
    what is corrected or restored. `last` is its last number, the cursor of the next page; `closed` counts the
    pages that are full."""

    entries: tuple[Stored | Gone, ...] = ()
    last: int = 0
    closed: int = 0
    has_more: bool = False
    changed: datetime | None = None  # when its last change was
