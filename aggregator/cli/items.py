"""`items`: the items of the store as a table or JSON; items by the names that commands give them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.cli.applied_file import opened
from aggregator.cli.location import Location
from aggregator.cli.output import REST, say_json, table, when
from aggregator.errors import UsageError
from aggregator.model.decision import State
from aggregator.model.item import FOREIGN_LINKS
from aggregator.model.settings import Config
from aggregator.model.stored import FeedInfo, ItemQuery, Stored
from aggregator.policy.embargo import REVIEW
from aggregator.policy.languages import primary
from aggregator.storage import Storage

LISTED_MAX = 5  # items of one URL that an error lists
REASON_CHARS, ORGANISATION_CHARS = 18, 16  # in a table of 80 columns
PAGE = re.compile(r"https?://[^/]+/(?:[^?#]*/)?items/([a-z2-7]{13})(?:[/?#].*)?")  # of ours


def item_query(search: str, source: str, *, topic: str, language: str, state: str, limit: int) -> ItemQuery:
    """Return the options of `items` as a query; raises UsageError for an unknown state or language."""
    try:
        states = (State(state),) if state else ()
    except ValueError:
        raise UsageError(f"--state is held, live or withdrawn, not {state!r}") from None
    if language and not primary(language):
        raise UsageError(f"--language is a registered code such as en or pt-BR, not {language!r}")
    return ItemQuery(
        search=search,
        source=source,
        topic=topic,
        language=language,
        states=states,
        or_pending=State.HELD in states,
        limit=limit,
        newest=True,
    )


def items(where: Location, query: ItemQuery, *, as_json: bool) -> None:
    """Print items, newest shown date first."""
    with opened(where) as (storage, is_applied):
        names = {feed.id: feed for feed in storage.items.feeds()}
        if query.source or query.topic or not is_applied:
            from aggregator.cli.opening import config_of

            _check_names(query, config_of(where, storage), names, storage.items.channels())
        matches = storage.items.items(query)
    if as_json:
        say_json([summary_json(item, names[item.source]) for item in matches])
        return
    if query.states == (State.HELD,):
        held = [
            (
                item.id,
                _until(item),
                held_for(item) if item.state is State.HELD else _state(item),
                item.headline,
            )
            for item in matches
        ]
        table(("item", "held until", "reason", "title"), held, cut={"reason": REASON_CHARS, "title": REST})
        return
    rows = [
        (
            item.id,
            when(item.shown) if item.is_dated else "",
            _state(item),
            organisation(item, names[item.source]),
            item.headline,
        )
        for item in matches
    ]
    cut = {"organisation": ORGANISATION_CHARS, "title": REST}
    table(("item", "published", "state", "organisation", "title"), rows, cut=cut)


def held_for(item: Stored) -> str:
    """Return why an item is held: a quarantine waits for an operator as a review does."""
    return "foreign links" if item.reason == REVIEW and FOREIGN_LINKS in item.flags else item.reason


def ahead(item: Stored) -> datetime | None:
    """Return the date that a held item claims, if it was ahead when the item was found."""
    claimed = item.item.claimed
    return claimed if item.state is State.HELD and claimed is not None and claimed > item.shown else None


def _until(item: Stored) -> str:
    """Return when a held item goes live; in brackets its date, where an operator is to decide."""
    if item.release is None and (date := ahead(item)):
        return f"({when(date)})"
    return when(item.release)


def _check_names(
    query: ItemQuery, config: Config, stored: Mapping[str, FeedInfo], channels: Sequence[str]
) -> None:
    """Raise UsageError for an unknown source or topic: a misspelt name is an error, not an empty list."""
    if query.source and query.source not in stored and config.source(query.source) is None:
        raise UsageError(f"there is no source called {query.source!r}: `publicwire sources` lists them")
    topics = {topic for feed in stored.values() for topic in feed.topics}
    topics |= {topic for source in config.sources for topic in source.all_topics}
    topics |= {name.removeprefix("topics/") for name in channels if name.startswith("topics/")}
    if query.topic and query.topic not in topics:
        known = f"there are {', '.join(sorted(topics))}" if topics else "no source has one"
        raise UsageError(f"there is no topic {query.topic!r}: {known}")


def _state(item: Stored) -> str:
    return item.state if item.pending is None else f"{item.state}, version {item.pending} waits"


def organisation(item: Stored, feed: FeedInfo) -> str:
    return (item.item.organisation if feed.from_entry else "") or feed.organisation


def summary_json(item: Stored, feed: FeedInfo) -> dict[str, object]:
    return {
        "id": item.id,
        "source": item.source,
        "organisation": organisation(item, feed),
        "title": item.headline,
        "url": item.item.url,
        "published": item.shown if item.is_dated else None,
        "updated": item.updated,
        "first_seen": item.first_seen,
        "state": item.state,
        "reason": item.reason,
        "release": item.release,
        "claimed": item.item.claimed,
        "topics": item.topics_of(feed),
        "language": item.amended.language or item.item.language,
        "story": item.story,
        "version": item.version,
        "waiting_version": item.pending,
    }


def _named(storage: Storage, reference: str) -> tuple[Stored, ...]:
    """Return the items of an id, public id, URL or page of ours; no source can claim the URL of a page."""
    page, last = PAGE.fullmatch(reference), storage.settings.applied()
    found = storage.items.find(page[1]) if page else None
    is_ours = last is not None and reference.startswith(last.publication.url)
    if found is not None and is_ours:
        return (found,)
    # A page is also reached under the address that the service listens on.
    return storage.items.named(reference) or ((found,) if found else ())


def find_item(storage: Storage, reference: str, *, story: bool = False) -> Stored:
    """Return the item of an id, public id, URL or page of ours.

    Raises UsageError for no match, and for several matches unless `story` allows all of one story: picking
    one could withdraw the wrong release and leave the right one published.
    """
    same = _named(storage, reference)
    if not same:
        raise UsageError(f"there is no item {reference!r}: `publicwire items --search WORDS` finds one")
    item = same[0]
    is_story = item.story is not None and all(each.story == item.story for each in same)
    if len(same) > 1 and not (story and is_story):
        ids = ", ".join(f"{each.id} ({each.source})" for each in same[:LISTED_MAX])
        more = f" and {len(same) - LISTED_MAX} more" if len(same) > LISTED_MAX else ""
        raise UsageError(f"{len(same)} items have this URL or public id, give the id of one: {ids}{more}")
    return item


def version_of(storage: Storage, item: Stored, version: int | None) -> Stored:
    """Return an item with the content of a version: the one stored, also for None, or the one that waits,
    which then has the number of `pending`.

    Raises UsageError for any other: of those replaced, the history has what is kept.
    """
    if version in (None, item.version):
        return item
    content = storage.acts.waiting_version(item) if version == item.pending else None
    if content is None:
        waits = f", and version {item.pending} waits" if item.pending else ""
        raise UsageError(f"item {item.id} is at version {item.version}{waits}: {version} cannot be shown")
    page = storage.pages.of(item.number, content.fingerprint)
    return replace(item, item=content, version=item.newest, page=page)
