"""Items as storage keeps them: state, story, revisions, audit; what deduplication reads; queries."""

from datetime import datetime

from msgspec import Struct

from aggregator.model.amendment import Amendment
from aggregator.model.decision import Decisions, Lapse, State
from aggregator.model.item import Item, Key
from aggregator.model.page import PageText
from aggregator.model.rights import UNSAID, Terms
from aggregator.model.settings import Republish
from aggregator.model.withdrawal import Absences, Referent


class Known(Struct, frozen=True):
    """A stored item that may match an entry of a document.

    `keys` are those of its keys, old and new, that the document's items share; `current` the ones it was last
    seen under. `listed` says that its raw item, unchanged, stands in the document at hand. `edits` counts its
    revisions of the last 7 days. `release` is when a held item goes live by itself, `dated` that its date
    holds it, `reinstated` that it goes live when its origin says it again. `signature` is that of its text,
    b"" for none and as long as no document says what the operator has withdrawn. `versions` counts its
    versions. With a `pending` version, title, link and fingerprint are of that one; `approved_url`,
    `approved` and `approved_queries` are those of the version shown. `fingerprint` is b"" when it cannot be
    known; `is_outdated`: it was computed anew, because the store has one of a former version. `unsettled` is
    the one that was shown last, with other query values alone. `freed`: retention has dropped its content.
    `claimed` is the date of its content, `size` its bytes (`size.unsigned_bytes`), where a document may
    replace it without a correction, else 0. `expires` is when it ceases to be valid, `foretold` whether that
    was known when it was first seen (None: never read), `lapsed` how its origin has withdrawn it,
    `expired` when its expiry did. `first_seen` is the time of its import.
    `shown` is the date that the public sees; `says` is as `Candidate` has it, `unmarked` and `alternates` are
    as `Item` has them, of the version shown.
    """

    number: int
    state: State
    title: str
    fingerprint: bytes
    keys: tuple[Key, ...]
    current: tuple[Key, ...]
    updated: datetime
    url: str = ""
    listed: bool = False
    edits: int = 0
    release: datetime | None = None
    dated: bool = False
    reinstated: bool = False
    flags: tuple[str, ...] = ()
    id: str = ""
    story: int | None = None
    signature: bytes = b""
    versions: int = 1
    pending: int | None = None
    approved_url: str = ""
    approved: bytes = b""
    approved_queries: tuple[tuple[str, str], ...] = ()
    queries: tuple[tuple[str, str], ...] = ()
    unsettled: bytes | None = None
    is_outdated: bool = False
    freed: bool = False
    claimed: datetime | None = None
    expires: datetime | None = None
    foretold: bool | None = None
    lapsed: Lapse = Lapse.NONE
    expired: datetime | None = None
    size: int = 0
    first_seen: datetime | None = None
    amended: Amendment = Amendment()
    shown: datetime | None = None
    says: bytes | None = None
    unmarked: bytes | None = None
    alternates: bytes | None = None


class Candidate(Struct, frozen=True):
    """An item of another source that may be the same release (same canonical URL, or sentences), or was found
    to be.

    `domains` are those of its source. `signature` is that of its text, None when the store has none yet; of
    `text` a little more than is compared is read. `says` is the fingerprint of the member of its story that
    may be shown in its place, None for none. `repeated` are hashes of sentences that stand under several of
    its source's items.
    """

    number: int
    story: int | None
    link: bytes | None
    url: str
    domains: tuple[str, ...]
    language: str
    shown: datetime
    title: str
    fingerprint: bytes
    signature: bytes | None
    text: str = ""
    says: bytes | None = None
    id: str = ""
    source: int = 0
    repeated: frozenset[int] = frozenset()


