"""`show`: one item as text, JSON or the whole of what the store has of it."""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import asdict

from aggregator.cli import full_text
from aggregator.cli.items import ahead, find_item, held_for, organisation, summary_json, version_of
from aggregator.cli.location import Location
from aggregator.cli.opening import config_of, opened
from aggregator.cli.output import say, say_json, when
from aggregator.editorial import shown
from aggregator.editorial.present import page_address, present
from aggregator.editorial.terms import combined, in_words
from aggregator.errors import UsageError
from aggregator.model.amendment import AmendedField
from aggregator.model.decision import State
from aggregator.model.item import LANGUAGE_DETECTED
from aggregator.model.rights import USES
from aggregator.model.settings import Config, Republish
from aggregator.model.stored import FeedInfo, Stored
from aggregator.policy.amendments import conflicts
from aggregator.policy.embargo import REVIEW
from aggregator.storage import Storage

AUDITED = ("at", "before", "after", "trigger", "version", "reason", "actor")


def show(where: Location, reference: str, *, version: int | None, as_json: bool, as_text: bool) -> None:
    """Print one item, or the version of it that waits for approval: as lines, as plain text or as JSON."""
    with opened(where) as storage:
        config = config_of(where, storage)
        item = version_of(storage, find_item(storage, reference), version)
        feed = storage.items.feed(item.source)
        if feed is None:
            raise UsageError(f"item {item.id} and its source were deleted just now")
        if as_json:
            say_json(_item_json(storage, item, feed, _page(config, item, feed)))
        elif as_text:
            say(_text(config, item, feed))
        else:
            _print_item(storage, item, feed, _page(config, item, feed))


def difference(where: Location, reference: str, *, version: int | None) -> None:
    """Print what the house style of its source changes of an item, or of the version of it that waits."""
    from aggregator.cli import difference

    with opened(where) as storage:
        item = version_of(storage, find_item(storage, reference), version)
    nothing = "the house style changes nothing of it" if item.item.styled.rules else "it has no house style"
    say(difference.difference(item.item) or f"{item.id}: {nothing}")


def _waits(item: Stored) -> bool:
    """Return whether this is the version of its item that waits for approval."""
    return item.version == item.pending


def _enters(storage: Storage, item: Stored) -> datetime | None:
    """Return when a live item is expected in the merged feed; None if it does not wait for it."""
    return storage.acts.enters(item.number) if item.state is State.LIVE and not _waits(item) else None


def _text(config: Config, item: Stored, feed: FeedInfo) -> str:
    """Return the plain-text view, also of a held item; raises UsageError under `republish: no`."""
    if feed.republish == Republish.NO:
        raise UsageError(f"item {item.id} may not be shown: its source says republish: no")
    source = config.source(item.source)
    own = source.disclaimer if source is not None else None
    release = present(item, feed=feed, publication=config.publication, text=own)
    return f"{release.title}\n\n{release.organisation}\n\n{release.text}"


def _page(config: Config, item: Stored, feed: FeedInfo) -> str:
    """Return the address of the item's page; "" unless this version of it is live and may be shown."""
    if item.state is not State.LIVE or _waits(item) or feed.republish is Republish.NO:
        return ""
    return page_address(config.publication, item.id, item.headline)


def _item_json(storage: Storage, item: Stored, feed: FeedInfo, page: str) -> dict[str, object]:
    release, terms = item.item, combined(feed, item.item.terms)
    return {
        **summary_json(item, feed),
        "public_id": item.public_id,
        "position": item.position,
        "page": page,
        "licence": terms.licence,
        "ai": {name: getattr(terms, name) for name in USES},
        "guid": release.guid,
        "raw_url": release.raw_url,
        "authors": release.authors,
        "categories": release.categories,
        "content": release.content,
        "summary": release.summary,
        "text": release.text,
        "enclosures": [asdict(each) for each in release.enclosures],
        "images": [asdict(each) for each in release.images],
        "flags": item.flags,
        "full_text": full_text.in_json(item),
        "amended": _amended_json(item),
        "styled": _styled_json(item),
        "erased": item.erased,
        "enters": _enters(storage, item),
        "also": [asdict(also) for also in item.also],
        "translations": [
            {name: getattr(each, name) for name in ("language", "id", "public_id")}
            for each in item.translations
        ],
        "revisions": [
            {name: getattr(revision, name) for name in ("version", "at", "title", "url", "struck")}
            for revision in storage.items.corrections(item.number)
        ],
        "audit": [
            {name: getattr(line, name) for name in AUDITED} for line in storage.items.audit(item.number)
        ],
    }


