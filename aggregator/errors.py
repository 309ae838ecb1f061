"""Every error Publicwire raises on purpose.

    PublicwireError
    ├── ConfigError          the operator's sources.yaml is wrong; carries one Problem a line
    ├── UsageError           a command was given something that does not exist or does not fit
    ├── StorageError         the store cannot be opened, read or written
    │   ├── StoreBusy        another process is the poller of this store
    │   ├── StoreFull        there is no room on its disk; nothing was written
    │   └── LeaseLost        somebody else has taken over the source; nothing was written
    └── PollError            one poll of one source failed; `cause` says which kind
        ├── FetchError       cause: network, http, blocked, gone, limit, refused, rate_limited
        ├── ParseError       cause: not-a-feed, limit
        └── WorkerError      cause: limit, crash

Each carries its subject and reads as a sentence a person can act on. Nothing here logs or exits.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The kind of failure of a poll: decides its back-off, and is its label in metrics, JSON and tables."""

    NONE = ""  # the outcome of a poll that did not fail
    NETWORK = "network"
    HTTP = "http"
    BLOCKED = "blocked"  # 403 with an HTML page, or a bot challenge
    GONE = "gone"  # 410 (RFC 9110 section 15.5.11)
    LIMIT = "limit"
    REFUSED = "refused"  # by the address guard (SSRF) or a rule on redirects
    NOT_A_FEED = "not-a-feed"
    CRASH = "crash"
    LEASE = "lease"
    RATE_LIMITED = "rate_limited"  # not fetched: the host answered 429 with Retry-After to another source


class PublicwireError(Exception):
    """Root of all errors raised on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file; line and column count from 1."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ConfigError(PublicwireError):
    """Every mistake found in the configuration, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UsageError(PublicwireError):
    """The operator named something that does not exist or asked for what cannot be."""


class StorageError(PublicwireError):
    """The store cannot be opened, read or written."""


class StoreBusy(StorageError):
    """Another process polls this store; the message names it."""


class StoreFull(StorageError):
    """The disk of the store is full; nothing was written, and what is stored can be read."""


class LeaseLost(StorageError):
    """The lease of a poll is no longer ours, or its source is gone; nothing was written."""


class PollError(PublicwireError):
    """One poll of one source failed. `cause` decides back-off and is the label in metrics and tables."""

    def __init__(self, message: str, *, cause: Cause) -> None:
        super().__init__(message)
        self.cause = Cause(cause)


class FetchError(PollError):
    """No usable body came back.

    `status` is the HTTP status if one came; `retry_after` is the raw header value, in seconds or as
    a date (RFC 9110 section 10.2.3); `host` is the one that answered so.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: Cause,
        status: int | None = None,
        retry_after: str = "",
        host: str = "",
    ) -> None:
        super().__init__(message, cause=cause)
        self.status = status
        self.retry_after = retry_after
        self.host = host


class ParseError(PollError):
    """The body is not a feed, or is one beyond the limits."""


class WorkerError(PollError):
    """The worker process was killed on a limit or died."""