class Knowledge(Struct, frozen=True):
    """The snapshot that a document's items are decided from.

    `known` are items of the source that share a key with one of them, `candidates` items of other sources at
    one of their addresses or with their sentences, not withdrawn; those at the addresses, or of the items by
    their fingerprints, of `unread` are more than one poll reads.
    `members` are those by other sources in the stories of both, in any state; those of `unread_stories` are
    more than one poll reads. `apart` are pairs of ids, the lesser first, that the operator has split,
    `merged` stories with members that the operator has merged. `seq` is the change sequence at that moment.
    `taken` are ids that other items have; `decisions` are those of the operator. `referents` are the items
    that its tombstones name, `absences` those that it no longer lists. `authority` is that of
    minted tag: ids (RFC 4151).
    """

    authority: str
    seq: int = 0
    known: tuple[Known, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    members: tuple[Candidate, ...] = ()
    links: frozenset[bytes] = frozenset()  # the addresses that candidates were read of
    bands: frozenset[int] = frozenset()  # the sentences that candidates were looked up by
    unread: frozenset[bytes] = frozenset()
    unread_stories: frozenset[int | None] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()
    merged: frozenset[int | None] = frozenset()
    repeated: frozenset[int] = frozenset()  # by the source itself, as `Candidate` has it
    taken: frozenset[str] = frozenset()
    decisions: Decisions = Decisions()
    referents: tuple[Referent, ...] = ()
    absences: Absences = Absences()


class StoryMember(Struct, frozen=True):
    """Another member of an item's story: its source's organisation as the operator named it, and its id.

    Nothing else of it, because its own source may change the rest at any time.
    """

    organisation: str
    id: str


class Stored(Struct, frozen=True):
    """An item as stored, with its state.

    `seq` grows with every change to what the public sees of it; `source_*` are as last known,
    so that items of a removed source can still be shown with attribution. `backlog`: it was older than the
    service when its source was first read. `version` counts from 1; `pending` is the number of a newer
    version that waits for approval. `reinstated`: it is held until its origin lists it again. `expires` is
    when it ceases to be valid by its origin, `lapsed` how its origin has withdrawn it. `amended` are the
    desk's own fields. `page` is that of this version, None if none was wanted. `erased`: its content was
    removed for good. `translations` are those that may be shown, one a language.
    """

    number: int
    id: str
    public_id: str
    source: str
    state: State
    item: Item
    shown: datetime
    updated: datetime
    first_seen: datetime
    seq: int
    position: int | None = None
    story: int | None = None
    release: datetime | None = None
    reason: str = ""
    corrected: bool = False
    backlog: bool = False
    flags: tuple[str, ...] = ()
    also: tuple[StoryMember, ...] = ()
    version: int = 1
    pending: int | None = None
    reinstated: bool = False
    expires: datetime | None = None
    lapsed: Lapse = Lapse.NONE
    amended: Amendment = Amendment()
    erased: bool = False
    page: PageText | None = None
    translations: tuple["Translation", ...] = ()

    @property
    def headline(self) -> str:
        """Return the title as shown: the desk's, else that of the house style, else its origin's."""
        return self.amended.headline or self.item.styled.title or self.item.title

    def topics_of(self, feed: "FeedInfo") -> tuple[str, ...]:
        """Return its topics: of the desk, else those of its source and those that rules add."""
        return self.amended.topics or tuple(dict.fromkeys((*feed.topics, *self.item.styled.topics)))

    @property
    def newest(self) -> int:
        """Return the number of its newest version, shown or waiting."""
        return self.version if self.pending is None else self.pending

    @property
    def is_dated(self) -> bool:
        """Return whether its shown date says when it was released: of an item without a date that stood in
        the first document of its source it is only the time of the import."""
        return not self.backlog or self.shown < self.first_seen


class FeedInfo(Struct, frozen=True):
    """Published metadata of a source's own feed."""

    id: str
    feed: str  # "" for file: sources: no such address is ever published
    organisation: str
    title: str = ""
    link: str = ""
    rights: str = ""
    language: str = ""
    republish: Republish = Republish.FULL
    licence: str = ""  # these three by the operator
    attribution: str = ""
    ai: Terms = UNSAID
    terms: Terms = UNSAID  # by the origin: of the feed, and of the site
    site_terms: Terms = UNSAID
    topics: tuple[str, ...] = ()
    configured: bool = True
    addresses: tuple[str, ...] = ()  # as configured and as moved to, with their queries: never published
    feed_public: bool = False  # also with its query
    history: bool = True  # earlier versions of its items are shown
    indexed: bool = False  # search engines may list the pages of its items
    from_entry: bool = False  # it collects the releases of others, so its entries may name their source
    full_text: bool = False  # the texts of pages are shown in place of summaries


class Translation(Struct, frozen=True):
    """A translation of an item; `headline` is its title as shown, "" for one that has none of its own."""

    id: str
    public_id: str
    headline: str
    language: str
    feed: FeedInfo


class Revision(Struct, frozen=True):
    """An earlier state of an item, replaced at `at`. `size` is in bytes; 0: only the time is still kept.

    `next_url` is the link of the next state whose text is kept. `struck`: the operator removed its text.
    """

    number: int
    at: datetime
    title: str
    content: str
    url: str
    size: int
    next_url: str = ""
    version: int = 0
    struck: bool = False

    @property
    def former_url(self) -> str:
        """Return its link if the next state has another one, else ""."""
        return self.url if self.url != self.next_url else ""


class HistoryPage(Struct, frozen=True):
    """Numbers and bytes of the revisions on one page of an item's history, newest first.

    `older` is the number before which the next page begins, None on the last page.
    """

    revisions: tuple[tuple[int, int], ...] = ()
    older: int | None = None


class ItemQuery(Struct, frozen=True):
    """Filter of a list of items, the last stored first or, as `newest`, by shown date; "" means any.
    `states` empty means all."""

    search: str = ""
    source: str = ""
    topic: str = ""
    language: str = ""
    states: tuple[State, ...] = ()
    or_pending: bool = False  # also items in another state with a version that waits for approval
    limit: int = 50
    before: int | None = None  # only items with a smaller number
    newest: bool = False
