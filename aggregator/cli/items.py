"""`items` and `show`: read-only views of items in the store, as a table, text or JSON."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from aggregator.cli.location import Location
from aggregator.cli.opening import config_of, opened
from aggregator.cli.output import REST, say, say_json, table, when
from aggregator.editorial.present import page_address, present
from aggregator.errors import UsageError
from aggregator.model import LANGUAGE_DETECTED, FeedInfo, ItemQuery, State, Stored
from aggregator.model.settings import Config, Republish
from aggregator.policy.embargo import REVIEW
from aggregator.policy.languages import primary
from aggregator.storage import Storage

AUDITED = ("at", "before", "after", "trigger", "version", "reason", "actor")
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
    with opened(where) as storage:
        config = config_of(where, storage)
        names = {feed.id: feed for feed in storage.items.feeds()}
        _check_names(query, config, names)
        matches = storage.items.items(query)
    if as_json:
        say_json([_summary_json(item, names[item.source]) for item in matches])
        return
    if query.states == (State.HELD,):
        held = [
            (
                item.id,
                when(item.release),
                item.reason if item.state is State.HELD else _state(item),
                item.item.title,
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
            _organisation(item, names[item.source]),
            item.item.title,
        )
        for item in matches
    ]
    cut = {"organisation": ORGANISATION_CHARS, "title": REST}
    table(("item", "published", "state", "organisation", "title"), rows, cut=cut)


def _check_names(query: ItemQuery, config: Config, stored: Mapping[str, FeedInfo]) -> None:
    """Raise UsageError for an unknown source or topic: a misspelt name is an error, not an empty list."""
    if query.source and query.source not in stored and config.source(query.source) is None:
        raise UsageError(f"there is no source called {query.source!r}: `publicwire sources` lists them")
    topics = {topic for feed in stored.values() for topic in feed.topics}
    topics |= {topic for source in config.sources for topic in source.topics}
    if query.topic and query.topic not in topics:
        known = f"there are {', '.join(sorted(topics))}" if topics else "no source has one"
        raise UsageError(f"there is no topic {query.topic!r}: {known}")


def _state(item: Stored) -> str:
    return item.state if item.pending is None else f"{item.state}, version {item.pending} waits"


def _organisation(item: Stored, feed: FeedInfo) -> str:
    return (item.item.organisation if feed.from_entry else "") or feed.organisation


def _summary_json(item: Stored, feed: FeedInfo) -> dict[str, object]:
    return {
        "id": item.id,
        "source": item.source,
        "organisation": _organisation(item, feed),
        "title": item.item.title,
        "url": item.item.url,
        "published": item.shown if item.is_dated else None,
        "updated": item.updated,
        "first_seen": item.first_seen,
        "state": item.state,
        "reason": item.reason,
        "release": item.release,
        "topics": feed.topics,
        "language": item.item.language,
        "story": item.story,
        "version": item.version,
        "waiting_version": item.pending,
    }


def show(where: Location, reference: str, *, version: int | None, as_json: bool, as_text: bool) -> None:
    """Print one item, or the version of it that waits for approval: as lines, as plain text or as JSON."""
    with opened(where) as storage:
        config = config_of(where, storage)
        item = version_of(storage, find_item(storage, reference), version)
        feed = storage.items.feed(item.source)
        if feed is None:
            raise UsageError(f"item {item.id} and its source were deleted just now")
        if as_json:
            say_json(_item_json(storage, item, feed, _page(config, item)))
        elif as_text:
            say(_text(config, item, feed))
        else:
            _print_item(storage, item, feed, _page(config, item))


def _named(storage: Storage, reference: str) -> tuple[Stored, ...]:
    """Return the items of an id, public id, URL or page of ours; no source can claim the URL of a page."""
    page, last = PAGE.fullmatch(reference), storage.admin.applied()
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
    content = storage.items.waiting_version(item) if version == item.pending else None
    if content is None:
        waits = f", and version {item.pending} waits" if item.pending else ""
        raise UsageError(f"item {item.id} is at version {item.version}{waits}: {version} cannot be shown")
    return replace(item, item=content, version=item.newest)


def _waits(item: Stored) -> bool:
    """Return whether this is the version of its item that waits for approval."""
    return item.version == item.pending


def _enters(storage: Storage, item: Stored) -> datetime | None:
    """Return when a live item is expected in the merged feed; None if it does not wait for it."""
    return storage.items.enters(item.number) if item.state is State.LIVE and not _waits(item) else None


def _text(config: Config, item: Stored, feed: FeedInfo) -> str:
    """Return the plain-text view, also of a held item; raises UsageError under `republish: no`."""
    if feed.republish == Republish.NO:
        raise UsageError(f"item {item.id} may not be shown: its source says republish: no")
    source = config.source(item.source)
    own = source.disclaimer if source is not None else None
    release = present(item, feed=feed, publication=config.publication, text=own)
    return f"{release.title}\n\n{release.organisation}\n\n{release.text}"


def _page(config: Config, item: Stored) -> str:
    """Return the address of the item's page; "" unless this version of it is live."""
    if item.state is not State.LIVE or _waits(item):
        return ""
    return page_address(config.publication, item.id, item.item.title)


