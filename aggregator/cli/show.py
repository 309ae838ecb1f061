"""`sources`, `items` and `show`: read-only views of the store, as tables, text or JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import say, say_json, table, when
from aggregator.editorial.present import present
from aggregator.editorial.safe import feed_address
from aggregator.errors import UsageError
from aggregator.model import (
    Alert,
    Enclosure,
    FeedInfo,
    Health,
    ItemQuery,
    OutcomeKind,
    State,
    Stored,
)
from aggregator.model.settings import Config, Republish
from aggregator.policy import reasons
from aggregator.policy.relocation import advice
from aggregator.service import app
from aggregator.storage import Storage

LISTED_MAX = 5  # items of one URL that an error lists


def sources(path: Path, *, as_json: bool) -> None:
    """Print each source with its last poll, next poll and alerts."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        healths, alerts = storage.admin.health(), storage.tasks.alerts()
    if as_json:
        say_json([_source_json(health, alerts) for health in healths])
        return
    rows = [
        (
            health.feed.id,
            health.feed.organisation,
            health.last.kind if health.last else "–",
            str(health.live),
            when(health.last_success),
            when(health.due.at),
            _reason(health),
        )
        for health in healths
    ]
    table(("source", "organisation", "last poll", "live", "last success", "due (UTC)", "why"), rows)
    for alert in alerts:
        say(f"alert: {alert.source} ({alert.kind}, since {when(alert.raised)}): {alert.message}")
    stored = {health.feed.id for health in healths}
    waiting = [source.id for source in config.sources if source.id not in stored]
    if waiting:
        say(f"not polled yet: {', '.join(waiting)}")


def _reason(health: Health) -> str:
    """Return why the source is due then, with the error message of its last poll and its relocation."""
    is_failed = health.last is not None and health.last.kind is OutcomeKind.FAILED
    moved = advice(health.feed.id, health.relocation)
    failed = health.last.message if health.last and is_failed else ""
    return "; ".join(each for each in (failed, reasons.words(health.due), moved) if each)


def _source_json(health: Health, alerts: Sequence[Alert]) -> dict[str, object]:
    last, (moved_to, moved_since) = health.last, health.relocation.target
    return {
        "id": health.feed.id,
        "organisation": health.feed.organisation,
        "feed": feed_address(health.feed.feed),
        "topics": health.feed.topics,
        "live": health.live,
        "held": health.held,
        "mode": health.mode,
        "failures": health.failures,
        "due": health.due.at.isoformat(),
        "due_reason": health.due.reason,
        "why": reasons.words(health.due),
        "moved_to": feed_address(moved_to),
        "moved_since": moved_since.isoformat() if moved_since else None,
        "moved": bool(health.relocation.at),
        "last_success": health.last_success.isoformat() if health.last_success else None,
        "alerts": [
            {"kind": alert.kind.value, "since": alert.raised.isoformat(), "message": alert.message}
            for alert in alerts
            if alert.source == health.feed.id
        ],
        "last_poll": last and {"at": last.started.isoformat(), "outcome": last.kind, "message": last.message},
    }


def item_query(search: str, source: str, *, topic: str, language: str, state: str, limit: int) -> ItemQuery:
    """Return the options of `items` as a query; raises UsageError for an unknown state."""
    try:
        states = (State(state),) if state else ()
    except ValueError:
        raise UsageError(f"--state is held, live or withdrawn, not {state!r}") from None
    return ItemQuery(search=search, source=source, topic=topic, language=language, states=states, limit=limit)


def items(path: Path, query: ItemQuery, *, as_json: bool) -> None:
    """Print a list of items, newest first."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        names = {feed.id: feed for feed in storage.items.feeds()}
        _check_names(query, config, names)
        matches = sorted(storage.items.items(query), key=lambda item: (item.shown, item.number), reverse=True)
    if as_json:
        feeds = [names[item.source] for item in matches]
        summaries = zip(matches, feeds, strict=True)
        say_json([_summary_json(item, feed.organisation, feed.topics) for item, feed in summaries])
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


def _summary_json(item: Stored, organisation: str, topics: tuple[str, ...]) -> dict[str, object]:
    return {
        "id": item.id,
        "source": item.source,
        "organisation": item.item.organisation or organisation,
        "title": item.item.title,
        "url": item.item.url,
        "published": item.shown.isoformat(),
        "updated": item.updated.isoformat(),
        "first_seen": item.first_seen.isoformat(),
        "state": item.state,
        "topics": topics,
        "language": item.item.language,
        "story": item.story,
    }


def show(path: Path, reference: str, *, as_json: bool, as_text: bool) -> None:
    """Print one item: as lines, as plain text or as JSON."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        item = find_item(storage, reference)
        if as_json:
            say_json(_item_json(storage, item))
        elif as_text:
            say(_text(config, storage, item))
        else:
            _print_item(storage, item)


