"""Tree of the errors that are raised on purpose.

    PublicwireError
    ├── ConfigError          mistakes in sources.yaml: one Problem each, with line and column
    ├── UsageError           a command's argument names nothing that exists, or does not fit
    ├── StorageError         the store cannot be opened, read or written
    │   ├── StoreBusy        another process polls this store
    │   ├── StoreUnavailable it takes nothing at the moment: pages are served, polls wait
    │   │   ├── StoreContended  it rolled back one of two transactions that waited for each other
    │   │   ├── StoreFull    its disk is full; nothing was written
    │   │   └── StoreAway    its database server does not answer; the last write may be lost
    │   ├── Rejected         a constraint or a type of the store does not admit a value; nothing was written
    │   ├── Outdated         the state a decision was based on has changed; nothing was written
    │   └── LeaseLost        another poller claimed the source after the lease ended; nothing was written
    └── PollError            the poll of one source failed; `cause` is the kind of failure
        ├── FetchError       cause: network, http, blocked, gone, limit, refused, rate_limited
        ├── ParseError       cause: not-a-feed, limit
        ├── WorkerError      cause: limit, crash
        └── RejectedPoll     cause: rejected

Each message names its subject and the cure, in an operator's words. Caught in two places: the pipeline turns
a PollError into a failed Outcome, the command line prints one line and sets the exit code.
"""

import errno
from collections.abc import Set
from enum import StrEnum

from msgspec import Struct

_NOT_OURS = "see that it belongs to the user of this process"
_CURES = {
    errno.ENOENT: "see that the path is right",
    errno.ENOTDIR: "a file is in the way of a directory: choose another path",
    errno.EEXIST: "it is in the way: choose another path",
    errno.EISDIR: "it is a directory: name a file in it",
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.EROFS: "choose a path on a disk that can be written",
    errno.ENOSPC: "free some room on the disk",
}


class Cause(StrEnum):
    """Kind of failure of a poll: decides its back-off, and is its label in metrics, JSON and tables."""

    NONE = ""  # the outcome of a poll that did not fail
    NETWORK = "network"
    HTTP = "http"
    BLOCKED = "blocked"  # 403 with an HTML page, or a bot challenge
    GONE = "gone"  # 410 (RFC 9110 section 15.5.11)
    LIMIT = "limit"  # on size, time, memory or nesting
    REFUSED = "refused"  # by the address guard (SSRF) or a rule on redirects
    NOT_A_FEED = "not-a-feed"
    CRASH = "crash"  # of the worker process, or an unexpected exception
    LEASE = "lease"  # lost to another poller before the commit
    REJECTED = "rejected"  # by a constraint of the store, or a type that does not hold its values
    INCOMPLETE = "incomplete"  # the document ends before its root element does
    OVER_BUDGET = "over_budget"  # of bytes a day: some items were not stored
    IDENTITY = "identity"  # it is not known which source of the store this is: nothing was stored
    POISON = "poison"  # nodes of the cluster died while they polled it
    RATE_LIMITED = "rate_limited"  # not fetched: the host answered 429 less than a minute ago


class PublicwireError(Exception):
    """Root of all errors that are raised on purpose."""


class Problem(Struct, frozen=True):
    """One mistake in a configuration file; `line` and `column` count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ConfigError(PublicwireError):
    """The configuration is invalid; `problems` holds all mistakes in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UsageError(PublicwireError):
    """A command was given an argument that names nothing that exists, or does not fit."""


class StorageError(PublicwireError):
    """The store cannot be opened, read or written."""


class StoreBusy(StorageError):
    """Another process polls this store; the message gives its id."""


class StoreUnavailable(StorageError):
    """The store takes nothing at the moment; the service goes on."""


class StoreContended(StoreUnavailable):
    """The database ended one of several transactions that waited for each other; nothing was written, and the
    same write succeeds when it is tried again."""


class StoreFull(StoreUnavailable):
    """The disk of the store is full; nothing was written, reads still work."""


class StoreAway(StoreUnavailable):
    """The database server does not answer; whether a commit under way was carried out is unknown."""


class StoreSlow(StorageError):
    """A query took longer than its time limit and was ended; a narrower one may not."""


class Rejected(StorageError):
    """The write breaks a constraint, or holds a value beyond the type of its column; it was rolled back.

    The store is sound: the fault is in the values, so that the same write fails again and any other succeeds.
    """


class LeaseLost(StorageError):
    """The lease of a poll has passed to another poller, or its source was deleted; nothing was written."""


class Outdated(StorageError):
    """Conflict (optimistic concurrency): the basis of a decision changed.

    Nothing was written, read and decide again. `taken` are ids of its new items that other items have.
    """

    def __init__(self, message: str, taken: Set[str] = frozenset()) -> None:
        super().__init__(message)
        self.taken = taken


class PollError(PublicwireError):
    """The poll of one source failed."""

    def __init__(self, message: str, *, cause: Cause) -> None:
        super().__init__(message)
        self.cause = cause


class FetchError(PollError):
    """The fetch brought no usable body.

    `status` is the HTTP status of the response, None without one; `retry_after` the raw header value, in
    seconds or as a date (RFC 9110 section 10.2.3); `host` the host that gave it, "" unless the response was
    the first one of a configured address: only then does a rate limit concern the other sources there.
    """

    def __init__(
        self, message: str, *, cause: Cause, status: int | None = None, retry_after: str = "", host: str = ""
    ) -> None:
        super().__init__(message, cause=cause)
        self.status = status
        self.retry_after = retry_after
        self.host = host


class ParseError(PollError):
    """The body is not a feed, or exceeds a limit of the parser."""


class WorkerError(PollError):
    """The worker process was killed on a limit, crashed or sent an undecodable answer."""


class RejectedPoll(PollError):
    """The store rejected what the poll was to write."""

    def __init__(self, message: str) -> None:
        super().__init__(message, cause=Cause.REJECTED)


def refusal(error: OSError) -> str:
    """Return path, reason and cure of an error of the operating system, in one sentence."""
    path = f"{error.filename}: " if isinstance(error.filename, str) else ""
    return f"{path}{error.strerror or error}{cure(error)}"


def cure(error: OSError) -> str:
    """Return the cure of an error of the operating system as the end of a sentence, "" if none is known."""
    found = _CURES.get(error.errno or 0, "")
    return f"; {found}" if found else ""
