"""Releases as published, and the channels they are published in."""

from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.model.amendment import AmendedField
from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.stored import FeedInfo


class AlsoReleased(Struct, frozen=True):
    """Another organisation that released the same, and our own page of its release."""

    organisation: str
    page: str


class Translated(Struct, frozen=True):
    """A translation of a release: its language tag, our own page of it and its public id."""

    language: str
    page: str
    public_id: str


class Release(Struct, frozen=True):
    """A release as published: rights applied, disclaimer rendered, HTML sanitised.

    `content` is the body without the disclaimer; `disclaimer` is one element of DISCLAIMER_CLASS; `line` is
    the disclaimer in one line, another such element; `text` is the body in plain text: paragraphs and
    disclaimer, separated by blank lines.
    `excerpt` has the first paragraph in place of the content, `excerpt_text` in place of all of them; `lead`
    is `line` where the content is long, else "", and `lead_text` the same as plain text, with which `text`
    begins. `published` of one that is not dated is
    when it was imported, and is not shown.
    """

    id: str
    public_id: str
    page: str  # our own page, absolute
    url: str  # the original, absolute; "" when there is none
    title: str
    organisation: str
    content: str
    summary: str  # plain text, a sentence or two
    disclaimer: str
    disclaimer_text: str  # the same as plain text, with which `text` ends
    line: str
    lead: str
    text: str
    excerpt: str
    excerpt_text: str
    published: datetime
    updated: datetime
    language: str
    source: FeedInfo
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # topics of the source first
    topic_names: tuple[tuple[str, str], ...] = ()  # of those topics that the operator named
    enclosures: tuple[Enclosure, ...] = ()
    images: tuple[Enclosure, ...] = ()
    rights: str = ""
    terms: Terms = UNSAID
    origin: Origin | None = None
    also: tuple[AlsoReleased, ...] = ()
    translations: tuple[Translated, ...] = ()  # one a language, by language
    corrected: bool = False
    lead_text: str = ""
    is_dated: bool = True
    is_language_detected: bool = False
    edited: tuple[AmendedField, ...] = ()  # fields that the desk wrote
    edited_by: str = ""  # name of the publication, "" for a release without fields or a note of the desk
    original_title: str = ""  # of its origin, in place of which the desk's headline stands
    note: str = ""  # plain text of the desk's own, shown apart

    @property
    def category_names(self) -> tuple[str, ...]:
        """The categories, with names in place of the slugs of topics that the operator named."""
        names = dict(self.topic_names)
        return tuple(names.get(category, category) for category in self.categories)


class Tombstone(Struct, frozen=True):
    """Tombstone entry of a withdrawn release in a document: ids and dates, nothing of the release.

    `updated` of the stub is later than that of any entry published under the id, `when` later than both.
    `instead` is the page of the member of its story that stands in its place, "" for none.
    """

    public_id: str
    page: str  # answers 410 or 404, or is that of `instead`
    title: str
    comment: str
    publisher: str
    language: str  # of title and comment
    updated: datetime
    when: datetime
    instead: str = ""


class Window(Struct, frozen=True):
    """Bounds of a channel's document: its `newest` items, and all that joined `within` before its newest
    change. What was withdrawn or corrected `changed_within` that time re-enters at its beginning, because
    feed readers do not look back: at most `reentered`, of one source `reentered_of_source`."""

    newest: int = 60
    within: timedelta = timedelta(hours=48)
    changed_within: timedelta = timedelta(days=30)
    reentered: int = 20
    reentered_of_source: int = 5


WINDOW = Window()  # of every channel


class Channel(Struct, frozen=True):
    """One published feed. `name` is its address under publication.url: "" (all), "topics/T",
    "sources/S", "languages/L". `seq` and `changed` are of its newest change. `archive` is the number of the
    archive that a document holds, 0 for the current document."""

    name: str
    title: str
    page: str  # absolute address of its page
    address: str  # absolute address its documents start with: address + "feed.atom"
    language: str
    seq: int = 0
    changed: datetime | None = None
    description: str = ""
    id: str = ""  # atom:id of the channel, minted once
    hub: str = ""
    rights: str = ""
    publisher: str = ""  # name and address of the publication
    publisher_page: str = ""
    stem: str = "feed"  # what the names of its current documents begin with
    archive: int = 0
    newest_archive: int = 0
    after: int | None = None  # the cursor that a document follows
    last: int = 0  # the cursor behind its last entry
    has_more: bool = False  # after that
    query: str = ""  # of a search, as in its addresses: "?q=…"

    @property
    def older(self) -> int:
        """Return the number of the archive before this document, 0 for none."""
        if self.after is not None:
            return 0
        return self.archive - 1 if self.archive else self.newest_archive

    def current_address(self, kind: str) -> str:
        """Return the absolute address of the current document in one format."""
        return f"{self.address}{self.stem}.{kind}{self.query}"

    def archive_address(self, number: int, kind: str) -> str:
        """Return the absolute address of an archive in one format."""
        directory = "archive" if self.stem == "feed" else f"{self.stem}/archive"
        return f"{self.address}{directory}/{number}.{kind}"

    def after_address(self, cursor: int, kind: str) -> str:
        """Return the absolute address of what follows a cursor in one format."""
        return f"{self.current_address(kind)}?after={cursor}"

    def links(self, kind: str) -> str:
        """Return the Link header field of the current document in one format: itself and its hub."""
        hub = f', <{self.hub}>; rel="hub"' if self.hub else ""
        return f'<{self.current_address(kind)}>; rel="self"{hub}'

    def own_address(self, kind: str) -> str:
        """Return the absolute address of this document in one format."""
        if self.after is not None:
            return self.after_address(self.after, kind)
        return self.archive_address(self.archive, kind) if self.archive else self.current_address(kind)