def find_item(storage: Storage, reference: str, *, story: bool = False) -> Stored:
    """Return the item of an id, public id or URL.

    Raises UsageError for no match, and for several matches unless `story` allows all of one story: picking
    one could withdraw the wrong release and leave the right one published.
    """
    item = storage.items.find(reference)
    if item is None:
        raise UsageError(f"there is no item {reference!r}: `publicwire items --search WORDS` finds one")
    same = () if reference == item.id else storage.items.at(reference)
    is_story = item.story is not None and all(each.story == item.story for each in same)
    if len(same) > 1 and not (story and is_story):
        ids = ", ".join(f"{each.id} ({each.source})" for each in same[:LISTED_MAX])
        more = f" and {len(same) - LISTED_MAX} more" if len(same) > LISTED_MAX else ""
        raise UsageError(f"{len(same)} items have this URL, give the id of one: {ids}{more}")
    return item


def _text(config: Config, storage: Storage, item: Stored) -> str:
    """Return the plain-text view, also of a held item; raises UsageError under `republish: no`."""
    feed = storage.items.feed(item.source)
    if feed is None or feed.republish == Republish.NO:
        raise UsageError(f"item {item.id} may not be shown: its source says republish: no")
    source = config.source(item.source)
    own = source.disclaimer if source is not None else None
    return present(item, feed=feed, publication=config.publication, text=own).text


def _item_json(storage: Storage, item: Stored) -> dict[str, object]:
    feed = storage.items.feed(item.source)
    release = item.item
    return {
        **_summary_json(item, feed.organisation if feed else item.source, feed.topics if feed else ()),
        "public_id": item.public_id,
        "position": item.position,
        "reason": item.reason,
        "release": item.release.isoformat() if item.release else None,
        "guid": release.guid,
        "raw_url": release.raw_url,
        "authors": release.authors,
        "categories": release.categories,
        "content": release.content,
        "text": release.text,
        "enclosures": [_file(each) for each in release.enclosures],
        "images": [_file(each) for each in release.images],
        "flags": item.flags,
        "also": [{"organisation": also.organisation, "url": also.url} for also in item.also],
        "revisions": [
            {"at": r.at.isoformat(), "title": r.title} for r in storage.items.revisions(item.number)
        ],
        "audit": [
            {
                "at": line.at.isoformat(),
                "before": line.before,
                "after": line.after,
                "trigger": line.trigger,
                "reason": line.reason,
                "actor": line.actor,
            }
            for line in storage.items.audit(item.number)
        ],
    }


def _file(enclosure: Enclosure) -> dict[str, object]:
    return {"url": enclosure.url, "type": enclosure.type, "size": enclosure.size}


def _print_item(storage: Storage, item: Stored) -> None:
    feed = storage.items.feed(item.source)
    say(item.item.title)
    for name, value in (
        ("organisation", item.item.organisation or (feed.organisation if feed else item.source)),
        ("original", item.item.url),
        ("state", f"{item.state}: {item.reason}" if item.reason else item.state),
        ("published", when(item.shown)),
        ("updated", when(item.updated)),
        ("first seen", when(item.first_seen)),
        ("public id", item.public_id),
        ("also by", ", ".join(also.organisation for also in item.also)),
        ("flags", ", ".join(item.flags)),
    ):
        if value:
            say(f"  {name:<13} {value}")
    for revision in storage.items.revisions(item.number):
        say(f"  revised       {when(revision.at)}, before: {revision.title}")
    for step in storage.items.audit(item.number):
        say(f"  {when(step.at)} {step.trigger}: {step.before} → {step.after} ({step.actor}) {step.reason}")
