"""Sources of what an output shows, and no others: an output costs the same beside few and many sources."""

from collections.abc import Iterable, Mapping

from aggregator.model.public_change import Gone
from aggregator.model.stored import FeedInfo, Stored
from aggregator.storage import Storage


def of_items(storage: Storage, items: Iterable[Stored | Gone], *others: str) -> Mapping[str, FeedInfo]:
    """Return the sources of items, and those with other ids, by id; a source that was removed meanwhile is
    missing. StorageError."""
    wanted = {each.source for each in items}.union(others)
    return {feed.id: feed for feed in storage.items.feeds(sorted(wanted))}
