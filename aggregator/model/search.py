"""Results of searches of what is public, and pages of its changes, as stored."""

from msgspec import Struct

from aggregator.model.public_change import Gone
from aggregator.model.stored import Stored


class Matches(Struct, frozen=True):
    """Numbers of live items that match a query, the last stored first. `before` is the number from which an
    older part goes on, None where there is none. Not `is_complete`: new items wait for the index."""

    numbers: tuple[int, ...] = ()
    before: int | None = None
    is_complete: bool = True


class Cursor(Struct, frozen=True):
    """State of a reader of changes: it has read items up to a `position`, changes of items up to a number."""

    position: int = 0
    change: int = 0


class ChangesPage(Struct, frozen=True):
    """Changes after a cursor, oldest first: items that are new or changed, and what is no longer public.

    `left` are corrected and restored items that are not, or no longer, in the channel asked for.
    """

    items: tuple[Stored, ...]
    left: tuple[Stored, ...]
    gone: tuple[Gone, ...]
    next: Cursor
    has_more: bool
