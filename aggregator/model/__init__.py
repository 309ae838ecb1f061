"""The values that travel from stage to stage: Entry, Item, Changes, Stored, Release.

All are frozen, all times are aware UTC, all collections tuples. Nothing here reads a clock or a file.
"""

from aggregator.model.changes import Changes, Edit, NewItem, Transition
from aggregator.model.document import Document, Fetched, Hints, ReadJob, ReadResult, Validators
from aggregator.model.entry import Attachment, Entry, Markup, Origin
from aggregator.model.item import Enclosure, Item, Key, KeyKind, Mode
from aggregator.model.poll import (
    Alert,
    AlertKind,
    Claim,
    Due,
    Health,
    HostLimit,
    Outcome,
    Poll,
    Relocation,
    Totals,
)
from aggregator.model.release import Channel, Release
from aggregator.model.stored import (
    AuditLine,
    Candidate,
    FeedInfo,
    ItemQuery,
    Known,
    Reading,
    Revision,
    State,
    Stored,
    StoryMember,
)
from aggregator.model.websub import Advert, Subscription, SubscriptionState, Task

__all__ = [
    "Advert",
    "Alert",
    "AlertKind",
    "Attachment",
    "AuditLine",
    "Candidate",
    "Changes",
    "Channel",
    "Claim",
    "Document",
    "Due",
    "Edit",
    "Enclosure",
    "Entry",
    "FeedInfo",
    "Fetched",
    "Health",
    "Hints",
    "HostLimit",
    "Item",
    "ItemQuery",
    "Key",
    "KeyKind",
    "Known",
    "Markup",
    "Mode",
    "NewItem",
    "Origin",
    "Outcome",
    "Poll",
    "ReadJob",
    "ReadResult",
    "Reading",
    "Release",
    "Relocation",
    "Revision",
    "State",
    "Stored",
    "StoryMember",
    "Subscription",
    "SubscriptionState",
    "Task",
    "Totals",
    "Transition",
    "Validators",
]
