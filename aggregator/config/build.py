"""sources.yaml as read → Config: the keys of each section, and the constraints between keys.

Defaults are those of `aggregator.model.settings`. No file is opened, not even that of a `file:` source.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.config import addresses, house_style, needs, push, values
from aggregator.config.credentials import Environment, credentials
from aggregator.config.read import Fault, Mapping
from aggregator.config.section import Section
from aggregator.model.house_style import HouseStyle
from aggregator.model.push_settings import Network, Webhook
from aggregator.model.rights import USES, Terms, Use
from aggregator.model.settings import (
    ADMIN,
    LISTEN,
    Address,
    Budget,
    Config,
    Credentials,
    Embargo,
    PollSettings,
    Publication,
    Quarantine,
    Republish,
    Retention,
    Source,
    Text,
    Unnamed,
)

FROM_ENTRY = "from-entry"  # in place of an organisation: each entry names its own
EXAMPLE_CONTACT = "desk@example.org"
_ALL_INTERFACES = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, never bound to
_WEB_INTERVAL = values.duration("1m", "30d")
_FILE_INTERVAL = values.duration("1s", "30d")
_DEFAULT = Source(id="", feed="")


def build(
    root: Mapping,
    path: Path,
    faults: list[Fault],
    *,
    environment: Environment | None = None,
) -> Config:
    """Return the configuration in `root`; mistakes are appended to `faults`, unordered.

    With any fault the result is incomplete and must not be used.
    """
    top = Section(root, "", place=root.start, faults=faults)
    listen = top.one("listen", addresses.listen, LISTEN)
    admin = top.one("admin", addresses.listen, ADMIN)
    if listen == admin and listen.port:
        top.fault("admin", f"is the same as listen; give it another port, such as {admin.port + 1}")
    poll = _poll(top.section("poll"))
    publication, style = _publication(top.section("publication"), listen)
    sections = top.sections("sources", "feed")
    found = [_source(section, path, poll, style, environment=environment) for section in sections]
    sources = [source for source, _ in found]
    _check_distinct(sections, sources)
    store, database = _store(top, path)
    config = Config(
        path=path.absolute(),
        publication=publication,
        store=store,
        sources=tuple(map(_identified, sources)),
        unnamed=_unnamed(sections),
        listen=listen,
        admin=admin,
        poll=poll,
        retention=_retention(top.section("retention")),
        database=database,
        alerts=_alerts(top),
        hub_networks=_hub_networks(top.section("websub")),
        proxy=top.one("proxy", addresses.proxy, ""),
        credentials=tuple(each for _, each in found if each is not None),
        hub=push.hub(top),
        webhooks=push.webhooks(top, tuple(map(_identified, sources)), environment),
    )
    top.close()
    return config


def build_store(root: Mapping, path: Path, faults: list[Fault]) -> tuple[Path, str]:
    """Return directory and database URL of the store in `root`; no other key is read, right or wrong."""
    return _store(Section(root, "", place=root.start, faults=faults), path)


def _store(top: Section, path: Path) -> tuple[Path, str]:
    directory = _resolve(path, top.one("store", values.line, "store/"))
    return directory, top.one("database", addresses.database, "")


def _publication(section: Section, listen: Address) -> tuple[Publication, HouseStyle]:
    """Return the publication, and the house style of all its sources."""
    from aggregator.editorial.wording import DEFAULT

    reachable = Address("127.0.0.1", listen.port) if listen.host in _ALL_INTERFACES else listen
    publication = Publication(
        name=section.one("name", values.line, "Public releases"),
        url=section.one("url", addresses.public_url, f"http://{reachable}/"),
        language=section.one("language", values.language, "en"),
        contact=section.one("contact", addresses.contact, EXAMPLE_CONTACT),
        disclaimer=section.raw("disclaimer", values.disclaimer, None) or DEFAULT,
        description=section.one("description", values.line, ""),
        disclaimer_line=section.raw("disclaimer_line", values.disclaimer_line, Text(())),
        disclaimer_lead=section.one("disclaimer_lead", values.choice("true", "false"), "true") == "true",
    )
    if not any(tag == "" for tag, _ in publication.disclaimer.by_language):
        section.fault("disclaimer", "has no text for items in other languages; add `default:`")
    style = house_style.read(section.section("house_style"), HouseStyle())
    section.close()
    return publication, style


def _poll(section: Section) -> PollSettings:
    default = PollSettings()
    if section.has("allow_networks"):
        section.raw("allow_networks", addresses.networks_of_all, None)
    if section.is_mapping("websub"):
        section.raw("websub", addresses.networks_of_hubs, None)
    poll = PollSettings(
        every=section.one("every", _WEB_INTERVAL, default.every),
        timeout=section.one("timeout", values.duration("1s", "10m"), default.timeout),
        max_bytes=section.one("max_bytes", values.size, default.max_bytes),
        concurrency=section.one("concurrency", values.whole(1, 1000), default.concurrency),
        per_host=section.one("per_host", values.whole(1, 100), default.per_host),
        host_gap=section.one("host_gap", values.duration("0s", "10m"), default.host_gap),
        websub=section.is_mapping("websub")
        or section.one("websub", values.choice("true", "false"), "true") == "true",
        budget=_budget(section.section("budget"), default.budget),
    )
    section.close()
    return poll


def _budget(section: Section, default: Budget) -> Budget:
    budget = Budget(
        items=section.one("items", values.whole(1, 1_000_000), default.items),
        bytes=section.one("bytes", values.volume, default.bytes),
    )
    section.close()
    return budget


def _alerts(top: Section) -> Webhook | None:
    """Return the webhook of alerts: its address, or a mapping with the private networks it may be in."""
    if not top.is_mapping("alerts"):
        url = top.one("alerts", addresses.webhook, "")
        return Webhook(url) if url else None
    section = top.section("alerts")
    url = section.need("url", addresses.webhook)
    webhook = Webhook(url, section.many("allow_networks", addresses.network))
    section.close()
    return webhook


def _hub_networks(section: Section) -> tuple[Network, ...]:
    networks = section.many("allow_networks", addresses.network)
    section.close()
    return networks


def _retention(section: Section) -> Retention:
    default, span = Retention(), values.duration("1d", "36500d")
    retention = Retention(
        items=section.one("items", span, default.items),
        revisions=section.one("revisions", span, default.revisions),
        polls=section.one("polls", span, default.polls),
        backups=section.one("backups", values.whole(0, 1000), default.backups),
    )
    section.close()
    return retention


def _unnamed(sections: Sequence[Section]) -> tuple[Unnamed, ...]:
    places = ((index, each.place("feed")) for index, each in enumerate(sections) if not each.has("id"))
    return tuple(Unnamed(index, *place) for index, place in places)


def _check_distinct(sections: Sequence[Section], sources: Sequence[Source]) -> None:
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


def _source(
    section: Section, path: Path, poll: PollSettings, style: HouseStyle, *, environment: Environment | None
) -> tuple[Source, Credentials | None]:
    feed = section.need("feed", addresses.feed)
    is_file = feed.startswith("file:")
    organisation = section.one("organisation", values.line, "")
    from_entry = organisation == FROM_ENTRY
    rights = section.section("rights")
    source = Source(
        id=section.one("id", values.slug, _DEFAULT.id),
        feed=_file_url(path, feed) if is_file else feed,
        organisation="" if from_entry else organisation,
        from_entry=from_entry,
        domains=section.many("domains", addresses.host) or _domains(feed),
        topics=section.many("topics", values.slug),
        every=section.one("every", _FILE_INTERVAL if is_file else _WEB_INTERVAL, poll.every),
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
        budget=_budget(section.section("budget"), poll.budget),
        allow_networks=section.many("allow_networks", addresses.network),
        feed_public=section.one("feed_public", values.choice("true", "false"), "false") == "true",
        history=section.one("history", values.choice("on", "off"), "on") == "on",
        indexed=section.one("index", values.choice("yes", "no"), "no") == "yes",
        quarantine=section.one("quarantine", values.choice(*Quarantine), _DEFAULT.quarantine),
        links_to=section.many("links_to", addresses.host),
        full_text=section.one("full_text", values.choice("true", "false"), "false") == "true",
        house_style=house_style.read(section.section("house_style"), style),
    )
    needs.quarantine(section, source)
    needs.full_text(section, source)
    house_style.check_language(section, source.house_style, source.language)
    for_origin = credentials(section, source.feed, environment)
    rights.close()
    section.close()
    return source, for_origin


def _ai(section: Section) -> Terms:
    use = values.choice(Use.ALLOW, Use.PROHIBIT)
    terms = Terms(**{name: section.one(name, use, Use.UNSAID) for name in USES})
    section.close()
    return terms


def _identified(source: Source) -> Source:
    return source if source.id else replace(source, id=_default_id(source.feed))


def _default_id(feed: str) -> str:
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


def _resolve(path: Path, written: str) -> Path:
    """Return a path relative to the file as absolute, without `..`."""
    return Path(os.path.normpath(path.absolute().parent / Path(written).expanduser()))


def _file_url(path: Path, feed: str) -> str:
    name = unquote(feed.removeprefix("file:"))
    return _resolve(path, "/" + name.lstrip("/") if name.startswith("/") else name).as_uri()
