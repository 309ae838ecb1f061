"""The configuration as plain values, so that pure stages and workers need not load the validator.

Only `config` makes them from a file. They are frozen, hashable and cheap to send to a worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path


class Republish(StrEnum):
    """How much of an item the rights allow us to show."""

    FULL = "full"
    EXCERPT = "excerpt"
    HEADLINE = "headline"
    NO = "no"


class Embargo(StrEnum):
    """What to do with an item whose claimed date is ahead."""

    HOLD = "hold"
    CLAMP = "clamp"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition of `only` or `skip`: a regular expression searched in one field of an item."""

    field: str  # title, url, category, author, text, language
    pattern: str


@dataclass(frozen=True, slots=True)
class Text:
    """A standing text: one for everybody (language "") and others per language tag."""

    by_language: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str | None:
        """The text for a language tag: exact, then its primary subtag, then the general one."""
        texts = dict(self.by_language)
        for tag in (language, language.partition("-")[0], ""):
            if tag in texts:
                return texts[tag]
        return None


@dataclass(frozen=True, slots=True)
class Publication:
    """Who publishes; `url` ends with a slash and starts every link we publish."""

    name: str
    url: str
    language: str
    contact: str
    disclaimer: Text
    description: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One configured feed of one organisation.

    `organisation` is "" while it is to be taken from the feed's title.
    """

    id: str
    feed: str
    organisation: str = ""
    from_entry: bool = False
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
    embargo: Embargo = Embargo.HOLD
    priority: int = 0
    first_import: timedelta = timedelta(days=7)  # older items enter only the source's own channel


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Header fields with secrets, for the origin (scheme, host, port) of the address `home` and nobody else.

    Beside sources and not in them: those travel to workers and to the store.
    """

    home: str
    fields: tuple[tuple[str, str], ...]

    def __reduce__(self) -> str:
        raise TypeError("credentials stay in the process that read them")


@dataclass(frozen=True, slots=True)
class PollSettings:
    """How we poll, over all sources."""

    every: timedelta = timedelta(minutes=15)
    timeout: timedelta = timedelta(seconds=30)
    max_bytes: int = 10_000_000
    concurrency: int = 64
    per_host: int = 2
    host_gap: timedelta = timedelta(seconds=1)  # from start to start at one host
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    websub: bool = True


@dataclass(frozen=True, slots=True)
class Retention:
    """How long content is kept; keys are kept for ever."""

    items: timedelta = timedelta(days=400)
    revisions: timedelta = timedelta(days=400)
    polls: timedelta = timedelta(days=30)
    backups: int = 7  # how many nightly ones


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Config:
    """One valid sources.yaml. `path` is the file; `store` is absolute."""

    path: Path
    publication: Publication
    store: Path
    sources: tuple[Source, ...]
    listen: Address = Address("127.0.0.1", 8000)
    admin: Address = Address("127.0.0.1", 8001)
    poll: PollSettings = field(default_factory=PollSettings)
    retention: Retention = field(default_factory=Retention)
    alerts: str = field(default="", repr=False)  # where they are posted; the address may be a secret
    credentials: tuple[Credentials, ...] = ()
    _by_id: Mapping[str, Source] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {source.id: source for source in self.sources})

    def source(self, name: str) -> Source | None:
        """The configured source with this id."""
        return self._by_id.get(name)

    def credentials_of(self, source: Source) -> Credentials | None:
        """What the origin of a source is to be shown."""
        return next((each for each in self.credentials if each.home == source.feed), None)
