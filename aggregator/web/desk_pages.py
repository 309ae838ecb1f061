"""Previews of releases as they would be published, and the time left, as pages of the desk show them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial.differences import Piece, differences
from aggregator.editorial.present import present
from aggregator.model.amendment import AmendedField
from aggregator.model.decision import State
from aggregator.model.release import Release
from aggregator.model.settings import Config, Text
from aggregator.model.stored import FeedInfo, Stored
from aggregator.normalise import plain
from aggregator.policy.amendments import conflicts
from aggregator.storage import Storage

HOUR = timedelta(hours=1)


class Preview(Struct, frozen=True):
    """An item with its newest version as it would be published; None where that cannot be shown."""

    item: Stored
    organisation: str
    release: Release | None
    conflicts: tuple[AmendedField, ...]

    @property
    def is_waiting(self) -> bool:
        """Return whether the version shown waits for approval, with another one public."""
        return self.item.pending is not None


class Changed(Struct, frozen=True):
    """Differences of a waiting version from the public one: of its headline, and of its text."""

    headline: tuple[Piece, ...]
    text: tuple[Piece, ...]


def changed(storage: Storage, config: Config, preview: Preview) -> Changed | None:
    """Return what the waiting version of a preview changes; None where either version cannot be shown."""
    item, new = preview.item, preview.release
    if new is None or item.pending is None or item.state is not State.LIVE:
        return None
    (feed,) = storage.items.feeds({item.source})
    source = config.source(item.source)
    old = _released(item, feed, config, source.disclaimer if source is not None else None)
    if old is None:
        return None
    text = differences(plain.read(old.content).text, plain.read(new.content).text)
    return Changed(differences(old.title, new.title), text)


def previews(storage: Storage, config: Config, items: tuple[Stored, ...]) -> tuple[Preview, ...]:
    """Return previews of items, in their order; none of an item whose source was deleted meanwhile."""
    feeds = {feed.id: feed for feed in storage.items.feeds({item.source for item in items})}
    return tuple(
        _preview(storage, config, item, feeds[item.source]) for item in items if item.source in feeds
    )


def _preview(storage: Storage, config: Config, item: Stored, feed: FeedInfo) -> Preview:
    source = config.source(item.source)
    own = source.disclaimer if source is not None else None
    release = None if item.erased else _released(_newest(storage, item), feed, config, own)
    return Preview(item, organisation(item, feed), release, conflicts(item))


def organisations(storage: Storage, items: Iterable[Stored]) -> Mapping[str, str]:
    """Return the organisations of items by the ids of their sources."""
    shown = {item.source: item for item in items}
    return {feed.id: organisation(shown[feed.id], feed) for feed in storage.items.feeds(set(shown))}


def organisation(item: Stored, feed: FeedInfo) -> str:
    """Return the organisation that an item is published under."""
    return (item.item.organisation if feed.from_entry else "") or feed.organisation


def _released(item: Stored, feed: FeedInfo, config: Config, own: Text | None) -> Release | None:
    """Return an item as a release, None for one that cannot be shown."""
    try:
        return present(item, feed=feed, publication=config.publication, text=own)
    except ValueError:  # republish: no, or a template that fails
        return None


def _newest(storage: Storage, item: Stored) -> Stored:
    """Return an item with the content of its version that waits for approval, if one does."""
    content = storage.acts.waiting_version(item) if item.pending is not None else None
    if content is None:
        return item
    waiting = storage.pages.of(item.number, content.fingerprint)
    return replace(item, item=content, version=item.newest, page=waiting)


def left(at: datetime, now: datetime) -> str:
    """Return how long it is until a time, to the minute below two days."""
    minutes = ceil((at - now) / timedelta(minutes=1))
    if minutes <= 0:
        return "now"
    if minutes < 60:
        return f"in {minutes} min"
    if at - now < 48 * HOUR:
        return f"in {minutes // 60} h {minutes % 60} min"
    return f"in {(at - now).days} days"