def _amended_json(item: Stored) -> dict[str, object]:
    """Return the desk's fields, with the original headline and the fields in conflict."""
    if not item.amended:
        return {}
    shown = {field.value: getattr(item.amended, field) for field in AmendedField}
    return {**shown, "original_title": item.item.title, "conflicts": conflicts(item)}


def _styled_json(item: Stored) -> dict[str, object]:
    """Return the texts that its house style shows, with the original headline."""
    if not item.item.styled.rules:
        return {}
    after = shown.item(item.item)
    texts = {name: getattr(after, name) for name in ("title", "content", "summary", "text")}
    return {**texts, "original_title": item.item.title, "is_cut": item.item.styled.is_cut}


def _amended(item: Stored) -> Iterator[tuple[str, str]]:
    """Yield the desk's fields, each with what its origin says where that has changed since."""
    own = {
        AmendedField.HEADLINE: item.item.title,
        AmendedField.SUMMARY: summary_of(item),
        AmendedField.LANGUAGE: item.item.language,
    }
    changed = conflicts(item)
    for field in AmendedField:
        value = getattr(item.amended, field)
        text = ", ".join(value) if field is AmendedField.TOPICS else value
        conflict = f"; CONFLICT, its origin says now: {own[field]}" if field in changed else ""
        yield "amended", f"{field}: {text}{conflict}" if value else ""


def _stands(item: Stored) -> str:
    """Return the state of an item as a sentence; of a version that waits, how to publish it."""
    if _waits(item):
        release = f"`publicwire release {item.id} --version {item.version}`"
        return f"this version waits for approval: {release} publishes it"
    reason = held_for(item) if item.state is State.HELD else item.reason
    return f"{item.state}: {reason}" if reason else item.state


def _waiting(item: Stored) -> str:
    """Return the notice of a version that waits for approval, with the command that shows it; "" for none."""
    if item.pending is None or _waits(item):
        return ""
    return f"version {item.pending} for approval: `publicwire show {item.id} --version {item.pending} --text`"


def _print_item(storage: Storage, item: Stored, feed: FeedInfo, page: str) -> None:
    enters = _enters(storage, item)
    say("(erased)" if item.erased else item.headline)
    for name, value in (
        ("origin title", item.item.title if item.headline != item.item.title else ""),
        *_amended(item),
        ("organisation", organisation(item, feed)),
        ("authors", ", ".join(item.item.authors)),
        ("original", item.item.url),
        ("page", page),
        ("state", _stands(item)),
        ("version", str(item.version)),
        ("waits", _waiting(item)),
        ("published", when(item.shown) if item.is_dated else ""),
        ("updated", when(item.updated)),
        ("first seen", when(item.first_seen)),
        ("dated", when(date) if (date := ahead(item)) else ""),
        ("held until", _until(item)),
        ("waits", f"enters the merged feed at {when(enters)}" if enters else ""),
        (
            "language",
            _language(item),
        ),
        ("public id", item.public_id),
        ("also by", ", ".join(also.organisation for also in item.also)),
        ("also in", ", ".join(f"{each.language} {each.id}" for each in item.translations)),
        ("topics", ", ".join(item.topics_of(feed))),
        ("categories", ", ".join(item.item.categories)),
        ("terms", in_words(combined(feed, item.item.terms))),
        ("rights", "" if feed.republish == Republish.FULL else feed.republish),
        ("flags", ", ".join(item.flags)),
        ("full text", full_text.in_words(item, feed)),
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
    for text in (summary_of(item), item.item.text, item.page.text if item.page else ""):
        if text:
            say(f"\n{text}")


def summary_of(item: Stored) -> str:
    """Return the plain text of an item's summary, "" without one."""
    from aggregator.normalise import plain  # most commands start without it

    return plain.read(item.item.summary).text


def _language(item: Stored) -> str:
    if item.amended.language:
        return f"{item.amended.language} (amended)"
    return f"{item.item.language} (detected)" if LANGUAGE_DETECTED in item.flags else item.item.language


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
