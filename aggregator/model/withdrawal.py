"""Withdrawals that come from an item's origin: tombstones, expiries, probes of pages, and what follows."""

from datetime import datetime

from msgspec import Struct

from aggregator.model.decision import Lapse, State, Trigger


class Referent(Struct, frozen=True):
    """A stored item that a tombstone of its own source names. `claimed` and `updated` are the newest dates
    that its origin gave, `tombstone` the time of the last tombstone that counted for it."""

    number: int
    key: bytes
    state: State
    lapsed: Lapse = Lapse.NONE
    claimed: datetime | None = None
    updated: datetime | None = None
    tombstone: datetime | None = None


class OriginStep(Struct, frozen=True):
    """A step of an item's life that its origin causes at `due`; the service carries it out then.

    `foretold`: an expiry that was announced when the item was first seen. `tombstone` is the time of the
    tombstone, None for other triggers. `suspended`: the operator decides.
    """

    number: int
    trigger: Trigger
    due: datetime
    reason: str
    foretold: bool = False
    suspended: bool = False
    tombstone: datetime | None = None


class Expiry(Struct, frozen=True):
    """The expiry that a document states of a known item, None for none; `foretold` as OriginStep has it."""

    number: int
    expires: datetime | None
    foretold: bool


class Left(Struct, frozen=True):
    """A live item that its source no longer lists between an older and a newer one."""

    number: int
    id: str
    url: str


class Absences(Struct, frozen=True):
    """Items that have left a document, and how many probes their source has had within a day."""

    items: tuple[Left, ...] = ()
    probed: int = 0


class Probe(Struct, frozen=True):
    """The probe of an item's page: whether an item that left its feed still exists, or one that a probe
    withdrew exists again.

    `is_listed`: its source lists it now, None while that is unknown. `missing` is when its page was first
    found missing. `host_asked` counts pages of the same host that were fetched within a day.
    """

    number: int
    source: str
    url: str
    state: State
    lapsed: Lapse
    is_listed: bool | None
    missing: datetime | None
    host_asked: int
