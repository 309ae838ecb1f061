"""The configuration as frozen values, so that pure stages and workers do not import the validator.

Only `aggregator.config` creates them from a file. They are cheap to send to a worker.
"""

from collections.abc import Mapping, Set
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import force_setattr

from aggregator.model.credentials import Credentials
from aggregator.model.hidden import hiding
from aggregator.model.house_style import HouseStyle
from aggregator.model.image import Images
from aggregator.model.look import Brand
from aggregator.model.push_settings import Hub, Mail, Network, ReleaseWebhook, Webhook
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.user import AdminProxy, User
from aggregator.model.web_settings import LOOPBACK, Embedding

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


class Republish(StrEnum):
    """Part of an item that the rights allow to be shown."""

    FULL = "full"
    EXCERPT = "excerpt"
    HEADLINE = "headline"
    NO = "no"


class Quarantine(StrEnum):
    """Items that are held for the operator's decision."""

    NONE = "none"
    FOREIGN_LINKS = "foreign-links"  # that link to hosts outside the domains of their source


class Embargo(StrEnum):
    """Treatment of an item whose claimed date is in the future.

    HOLD holds it until then; CLAMP and IGNORE publish it at once, dated when first seen.
    """

    HOLD = "hold"
    CLAMP = "clamp"
    IGNORE = "ignore"


class Rule(Struct, frozen=True):
    """One rule of `only` or `skip`: a regular expression searched in one field of an item."""

    field: str  # title, url, category, author, text, language
    pattern: str


class Text(Struct, frozen=True):
    """A standing text: pairs of language tag and text; the tag "" stands for all other languages."""

    by_language: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str | None:
        """Return the text for a language tag, else its primary subtag, else the general one, else None."""
        texts = dict(self.by_language)
        for tag in (language, language.partition("-")[0], ""):
            if tag in texts:
                return texts[tag]
        return None


class Topic(Struct, frozen=True):
    """Name and description of a topic, in the languages that the operator gave; empty texts for none."""

    slug: str
    name: Text
    description: Text = Text(())


class SecurityContact(Struct, frozen=True):
    """Contact for vulnerability reports (RFC 9116): a mailto: or https: address, and the page of a policy;
    "" for none."""

    contact: str = ""
    policy: str = ""


class Publication(Struct, frozen=True):
    """The publication; `url` ends with a slash and starts every published link."""

    name: str
    url: str
    language: str
    contact: str
    disclaimer: Text
    description: str = ""
    disclaimer_line: Text = Text(())  # the disclaimer in one line; () is the built-in text
    disclaimer_lead: bool = True  # before long contents in feeds stands that line
    topics: tuple[Topic, ...] = ()
    images: Images = Images.ORIGIN
    timezone: str = "UTC"  # of the dates and times on pages
    words: tuple[tuple[str, str], ...] = ()  # of pages, by key, in place of those of `editorial.words`
    security: SecurityContact = SecurityContact()


class Budget(Struct, frozen=True):
    """Limits of one source in a day (UTC): new items, and bytes of new and edited ones."""

    items: int = 5_000
    bytes: int = 200_000_000


class Source(Struct, frozen=True):
    """One configured feed of one organisation.

    `organisation` is "" if the feed's title names it, or, with `from_entry`, each entry. `every` is the poll
    interval, `review` holds new items for release by the operator, `veto` holds them so long before they go
    live by themselves.
    """

    id: str
    feed: str
    organisation: str = ""
    from_entry: bool = False
    description: str = ""  # of the organisation, on the page of the source
    domains: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    every: timedelta = timedelta(minutes=15)
    language: str = ""
    timezone: str = "UTC"
    disclaimer: Text | None = None
    only: tuple[Rule, ...] = ()
    skip: tuple[Rule, ...] = ()
    review: bool = False
    republish: Republish = Republish.FULL
    licence: str = ""
    attribution: str = ""  # words that stand with the rights of each item
    ai: Terms = UNSAID  # use by AI; its licence is not used
    expires: datetime | None = None  # from then on as `republish: no`
    embargo: Embargo = Embargo.HOLD
    priority: int = 0
    first_import: timedelta = timedelta(days=7)  # older items enter the source's own channel only
    budget: Budget = Budget()
    allow_networks: tuple[Network, ...] = ()  # private networks that its feed may be fetched from
    feed_public: bool = False  # its address is published also with its query
    history: bool = True  # earlier versions of its items are shown
    indexed: bool = False  # search engines may list the pages of its items
    paused: datetime | None = None  # not polled until then
    burst: int = 20  # items that enter a shared channel in an hour, while others have items there
    veto: timedelta = timedelta()  # from first_seen on, zero for none
    quarantine: Quarantine = Quarantine.NONE
    links_to: tuple[str, ...] = ()  # domains besides its own that its items may link to in quarantine
    full_text: bool = False  # pages are fetched for items of which its feed carries a summary only
    house_style: HouseStyle = HouseStyle()

    @property
    def all_topics(self) -> tuple[str, ...]:
        """Return the topics of all its items, and those that rules may add."""
        return tuple(dict.fromkeys((*self.topics, *self.house_style.added)))

    @property
    def link_domains(self) -> tuple[str, ...]:
        """Return the domains that its items may link to without being held, () for all."""
        return (*self.domains, *self.links_to) if self.quarantine is Quarantine.FOREIGN_LINKS else ()


