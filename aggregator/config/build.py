"""sources.yaml as it was read → Config. Says which keys there are, and what holds between them.

The defaults are those of `aggregator.model.settings`. Never opens a file: a `file:` source is only resolved.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.config import values
from aggregator.config.credentials import Environment, credentials
from aggregator.config.read import Fault, Mapping
from aggregator.config.section import Section
from aggregator.model.settings import (
    Address,
    Config,
    Credentials,
    Embargo,
    PollSettings,
    Publication,
    Republish,
    Retention,
    Source,
    Text,
)

EXAMPLE_CONTACT = "desk@example.org"
_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, never bound to


def build(
    root: Mapping, path: Path, faults: list[Fault], *, environment: Environment | None = None
) -> Config:
    """The configuration; what is wrong with it is added to `faults`, in no order."""
    top = Section(root, "", place=root.start, faults=faults)
    listen = top.one("listen", values.address, Address("127.0.0.1", 8000))
    admin = top.one("admin", values.address, Address("127.0.0.1", 8001))
    if listen == admin and listen.port:
        top.fault("admin", f"is the same as listen; give it another port, such as {admin.port + 1}")
    poll = _poll(top.section("poll"))
    sections = top.sections("sources", "feed")
    made = [_source(section, path, poll, environment=environment) for section in sections]
    config = Config(
        path=path.absolute(),
        publication=_publication(top.section("publication"), listen),
        store=_beside(path, top.one("store", values.line, "store/")),
        sources=_distinct(sections, [source for source, _ in made]),
        listen=listen,
        admin=admin,
        poll=poll,
        retention=_retention(top.section("retention")),
        alerts=top.one("alerts", values.hook, ""),
        credentials=tuple(shown for _, shown in made if shown is not None),
    )
    top.close()
    return config


def _publication(section: Section, listen: Address) -> Publication:
    from aggregator.editorial.wording import DEFAULT

    here = Address("127.0.0.1", listen.port) if listen.host in _ANYWHERE else listen
    made = Publication(
        name=section.one("name", values.line, "Public releases"),
        url=section.one("url", values.public_url, f"http://{here}/"),
        language=section.one("language", values.language, "en"),
        contact=section.one("contact", values.contact, EXAMPLE_CONTACT),
        disclaimer=section.raw("disclaimer", _disclaimer, None) or DEFAULT,
        description=section.one("description", values.line, ""),
    )
    if not any(tag == "" for tag, _ in made.disclaimer.by_language):
        section.fault("disclaimer", "says nothing for items in other languages; add `default:`")
    section.close()
    return made


def _poll(section: Section) -> PollSettings:
    usual = PollSettings()
    made = PollSettings(
        every=section.one("every", values.duration("1m", "30d"), usual.every),
        timeout=section.one("timeout", values.duration("1s", "10m"), usual.timeout),
        max_bytes=section.one("max_bytes", values.size, usual.max_bytes),
        concurrency=section.one("concurrency", values.whole(1, 1000), usual.concurrency),
        per_host=section.one("per_host", values.whole(1, 100), usual.per_host),
        host_gap=section.one("host_gap", values.duration("0s", "10m"), usual.host_gap),
        allow_networks=section.many("allow_networks", values.network),
        websub=section.one("websub", values.choice("true", "false"), "true") == "true",
    )
    section.close()
    return made


def _retention(section: Section) -> Retention:
    usual, span = Retention(), values.duration("1d", "36500d")
    made = Retention(
        items=section.one("items", span, usual.items),
        revisions=section.one("revisions", span, usual.revisions),
        polls=section.one("polls", span, usual.polls),
        backups=section.one("backups", values.whole(0, 1000), usual.backups),
    )
    section.close()
    return made


def _distinct(sections: Sequence[Section], made: Sequence[Source]) -> tuple[Source, ...]:
    """The sources, each with an id of its own."""
    feeds: dict[str, int] = {}
    ids: dict[str, int] = {}
    for index, (section, source) in enumerate(zip(sections, made, strict=True)):
        same = source.feed.replace("http:", "https:", 1)  # one feed under two schemes is one feed
        if source.feed and feeds.setdefault(same, index) != index:
            section.fault("feed", f"is the same feed as sources.{feeds[same]}; remove one of the two")
        if source.id and ids.setdefault(source.id, index) != index:
            section.fault(
                "id", f"`{source.id}` is already the id of sources.{ids[source.id]}; choose another"
            )
    return _named(made, taken=values.RESERVED | ids.keys())


def _source(
    section: Section, path: Path, poll: PollSettings, *, environment: Environment | None
) -> tuple[Source, Credentials | None]:
    written = section.need("feed", values.feed)
    is_file = written.startswith("file:")
    organisation = section.one("organisation", values.line, "")
    from_entry = organisation == "from-entry"
    rights = section.section("rights")
    made = Source(
        id=section.one("id", values.slug, ""),
        feed=_file_url(path, written) if is_file else written,
        organisation="" if from_entry else organisation,
        from_entry=from_entry,
        domains=section.many("domains", values.host) or _domains(written),
        topics=section.many("topics", values.slug),
        every=section.one("every", _FILE_EVERY if is_file else _WEB_EVERY, poll.every),
        language=section.one("language", values.language, ""),
        timezone=section.one("timezone", values.timezone, "UTC"),
        disclaimer=section.raw("disclaimer", _disclaimer, None),
        only=section.each("only", values.rule),
        skip=section.each("skip", values.rule),
        review=section.one("publish", values.choice("live", "review"), "live") == "review",
        republish=Republish(rights.one("republish", values.choice(*Republish), "full")),
        licence=rights.one("licence", values.line, ""),
        embargo=Embargo(section.one("embargo", values.choice(*Embargo), "hold")),
        priority=section.one("priority", values.whole(-1000, 1000), 0),
        first_import=section.one("first_import", values.duration("0s", "36500d"), timedelta(days=7)),
    )
    shown = credentials(section, made.feed, environment)
    rights.close()
    section.close()
    return made, shown


_WEB_EVERY = values.duration("1m", "30d")
_FILE_EVERY = values.duration("1s", "30d")


def _named(sources: Sequence[Source], *, taken: frozenset[str]) -> tuple[Source, ...]:
    """Give every source without an id the slug of its feed's address, numbered where that is taken."""
    used = set(taken)
    named = []
    for source in sources:
        if not source.id:
            slug = unique = _slug(source.feed)
            number = 1
            while unique in used:
                number += 1
                unique = f"{slug}-{number}"
            used.add(unique)
            source = replace(source, id=unique)
        named.append(source)
    return tuple(named)


