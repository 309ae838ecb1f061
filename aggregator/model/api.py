"""Pages of the API as published."""

from msgspec import Struct

from aggregator.model.release import Release, Tombstone


class Unmatched(Struct, frozen=True):
    """A corrected or restored release that is not, or no longer, in what was asked for."""

    id: str
    public_id: str


class ApiPage(Struct, frozen=True):
    """One page of items and withdrawals. `next` is the cursor behind it, `next_url` the address that it
    leads to."""

    items: tuple[Release, ...]
    withdrawn: tuple[Tombstone, ...]
    unmatched: tuple[Unmatched, ...]
    next: str
    next_url: str
    has_more: bool