class Unnamed(Struct, frozen=True):
    """A source without `id:`: its index in the list, and the place of its feed in the file, from 1."""

    index: int
    line: int
    column: int


class PollSettings(Struct, frozen=True):
    """Limits and defaults of polling, over all sources; `max_bytes` bounds one document."""

    every: timedelta = timedelta(minutes=15)
    timeout: timedelta = timedelta(seconds=30)
    max_bytes: int = 10_000_000
    concurrency: int = 64
    per_host: int = 2
    host_gap: timedelta = timedelta(seconds=1)  # from the start of one fetch to the next at a host
    websub: bool = True
    budget: Budget = Budget()  # of each source


HUB_PATH = "hub"  # of the own hub, below publication.url


class Retention(Struct, frozen=True):
    """Retention of content; the keys that identify items are kept for ever."""

    items: timedelta = timedelta(days=400)
    revisions: timedelta = timedelta(days=400)
    polls: timedelta = timedelta(days=30)
    backups: int = 7  # number of nightly backups kept


class Address(Struct, frozen=True):
    """A listening address; str() writes it as host:port, IPv6 in brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Applied(Struct, frozen=True):
    """The part of the configuration last applied that a store keeps: everything its outputs show."""

    publication: Publication
    sources: tuple[Source, ...]  # with the settings that the store keeps, else defaults


DOMAIN_LABELS_MAX = 128  # a host name has 253 characters at most (RFC 1035 section 2.3.4)
LISTEN, ADMIN = Address("127.0.0.1", 8000), Address("127.0.0.1", 8001)  # defaults


class Config(Struct, frozen=True, weakref=True):
    """One valid sources.yaml; `path` is the file, `store` an absolute path. What remembers which one was in
    force holds a weak reference: two of 130,000 sources need 190 MB each."""

    path: Path
    publication: Publication
    store: Path
    sources: tuple[Source, ...]
    unnamed: tuple[Unnamed, ...] = ()  # the store may have other ids for these
    listen: Address = LISTEN
    admin: Address = ADMIN
    poll: PollSettings = PollSettings()
    retention: Retention = Retention()
    database: str = ""  # URL of PostgreSQL; "": SQLite in `store`
    alerts: Webhook | None = None
    mail: Mail | None = None
    hub_networks: tuple[Network, ...] = ()  # private networks in which WebSub hubs may be
    proxy: str = ""  # URL of the HTTP proxy that carries all requests; "": none
    credentials: tuple[Credentials, ...] = ()
    hub: Hub = Hub()
    webhooks: tuple[ReleaseWebhook, ...] = ()
    brand: Brand = Brand()
    users: tuple[User, ...] = ()  # of the desk
    admin_proxy: AdminProxy | None = None
    admin_url: str = f"http://{ADMIN}"  # origin of the admin side as browsers reach it
    trusted_proxies: tuple[Network, ...] = LOOPBACK  # whose X-Forwarded-For is believed
    embed: Embedding = Embedding()
    stamp: str = ""  # `file_stamp` of the file; "": it names another file, or no SQLite store
    version: int = 0  # number in the store of a cluster; 0: read from a file
    _by_id: Mapping[str, Source] = MappingProxyType({})  # this and _domains are derived
    _domains: frozenset[str] = frozenset()

    __repr__ = hiding("database", "_by_id", "_domains")

    def __post_init__(self) -> None:
        force_setattr(self, "_by_id", {source.id: source for source in self.sources})
        domains = frozenset(domain for source in self.sources for domain in source.domains)
        force_setattr(self, "_domains", domains)

    @property
    def ids(self) -> Set[str]:
        """Return the ids of the sources."""
        return self._by_id.keys()

    def source(self, name: str) -> Source | None:
        """Return the configured source with this id, else None."""
        return self._by_id.get(name)

    def next_expiry(self, now: datetime) -> datetime | None:
        """Return when the rights of a source expire next, None for never."""
        return min(
            (each.expires for each in self.sources if each.expires and each.expires > now), default=None
        )

    def is_foreign(self, source: Source, host: str | None) -> bool:
        """Return whether a host lies in the domains of another source, and in none of this one's.

        `host` is in ASCII and lower case; None, a host that cannot be read, may be anyone's.
        """
        if host is None:
            return True
        labels = host.split(".")[-DOMAIN_LABELS_MAX:]
        covering = {".".join(labels[start:]) for start in range(len(labels))}
        return not covering & {*source.domains} and not covering.isdisjoint(self._domains)

    @property
    def hub_url(self) -> str:
        """Return the address of the hub that documents advertise, "" for none."""
        return self.publication.url + HUB_PATH if self.hub.is_own else self.hub.url

    def credentials_of(self, source: Source) -> Credentials | None:
        """Return the credentials for the origin of a source, else None."""
        return next((each for each in self.credentials if each.home == source.feed), None)
