"""Changes to items by a poll or an operator. Pure stages make these values, storage carries them out."""

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.decision import Lapse, Notice, State, Trigger
from aggregator.model.house_style import HouseStyle
from aggregator.model.item import Item, Mode
from aggregator.model.provenance import ReadDocument
from aggregator.model.stored import Knowledge, Known, Stored
from aggregator.model.withdrawal import Expiry, Left, OriginStep

if TYPE_CHECKING:
    from aggregator.model.page_fetch import WantedPage  # loaded for sources that want them

EMBARGO = "embargo"  # reason of an item that is held until its date
VARYING = b"varying"  # in `Edit.unsettled`: the values of its queries are others at each poll


class Placement(Struct, frozen=True):
    """The state of an item when it is first seen.

    `release` is when a held item goes live (None: when the operator says so), `shown` the published date the
    public sees, `reason` the words for why it is held.
    """

    state: State
    release: datetime | None
    shown: datetime
    reason: str = ""
    flags: tuple[str, ...] = ()
    over_budget: bool = False  # held by the budget of its source
    dated: bool = False  # held by its date or its veto window: what its origin says anew places it anew
    copy_of: str = ""  # id of the withdrawn release that it is a copy of, and held for
    lapsed: Lapse = Lapse.NONE  # it had expired before it was first seen


class NewItem(Struct, frozen=True):
    """An item to be stored for the first time.

    `public_id` is the origin's id where it is a valid IRI that no item has, else a minted tag: IRI (RFC
    4151). `backlog` keeps it out of all but its source's own channel.
    """

    item: Item
    id: str
    public_id: str
    placement: Placement
    updated: datetime
    backlog: bool = False
    same_as: int | None = None  # number of the item whose story it joins
    unmatched: bool = False  # its candidates were beyond the budget of the poll: maintenance matches it
    says: bytes | None = None  # fingerprint of the member of its story that may be shown in its place


class Edit(Struct, frozen=True):
    """New content or new keys of a known item.

    `substantive`: all of its content is replaced, else only its keys and, when `moves`, its address.
    `revises`: the public state of before becomes a revision and the item counts as corrected, with
    `updated`. `is_public`: the public sees the change. `placement` is the new one of an item that its date
    holds, None when it stays; `returns`: the item was reinstated and its origin says it again, so that it has
    a new `updated`, and no revision of what was withdrawn. `flags` are all it has afterwards, None for no
    change. `parts`: it leaves its story; `leaves_home`: its link has left the domains of its source. `id` is
    that of the item. `copy_of` is that of a withdrawn release of which it has become a copy: it is held.
    `version` is the number of the new content, 0 for none. `waits`: that version is stored beside the item
    until it is approved; `drops`: one that waited is no longer what the origin says. `refreshes`: its
    addresses are replaced silently; `unsettled` is a fingerprint that counts if the next poll shows it, too.
    `redates`: the claimed date of a held item is replaced, whatever else is.
    `says` is that of the member of its story that may be shown in its place, `stands_for` are the numbers of
    those in whose place it still may be shown.
    """

    number: int
    item: Item
    substantive: bool
    updated: datetime
    moves: bool = False
    revises: bool = False
    is_public: bool = False
    placement: Placement | None = None
    returns: bool = False
    flags: tuple[str, ...] | None = None
    parts: bool = False
    leaves_home: bool = False
    id: str = ""
    copy_of: str = ""
    version: int = 0
    waits: bool = False
    drops: bool = False
    refreshes: bool = False
    unsettled: bytes | None = None
    redates: bool = False
    conflicts: tuple[AmendedField, ...] = ()  # fields of the desk of which the origin says something else now
    says: bytes | None = None
    stands_for: tuple[int, ...] = ()


class Changes(Struct, frozen=True):
    """All changes by one poll to the items of its source; `new` is oldest first.

    `seen` maps every raw item of the document that need not be read again to the number of its item: 0 for
    one that a rule left out, and for new ones, whose numbers storage fills in. Of several entries for one
    item only the one that counts is in it, so that the next one is read when that one disappears. `basis` is
    what the decision was made from. `restated` are known items whose expiry is now another one or that had
    lapsed, with what the document says of them; `left` are items that it no longer lists; `steps`, `expiries`
    and `probes`, items whose pages are to be fetched, follow of these. `pages` are to be fetched for their
    texts. `styled` are known items in their house style, by number; `is_style_void`: its rules have changed
    since the poll began.
    """

    basis: Knowledge
    mode: Mode
    new: tuple[NewItem, ...] = ()
    edits: tuple[Edit, ...] = ()
    seen: tuple[tuple[bytes, int], ...] = ()
    volatile: tuple[str, ...] = ()  # query parameters that turned out to vary from poll to poll
    restated: tuple[tuple[Known, Item], ...] = ()
    left: tuple[Left, ...] = ()
    steps: tuple[OriginStep, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    probes: tuple[Left, ...] = ()
    document: ReadDocument | None = None  # that its new versions were read from
    pages: "tuple[WantedPage, ...]" = ()
    styled: tuple[tuple[int, Item], ...] = ()
    is_style_void: bool = False


class Unstyled(Struct, frozen=True):
    """Items of one source that are to be styled anew by its present rules, each with its number: a version
    that waits for approval has that of its item. `source` is the id, `number` that of the source."""

    source: str
    number: int
    style: HouseStyle
    items: tuple[tuple[int, Item], ...]
    organisation: str = ""


class Transition(Struct, frozen=True):
    """One step of an item's life as `lifecycle` decided it, with its audit line.

    `version` is the one that a release approves, or that is struck; None for a step of all versions. `lapse`
    is how the origin may undo it.
    """

    number: int
    before: State
    after: State
    trigger: Trigger
    reason: str
    actor: str
    at: datetime
    id: str = ""  # of the item, which a restore meanwhile may have given another number
    release: datetime | None = None  # of an item that is held now, the operator's
    version: int | None = None
    lapse: Lapse = Lapse.NONE
    notice: Notice | None = None  # the request that it answers
    amendment: Amendment | None = None  # of the desk: all fields it has from now on


class DueSteps(Struct, frozen=True):
    """Steps of one source's items that are due, some of them.

    `number` is that of the source. `live` are its items, `recent` those that the breaker counts already,
    `counting` all steps that are due and would be counted.
    """

    source: str
    number: int
    live: int
    recent: int
    counting: int
    steps: tuple[tuple[Stored, OriginStep], ...]


class Carried(Struct, frozen=True):
    """The decision on due steps of a source: transitions, the numbers of the items that the breaker counts,
    the steps that are over. `suspends`: all that would be counted wait for the operator."""

    transitions: tuple[Transition, ...]
    counted: tuple[int, ...]
    done: tuple[OriginStep, ...]
    suspends: bool = False