def _slug(feed: str) -> str:
    parts = urlsplit(feed)
    if parts.scheme == "file":  # where files lie on this machine is nobody's business
        return values.slugify(Path(unquote(parts.path)).stem) or "file"
    return values.slugify(f"{values.without_www(parts.netloc)} {parts.path} {parts.query}") or "source"


def _domains(feed: str) -> tuple[str, ...]:
    host = urlsplit(feed).hostname
    return (values.without_www(host),) if host else ()


def _disclaimer(value: object) -> Text | None:
    """One text for everybody, or a mapping of language tags and `default`."""
    if not isinstance(value, Mapping):
        return Text((("", _template(values.text(value))),))
    if not value:
        raise ValueError("is an empty mapping; give a text, or one for each language and a `default`")
    return Text(tuple(_in_language(tag, text) for tag, text in value.items()))


def _in_language(tag: str, value: object) -> tuple[str, str]:
    try:
        return "" if tag == "default" else values.language(tag), _template(values.text(value))
    except ValueError as error:
        raise ValueError(f"`{tag}` {error}") from None


def _template(value: str) -> str:
    from aggregator.editorial import disclaimer  # its template engine is needed for own texts only

    if not value.strip():
        raise ValueError(
            "is empty; give a text, or remove the line to use the text that comes with Publicwire"
        )
    disclaimer.check(value)
    return value


def _beside(path: Path, written: str) -> Path:
    """A path relative to the file, absolute and without `..`."""
    return Path(os.path.normpath(path.absolute().parent / Path(written).expanduser()))


def _file_url(path: Path, written: str) -> str:
    named = unquote(written.removeprefix("file:"))
    return _beside(path, "/" + named.lstrip("/") if named.startswith("/") else named).as_uri()
