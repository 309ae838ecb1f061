"""The values that travel from stage to stage: Entry (said), Item (believed), Known (remembered),
Changes (to do), Stored (kept), Release (shown).

All are frozen, all times are aware UTC, all collections tuples. Nothing here reads a clock or a file.
"""

from aggregator.model.believed import Enclosure, Item, Key, KeyKind, Mode
from aggregator.model.hubs import Advert, Standing, Subscription, Task
from aggregator.model.intended import Changes, Due, Edit, Job, NewItem, Poll, Rest, Transition, Worked
from aggregator.model.remembered import (
    Alert,
    AlertKind,
    Also,
    AuditLine,
    Candidate,
    Claim,
    FeedInfo,
    Health,
    Known,
    Move,
    Outcome,
    Reading,
    Revision,
    State,
    Stored,
    Totals,
    Wanted,
)
from aggregator.model.said import Attachment, Document, Entry, Fetched, Hints, Markup, Origin, Validators
from aggregator.model.shown import Channel, Release

__all__ = [
    "Advert",
    "Alert",
    "AlertKind",
    "Also",
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
    "Item",
    "Job",
    "Key",
    "KeyKind",
    "Known",
    "Markup",
    "Mode",
    "Move",
    "NewItem",
    "Origin",
    "Outcome",
    "Poll",
    "Reading",
    "Release",
    "Rest",
    "Revision",
    "Standing",
    "State",
    "Stored",
    "Subscription",
    "Task",
    "Totals",
    "Transition",
    "Validators",
    "Wanted",
    "Worked",
]
