"""Alerts to the operator, about sources and the service."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class AlertKind(StrEnum):
    """The kinds of alert about a source, then about the service. The values are stored: never rename one."""

    MOVED = "moved"
    GONE = "gone"
    FAILING = "failing"
    BLOCKED = "blocked"
    WAITING = "waiting"  # the origin asked for a longer wait than is granted
    QUIET = "quiet"
    HUB = "hub"
    BUDGET = "budget"
    LINK = "link"  # event: links of its items have left its domains
    AHEAD = "ahead"  # event: its items are held until their dates
    DISTANT = "distant"  # event: its items are dated too far ahead, the operator decides
    STORY = "story"  # event: its items no longer agree with those of other sources
    FOREIGN = "foreign"  # event: its items are held because they link to hosts outside its domains
    COPY = "copy"  # event: its items are held as copies of withdrawn releases
    RENAMED = "renamed"  # the feed calls itself otherwise than when its source was added
    EMBARGO = "embargo"  # event: embargo lines of its items have no date that can be read
    VETO = "veto"  # event: its items go live by themselves unless the operator holds them
    AMENDED = "amended"  # event: its origin says something else of fields that the desk has amended
    CONFIGURATION = "configuration"  # an edit of sources.yaml holds a mistake
    LOOK = "look"  # logo or templates cannot be used
    POISON = "poison"  # nodes of the cluster died while they polled it
    WITHDRAWALS = "withdrawals"  # the origin would withdraw more of its items than the breaker allows
    CLOCK = "clock"  # the clock of the machine is in doubt: held items stay held
    HELD = "held"  # items wait for the operator
    BACKUP = "backup"  # the nightly backup failed
    DISK = "disk"  # nearly full
    WORKERS = "workers"  # many die
    WEBHOOK = "webhook"  # one of releases accepts no messages


class AlertState(StrEnum):
    """State of an alert."""

    RAISED = "raised"
    CLEARED = "cleared"


class AlertChannel(StrEnum):
    """Delivery channel of alerts. The values are subjects of stored tasks: never rename one."""

    WEBHOOK = ""
    MAIL = "mail"


class Alert(Struct, frozen=True):
    """An alert with the times it was raised and cleared; `source` is "" for one about the service."""

    number: int
    source: str
    organisation: str
    kind: AlertKind
    message: str
    raised: datetime
    cleared: datetime | None = None

    @property
    def state(self) -> AlertState:
        """Return whether it is open or cleared."""
        return AlertState.CLEARED if self.cleared else AlertState.RAISED
