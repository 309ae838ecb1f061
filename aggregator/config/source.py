"""One source of sources.yaml as read → Source, with the credentials for its origin.

Duplicates among sources are found here."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.config import addresses, house_style, needs, topic_rules, values
from aggregator.config.credentials import Environment, credentials
from aggregator.config.section import Section
from aggregator.model.credentials import Credentials
from aggregator.model.house_style import HouseStyle, TopicRule
from aggregator.model.rights import USES, Terms, Use
from aggregator.model.settings import (
    Budget,
    Embargo,
    PollSettings,
    Quarantine,
    Republish,
    Source,
    Unnamed,
)

FROM_ENTRY = "from-entry"  # in place of an organisation: each entry names its own
WEB_INTERVAL = values.duration("1m", "30d")
_FILE_INTERVAL = values.duration("1s", "30d")
_DEFAULT = Source(id="", feed="")


def source_of(
    section: Section, path: Path, poll: PollSettings, style: HouseStyle, *, environment: Environment | None
) -> tuple[Source, Credentials | None]:
    """Return a source, and the credentials for its origin."""
    source = fields_of(section, section.need("feed", addresses.feed), path, poll, style=style)
    needs.quarantine(section, source)
    needs.full_text(section, source)
    house_style.check_language(section, source.house_style, source.language)
    for_origin = credentials(section, source.feed, environment)
    section.close()
    return source, for_origin


def fields_of(section: Section, feed: str, path: Path, poll: PollSettings, *, style: HouseStyle) -> Source:
    """Return the source whose keys a section holds; what one key needs of another is not looked at."""
    is_file = feed.startswith("file:")
    organisation = section.one("organisation", values.line, "")
    from_entry = organisation == FROM_ENTRY
    topics = section.each("topics", topic_rules.topic)
    rights = section.section("rights")
    source = Source(
        id=section.one("id", values.slug, _DEFAULT.id),
        feed=_file_url(path, feed) if is_file else feed,
        organisation="" if from_entry else organisation,
        from_entry=from_entry,
        domains=section.many("domains", addresses.host) or _domains(feed),
        topics=tuple(each for each in topics if isinstance(each, str)),
        every=section.one("every", _FILE_INTERVAL if is_file else WEB_INTERVAL, poll.every),
        language=section.one("language", values.language, _DEFAULT.language),
        timezone=section.one("timezone", values.timezone, _DEFAULT.timezone),
        disclaimer=section.raw("disclaimer", values.disclaimer, _DEFAULT.disclaimer),
        only=section.each("only", values.rule),
        skip=section.each("skip", values.rule),
        review=(publish := section.one("publish", values.publish, (_DEFAULT.review, _DEFAULT.veto)))[0],
        veto=publish[1],
        republish=rights.one("republish", values.choice(*Republish), _DEFAULT.republish),
        licence=rights.one("licence", values.line, _DEFAULT.licence),
        attribution=rights.one("attribution", values.line, _DEFAULT.attribution),
        expires=rights.one("expires", values.moment, _DEFAULT.expires),
        ai=_ai(rights.section("ai")),
        embargo=section.one("embargo", values.choice(*Embargo), _DEFAULT.embargo),
        priority=section.one("priority", values.whole(-1000, 1000), _DEFAULT.priority),
        paused=section.one("paused", values.pause, _DEFAULT.paused),
        burst=section.one("burst", values.whole(1, 10_000), _DEFAULT.burst),
        first_import=section.one("first_import", values.duration("0s", "36500d"), _DEFAULT.first_import),
        budget=budget(section.section("budget"), poll.budget),
        allow_networks=section.many("allow_networks", addresses.network),
        feed_public=section.one("feed_public", values.choice("true", "false"), "false") == "true",
        history=section.one("history", values.choice("on", "off"), "on") == "on",
        indexed=section.one("index", values.choice("yes", "no"), "no") == "yes",
        quarantine=section.one("quarantine", values.choice(*Quarantine), _DEFAULT.quarantine),
        links_to=section.many("links_to", addresses.host),
        full_text=section.one("full_text", values.choice("true", "false"), "false") == "true",
        house_style=topic_rules.with_rules(
            house_style.read(section.section("house_style"), style),
            tuple(each for each in topics if isinstance(each, TopicRule)),
        ),
    )
    rights.close()
    return source


def _ai(section: Section) -> Terms:
    use = values.choice(Use.ALLOW, Use.PROHIBIT)
    terms = Terms(**{name: section.one(name, use, Use.UNSAID) for name in USES})
    section.close()
    return terms


def identified(source: Source) -> Source:
    return source if source.id else replace(source, id=default_id(source.feed))


def default_id(feed: str) -> str:
    """Return the readable default id of a feed. Ids are public and a query may hold a secret: it is left
    out."""
    parts = urlsplit(feed)
    if parts.scheme == "file":  # ids are public, directories of this machine are not
        slug = values.slugify(Path(unquote(parts.path)).stem) or "file"
    else:
        slug = values.slugify(f"{parts.netloc.removeprefix('www.')} {parts.path}") or "source"
    return f"{slug}-2" if slug in values.RESERVED else slug


def _domains(feed: str) -> tuple[str, ...]:
    host = urlsplit(feed).hostname
    return (host.removeprefix("www."),) if host else ()


def unnamed(sections: Sequence[Section]) -> tuple[Unnamed, ...]:
    places = ((index, each.place("feed")) for index, each in enumerate(sections) if not each.has("id"))
    return tuple(Unnamed(index, *place) for index, place in places)


def check_distinct(sections: Sequence[Section], sources: Sequence[Source]) -> None:
    """Record duplicate feeds, and duplicate ids of the file."""
    feeds: dict[str, int] = {}
    ids: dict[str, int] = {}
    for index, (section, source) in enumerate(zip(sections, sources, strict=True)):
        feed = source.feed.replace("http:", "https:", 1)  # one feed under two schemes is one feed
        if feed and feeds.setdefault(feed, index) != index:
            section.fault("feed", f"is the same feed as sources.{feeds[feed]}; remove one of the two")
        if source.id and ids.setdefault(source.id, index) != index:
            section.fault(
                "id", f"`{source.id}` is already the id of sources.{ids[source.id]}; choose another"
            )


def budget(section: Section, default: Budget) -> Budget:
    budget = Budget(
        items=section.one("items", values.whole(1, 1_000_000), default.items),
        bytes=section.one("bytes", values.volume, default.bytes),
    )
    section.close()
    return budget


def resolve(path: Path, written: str) -> Path:
    """Return a path relative to the file as absolute, without `..`."""
    return Path(os.path.normpath(path.absolute().parent / Path(written).expanduser()))


def _file_url(path: Path, feed: str) -> str:
    name = unquote(feed.removeprefix("file:"))
    return resolve(path, "/" + name.lstrip("/") if name.startswith("/") else name).as_uri()
