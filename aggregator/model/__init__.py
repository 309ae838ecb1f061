"""The values that travel from stage to stage: Entry, Item, Changes, Stored, Release.

All are frozen, all times are aware UTC, all collections tuples. Nothing here reads a clock or a file.
"""

from aggregator.model.changes import Changes, Edit, NewItem, Transition
from aggregator.model.document import Document, Fetched, Hints, Job, Validators, Worked
from aggregator.model.entry import Attachment, Entry, Markup, Origin
from aggregator.model.item import Enclosure, Item, Key, KeyKind, Mode
from aggregator.model.poll import Alert, AlertKind, Claim, Due, Health, Move, Outcome, Poll, Rest, Totals
from aggregator.model.release import Channel, Release
from aggregator.model.stored import (
    Also,
    AuditLine,
    Candidate,
    FeedInfo,
    Known,
    Reading,
    Revision,
    State,
    Stored,
    Wanted,
)
from aggregator.model.websub import Advert, Standing, Subscription, Task

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