def _item_json(storage: Storage, item: Stored, feed: FeedInfo, page: str) -> dict[str, object]:
    release = item.item
    return {
        **_summary_json(item, feed),
        "public_id": item.public_id,
        "position": item.position,
        "page": page,
        "licence": feed.licence,
        "guid": release.guid,
        "raw_url": release.raw_url,
        "authors": release.authors,
        "categories": release.categories,
        "content": release.content,
        "text": release.text,
        "enclosures": [asdict(each) for each in release.enclosures],
        "images": [asdict(each) for each in release.images],
        "flags": item.flags,
        "enters": _enters(storage, item),
        "also": [asdict(also) for also in item.also],
        "revisions": [
            {name: getattr(revision, name) for name in ("version", "at", "title", "url", "struck")}
            for revision in storage.items.corrections(item.number)
        ],
        "audit": [
            {name: getattr(line, name) for name in AUDITED} for line in storage.items.audit(item.number)
        ],
    }


def _stands(item: Stored) -> str:
    """Return the state of an item as a sentence; of a version that waits, how to publish it."""
    if _waits(item):
        release = f"`publicwire release {item.id} --version {item.version}`"
        return f"this version waits for approval: {release} publishes it"
    return f"{item.state}: {item.reason}" if item.reason else item.state


def _waiting(item: Stored) -> str:
    """Return what waits beside an item, and how to read it; "" for nothing."""
    if item.pending is None or _waits(item):
        return ""
    return f"version {item.pending} for approval: `publicwire show {item.id} --version {item.pending} --text`"


def _print_item(storage: Storage, item: Stored, feed: FeedInfo, page: str) -> None:
    enters = _enters(storage, item)
    say(item.item.title)
    for name, value in (
        ("organisation", _organisation(item, feed)),
        ("authors", ", ".join(item.item.authors)),
        ("original", item.item.url),
        ("page", page),
        ("state", _stands(item)),
        ("version", str(item.version)),
        ("waits", _waiting(item)),
        ("published", when(item.shown) if item.is_dated else ""),
        ("updated", when(item.updated)),
        ("first seen", when(item.first_seen)),
        ("held until", _until(item)),
        ("waits", f"enters the merged feed at {when(enters)}" if enters else ""),
        (
            "language",
            f"{item.item.language} (detected)" if LANGUAGE_DETECTED in item.flags else item.item.language,
        ),
        ("public id", item.public_id),
        ("also by", ", ".join(also.organisation for also in item.also)),
        ("topics", ", ".join(feed.topics)),
        ("licence", feed.licence),
        ("rights", "" if feed.republish == Republish.FULL else feed.republish),
        ("flags", ", ".join(item.flags)),
        *(("file", each.url) for each in (*item.item.enclosures, *item.item.images)),
    ):
        if value:
            say(f"  {name:<13} {value}")
    for revision in storage.items.corrections(item.number):
        before = " at ".join(filter(None, (revision.title, revision.former_url)))
        gone = "struck" if revision.struck else "no longer kept"
        say(f"  revised       {when(revision.at)}, version {revision.version}: {before or gone}")
    for step in storage.items.audit(item.number):
        of = f" version {step.version}" if step.version else ""
        say(
            f"  {when(step.at)} {step.trigger}{of}: {step.before} → {step.after} ({step.actor}) {step.reason}"
        )
    if item.item.text:
        say(f"\n{item.item.text}")


def _until(item: Stored) -> str:
    if item.state is not State.HELD:
        return ""
    if item.release is None:
        return "an operator releases it"
    return (
        f"{when(item.release)}, its embargo, and its approval"
        if item.reason == REVIEW
        else when(item.release)
    )
