"""sources.yaml as read → Config: the keys of each section, and the constraints between keys.

Defaults are those of `aggregator.model.settings`. No file is opened but that of
`publication.words`, not even that of a `file:` source.
"""

from pathlib import Path

from msgspec.structs import replace

from aggregator.config import addresses, house_style, push, topic_rules, users, values, web
from aggregator.config.credentials import Environment
from aggregator.config.layers import layered
from aggregator.config.mail import alerts
from aggregator.config.publication import publication_of
from aggregator.config.read import Fault, Mapping
from aggregator.config.section import Section
from aggregator.config.source import SourceReader, check_distinct, resolve, unnamed
from aggregator.config.source_keys import WEB_INTERVAL, Around, budget
from aggregator.config.topics import topics_of
from aggregator.model.push_settings import Network
from aggregator.model.settings import (
    ADMIN,
    LISTEN,
    Config,
    PollSettings,
    Retention,
)


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
    publication, style, brand = publication_of(top.section("publication"), listen, path)
    publication = replace(publication, topics=topics_of(top.section("topics")))
    style = topic_rules.with_rules(style, top.each("topic_rules", topic_rules.rule))
    around = Around(path, poll, style, house_style.read(Section(None, "", place=(1, 1), faults=[]), style))
    sections = layered(top, top.sections("sources", "feed"), around)
    reader = SourceReader(around, environment)
    found = [reader.read(section) for section in sections]
    sources = [source for source, _ in found]
    check_distinct(sections, sources)
    store, database = _store(top, path)
    config = Config(
        path=path.absolute(),
        publication=publication,
        store=store,
        sources=tuple(sources),
        unnamed=unnamed(sections),
        listen=listen,
        admin=admin,
        poll=poll,
        retention=_retention(top.section("retention")),
        database=database,
        hub_networks=_hub_networks(top.section("websub")),
        proxy=top.one("proxy", addresses.proxy, ""),
        credentials=tuple(each for _, each in found if each is not None),
        brand=brand,
    )
    config = _desk(top, _sent(top, config, environment))
    top.close()
    return config


def _sent(top: Section, config: Config, environment: Environment | None) -> Config:
    """Return the configuration with all that it sends or lends to other sites."""
    webhook, mail = alerts(top, environment)
    return replace(
        config,
        alerts=webhook,
        mail=mail,
        hub=push.hub(top),
        webhooks=push.webhooks(top, config.sources, environment),
        trusted_proxies=web.trusted_proxies(top),
        embed=web.embedding(top, config.sources),
    )


def _desk(top: Section, config: Config) -> Config:
    """Return the configuration with the users of the admin side."""
    proxy = users.admin_proxy(top)
    return replace(
        config,
        users=users.users(top, proxy),
        admin_proxy=proxy,
        admin_url=users.admin_url(top, config.admin),
    )


def build_store(root: Mapping, path: Path, faults: list[Fault]) -> tuple[Path, str]:
    """Return directory and database URL of the store in `root`; no other key is read, right or wrong."""
    return _store(Section(root, "", place=root.start, faults=faults), path)


def _store(top: Section, path: Path) -> tuple[Path, str]:
    directory = resolve(path, top.one("store", values.line, "store/"))
    return directory, top.one("database", addresses.database, "")


def _poll(section: Section) -> PollSettings:
    default = PollSettings()
    if section.has("allow_networks"):
        section.raw("allow_networks", addresses.networks_of_all, None)
    if section.is_mapping("websub"):
        section.raw("websub", addresses.networks_of_hubs, None)
    poll = PollSettings(
        every=section.one("every", WEB_INTERVAL, default.every),
        timeout=section.one("timeout", values.duration("1s", "10m"), default.timeout),
        max_bytes=section.one("max_bytes", values.size, default.max_bytes),
        concurrency=section.one("concurrency", values.whole(1, 1000), default.concurrency),
        per_host=section.one("per_host", values.whole(1, 100), default.per_host),
        host_gap=section.one("host_gap", values.duration("0s", "10m"), default.host_gap),
        websub=section.is_mapping("websub")
        or section.one("websub", values.choice("true", "false"), "true") == "true",
        budget=budget(section.section("budget"), default.budget),
    )
    section.close()
    return poll


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
