"""The values that travel from stage to stage: Entry, Item, Changes, Stored, Release.

All are frozen, all times are aware UTC, all collections tuples. Nothing here reads a clock or a file.
"""

from aggregator.model.changes import Changes, Edit, NewItem, Placement, Transition
from aggregator.model.decision import Decision, Decisions, Forgotten, Pairing, State, Trigger
from aggregator.model.document import Document, Fetched, Hints, ReadJob, ReadResult, Validators
from aggregator.model.entry import Attachment, Entry, Markup, Origin
from aggregator.model.item import (
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
