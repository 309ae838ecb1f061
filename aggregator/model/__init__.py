"""The values that travel from stage to stage: Entry, Item, Changes, Stored, Release.

All are frozen, all times are aware UTC, all collections tuples. Nothing here reads a clock or a file.
A module is imported when one of its names is first asked for (PEP 562): a frozen dataclass takes 0.5 ms to
make, and a worker needs a third of them.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.model.amendment import AmendedField, Amendment
    from aggregator.model.changes import Carried, Changes, DueSteps, Edit, NewItem, Placement, Transition
    from aggregator.model.decision import (
        Act,
        Amended,
        Decision,
        Decisions,
        ErasedKey,
        Forgotten,
        Lapse,
        Notice,
        Pairing,
        State,
        Trigger,
    )
    from aggregator.model.document import Document, Fetched, Hints, ReadJob, ReadResult, Validators
    from aggregator.model.entry import Attachment, Entry, Markup, Origin
    from aggregator.model.format import Format
    from aggregator.model.item import (
        EMBARGO_UNREAD,
        FINGERPRINT_VERSION,
        LANGUAGE_DETECTED,
        Enclosure,
        Item,
        Key,
        KeyKind,
        Mode,
    )
    from aggregator.model.poll import (
        Ahead,
        Alert,
        AlertKind,
        AlertState,
        Answer,
        Claim,
        Doubt,
        Health,
        Outcome,
        OutcomeKind,
        OverBudget,
        PollResult,
        Relocation,
        SourceState,
        Spent,
        Totals,
    )
    from aggregator.model.public_change import Archived, ChangeKind, Gone, PublicChange, Selected, ToldPage
    from aggregator.model.push import (
        Hook,
        HookEvent,
        HookItem,
        HookNews,
        HubDelivery,
        HubMode,
        HubRequest,
        HubSubscriber,
        PushKind,
        PushOutcome,
        PushResult,
        Topic,
    )
    from aggregator.model.release import WINDOW, AlsoReleased, Channel, Release, Tombstone, Window
    from aggregator.model.schedule import FIXED, ORIGIN_WISHES, Due, DueReason, HostLimit, HostState
    from aggregator.model.stored import (
        Candidate,
        FeedInfo,
        HistoryPage,
        Indexed,
        ItemQuery,
        Knowledge,
        Known,
        Revision,
        Stored,
        StoryMember,
    )
    from aggregator.model.websub import Advert, Subscription, SubscriptionState, Task, TaskKind
    from aggregator.model.withdrawal import (
        Absences,
        Deleted,
        Expiry,
        Left,
        OriginStep,
        OriginTombstone,
        Probe,
        Referent,
    )

_NAMES: Mapping[str, str] = {
    "amendment": "AmendedField Amendment",
    "changes": "Carried Changes DueSteps Edit NewItem Placement Transition",
    "decision": "Act Amended Decision Decisions ErasedKey Forgotten Lapse Notice Pairing State Trigger",
    "document": "Document Fetched Hints ReadJob ReadResult Validators",
    "entry": "Attachment Entry Markup Origin",
    "format": "Format",
    "item": "EMBARGO_UNREAD Enclosure FINGERPRINT_VERSION Item Key KeyKind LANGUAGE_DETECTED Mode",
    "poll": "Ahead Alert AlertKind AlertState Answer Claim Doubt Health Outcome OutcomeKind OverBudget PollResult Relocation SourceState Spent Totals",
    "public_change": "Archived ChangeKind Gone PublicChange Selected ToldPage",
    "push": "Hook HookEvent HookItem HookNews HubDelivery HubMode HubRequest HubSubscriber PushKind PushOutcome PushResult Topic",
    "release": "AlsoReleased Channel Release Tombstone WINDOW Window",
    "schedule": "Due DueReason FIXED HostLimit HostState ORIGIN_WISHES",
    "stored": "Candidate FeedInfo HistoryPage Indexed ItemQuery Knowledge Known Revision Stored StoryMember",
    "websub": "Advert Subscription SubscriptionState Task TaskKind",
    "withdrawal": "Absences Deleted Expiry Left OriginStep OriginTombstone Probe Referent",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Return a value of a module here, and keep it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
