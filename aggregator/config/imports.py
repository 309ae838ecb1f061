"""An imported list of feeds → sources to insert, and a sentence for each feed that is left out."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from aggregator.config import addresses, values
from aggregator.config.edit import Addition
from aggregator.config.source import default_id
from aggregator.config.source_keys import FROM_ENTRY
from aggregator.model.feed_list import Listed, Remark
from aggregator.model.settings import Republish, Rule, Source

NAME_CHARS_MAX = 200
_BY_HAND = "a file: source is only ever written into sources.yaml by hand"


class Plan(Struct, frozen=True):
    """Sources to insert, in the order of the list; remarks in the order of its lines."""

    additions: tuple[Addition, ...]
    remarks: tuple[Remark, ...]


def planned(
    feeds: Sequence[Listed],
    present: Sequence[Source],
    republish: Republish,
    *,
    taken: Mapping[str, str],
) -> Plan:
    """Return what to insert beside the sources that are present.

    `taken` are ids with the feeds that have them; a source whose default id is taken gets one of its own.
    """
    ids = {**taken, **{source.id: source.feed for source in present}}
    lines: dict[str, str] = {_site(each.feed): f"source {each.id}" for each in present}
    additions, remarks = list[Addition](), list[Remark]()
    for each in feeds:
        try:
            feed = _address(each.address)
            rules = [*map(_checked, each.only)], [*map(_checked, each.skip)]
        except ValueError as error:
            remarks.append(Remark(each.line, f"{_shown(each)} is left out: {error}"))
            continue
        if there := lines.get(_site(feed)):
            remarks.append(Remark(each.line, f"{_shown(each)} is left out: the same feed as {there}"))
            continue
        lines[_site(feed)] = f"line {each.line}"
        name = default_id(feed)
        own = _free(name, ids) if name in ids and _site(ids[name]) != _site(feed) else ""
        ids[own or name] = feed
        topics = _topics(each.labels)
        remarks += [
            Remark(each.line, f"{_shown(each)}: no topic can be made of {label!r}")
            for label, slug in topics.items()
            if not slug
        ]
        additions.append(
            Addition(
                feed=feed,
                id=own,
                organisation=_organisation(each.name),
                topics=tuple(dict.fromkeys(filter(None, topics.values()))),
                republish=Republish.EXCERPT if each.excerpt and republish is Republish.FULL else republish,
                language=_language(each.language),
                only=tuple(rules[0]),
                skip=tuple(rules[1]),
            )
        )
    return Plan(tuple(additions), tuple(remarks))


def _address(written: str) -> str:
    """Return the web address of a feed; ValueError for any other, and for private files."""
    address = _line(written)
    if address.startswith("feed:"):  # of readers: feed://host/path and feed:https://host/path
        address = address.removeprefix("feed:")
        address = f"http:{address}" if address.startswith("//") else address
    if address.startswith("file:"):
        raise ValueError(_BY_HAND)
    try:
        return addresses.feed(address)
    except ValueError as error:
        raise ValueError(f"its address {error}") from None


def _checked(rule: Rule) -> Rule:
    try:
        return values.rule({rule.field: rule.pattern})
    except ValueError as error:
        raise ValueError(f"its filter cannot be taken: {error}") from None


def _organisation(name: str) -> str:
    """Return a name to be written; "" for the word that would let the entries of the feed name themselves."""
    name = _line(name)[:NAME_CHARS_MAX].strip()
    return "" if name == FROM_ENTRY else name


def _topics(labels: Sequence[str]) -> dict[str, str]:
    """Return the slug of each label; "" for one that has none."""
    slugs = {label: values.slugify(label) for label in map(_line, labels)}
    return {label: "" if slug in values.RESERVED else slug for label, slug in slugs.items()}


def _language(tag: str) -> str:
    try:
        return values.language(tag.strip())
    except ValueError:
        return ""


def _free(name: str, ids: Mapping[str, str]) -> str:
    """Return the first of NAME-2, NAME-3 … that no source has."""
    return next(each for each in _numbered(name) if each not in ids)


def _numbered(name: str) -> Iterator[str]:
    number = 2
    while True:
        suffix = f"-{number}"
        yield name[: values.SLUG_CHARS_MAX - len(suffix)].rstrip("-") + suffix
        number += 1


def _site(feed: str) -> str:
    """Return an address without its scheme: one feed under two schemes is one feed."""
    return feed.partition(":")[2]


def _shown(listed: Listed) -> str:
    return _line(listed.name)[:NAME_CHARS_MAX] or "a feed without a name"


def _line(text: str) -> str:
    return " ".join(values.CONTROL.sub(" ", text).split())
