"""`items` and `show`: read-only views of items in the store, as a table, text or JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import say, say_json, table, when
from aggregator.editorial.present import present
from aggregator.errors import UsageError
from aggregator.model import LANGUAGE_DETECTED, FeedInfo, ItemQuery, State, Stored
from aggregator.model.settings import Config, Republish
from aggregator.policy.languages import primary
from aggregator.service import app
from aggregator.storage import Storage

LISTED_MAX = 5  # items of one URL that an error lists


def item_query(search: str, source: str, *, topic: str, language: str, state: str, limit: int) -> ItemQuery:
    """Return the options of `items` as a query; raises UsageError for an unknown state or language."""
    try:
        states = (State(state),) if state else ()
    except ValueError:
        raise UsageError(f"--state is held, live or withdrawn, not {state!r}") from None
    if language and not primary(language):
        raise UsageError(f"--language is a registered code such as en or pt-BR, not {language!r}")
    return ItemQuery(search=search, source=source, topic=topic, language=language, states=states, limit=limit)


def items(path: Path, query: ItemQuery, *, as_json: bool) -> None:
    """Print the items stored last, newest shown date first."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        config = storage.admin.bound(config)
        names = {feed.id: feed for feed in storage.items.feeds()}
        _check_names(query, config, names)
        matches = sorted(storage.items.items(query), key=lambda item: (item.shown, item.number), reverse=True)
    if as_json:
        say_json([_summary_json(item, names[item.source]) for item in matches])
        return
    rows = [
        (item.id, when(item.shown), item.state, names[item.source].organisation, item.item.title)
        for item in matches
    ]
    table(("item", "published", "state", "organisation", "title"), rows)


def _check_names(query: ItemQuery, config: Config, stored: Mapping[str, FeedInfo]) -> None:
    """Raise UsageError for an unknown source or topic: a misspelt name is an error, not an empty list."""
    if query.source and query.source not in stored and config.source(query.source) is None:
        raise UsageError(f"there is no source called {query.source!r}: `publicwire sources` lists them")
    topics = {topic for feed in stored.values() for topic in feed.topics}
    topics |= {topic for source in config.sources for topic in source.topics}
    if query.topic and query.topic not in topics:
        known = f"there are {', '.join(sorted(topics))}" if topics else "no source has one"
        raise UsageError(f"there is no topic {query.topic!r}: {known}")


def _organisation(item: Stored, feed: FeedInfo) -> str:
    return (item.item.organisation if feed.from_entry else "") or feed.organisation


def _summary_json(item: Stored, feed: FeedInfo) -> dict[str, object]:
    return {
        "id": item.id,
        "source": item.source,
        "organisation": _organisation(item, feed),
        "title": item.item.title,
        "url": item.item.url,
        "published": item.shown,
        "updated": item.updated,
        "first_seen": item.first_seen,
        "state": item.state,
        "topics": feed.topics,
        "language": item.item.language,
        "story": item.story,
    }


def show(path: Path, reference: str, *, as_json: bool, as_text: bool) -> None:
    """Print one item: as lines, as plain text or as JSON."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        config = storage.admin.bound(config)
        item = find_item(storage, reference)
        feed = storage.items.feed(item.source)
        if feed is None:
            raise UsageError(f"item {item.id} and its source were deleted just now")
        if as_json:
            say_json(_item_json(storage, item, feed))
        elif as_text:
            say(_text(config, item, feed))
        else:
            _print_item(storage, item, feed)


def find_item(storage: Storage, reference: str, *, story: bool = False) -> Stored:
    """Return the item of an id, public id or URL.

    Raises UsageError for no match, and for several matches unless `story` allows all of one story: picking
    one could withdraw the wrong release and leave the right one published.
    """
    same = storage.items.named(reference)
    if not same:
        raise UsageError(f"there is no item {reference!r}: `publicwire items --search WORDS` finds one")
    item = same[0]
    is_story = item.story is not None and all(each.story == item.story for each in same)
    if len(same) > 1 and not (story and is_story):
        ids = ", ".join(f"{each.id} ({each.source})" for each in same[:LISTED_MAX])
        more = f" and {len(same) - LISTED_MAX} more" if len(same) > LISTED_MAX else ""
        raise UsageError(f"{len(same)} items have this URL or public id, give the id of one: {ids}{more}")
    return item


def _text(config: Config, item: Stored, feed: FeedInfo) -> str:
    """Return the plain-text view, also of a held item; raises UsageError under `republish: no`."""
    if feed.republish == Republish.NO:
        raise UsageError(f"item {item.id} may not be shown: its source says republish: no")
    source = config.source(item.source)
    own = source.disclaimer if source is not None else None
    return present(item, feed=feed, publication=config.publication, text=own).text


def _item_json(storage: Storage, item: Stored, feed: FeedInfo) -> dict[str, object]:
    release = item.item
    return {
        **_summary_json(item, feed),
        "public_id": item.public_id,
        "position": item.position,
        "reason": item.reason,
        "release": item.release,
        "guid": release.guid,
        "raw_url": release.raw_url,
        "authors": release.authors,
        "categories": release.categories,
        "content": release.content,
        "text": release.text,
        "enclosures": [asdict(each) for each in release.enclosures],
        "images": [asdict(each) for each in release.images],
        "flags": item.flags,
        "enters": storage.items.enters(item.number),
        "also": [asdict(also) for also in item.also],
        "revisions": [
            {"at": revision.at, "title": revision.title, "url": revision.url}
            for revision in storage.items.corrections(item.number)
        ],
        "audit": [
            {name: getattr(line, name) for name in ("at", "before", "after", "trigger", "reason", "actor")}
            for line in storage.items.audit(item.number)
        ],
    }


def _print_item(storage: Storage, item: Stored, feed: FeedInfo) -> None:
    enters = storage.items.enters(item.number)
    say(item.item.title)
    for name, value in (
        ("organisation", _organisation(item, feed)),
        ("original", item.item.url),
        ("state", f"{item.state}: {item.reason}" if item.reason else item.state),
        ("published", when(item.shown)),
        ("updated", when(item.updated)),
        ("first seen", when(item.first_seen)),
        ("waits", f"enters the merged feed at {when(enters)}" if enters else ""),
        (
            "language",
            f"{item.item.language} (detected)" if LANGUAGE_DETECTED in item.flags else item.item.language,
        ),
        ("public id", item.public_id),
        ("also by", ", ".join(also.organisation for also in item.also)),
        ("flags", ", ".join(item.flags)),
    ):
        if value:
            say(f"  {name:<13} {value}")
    for revision in storage.items.corrections(item.number):
        before = " at ".join(filter(None, (revision.title, revision.former_url)))
        say(f"  revised       {when(revision.at)}, before: {before or 'no longer kept'}")
    for step in storage.items.audit(item.number):
        say(f"  {when(step.at)} {step.trigger}: {step.before} → {step.after} ({step.actor}) {step.reason}")
