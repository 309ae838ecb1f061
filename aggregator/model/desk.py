"""Lists of items that wait at the desk, and the links by which an item in its veto window is held."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from aggregator.model.stored import Stored


class Waiting(StrEnum):
    """The lists of the desk: held items by why they are held, then items that a decision may change."""

    REVIEW = "review"
    QUARANTINE = "quarantine"
    VETO = "veto"
    EMBARGO = "embargo"
    HELD = "held"  # by the operator, a budget, as a copy, for a date that is in doubt
    VERSIONS = "versions"  # newer ones of live items, which wait for approval
    CONFLICTS = "conflicts"  # the origin says something else of fields that the desk has amended
    STORIES = "stories"  # they may be one story with another item


class WaitingPage(Struct, frozen=True):
    """One page of a list, newest first. `older` is the number before which the next begins, None on the
    last. `near` has what items may be one story with, by their numbers; `looked` counts the items that were
    looked through for the page, 0 where an index holds the list."""

    items: tuple[Stored, ...] = ()
    older: int | None = None
    near: Mapping[int, tuple[Stored, ...]] = field(default_factory=dict)
    looked: int = 0


class VetoLink(Struct, frozen=True):
    """A one-use link that holds an item: the digest of its token, and the time at which the item goes
    live."""

    token: bytes
    item: str
    expires: datetime
