"""The log line of a store that takes no writes."""

from aggregator.errors import StoreAway, StoreFull, StoreUnavailable
from aggregator.log import log


def report(error: StoreUnavailable) -> None:
    """Log why nothing new is stored."""
    cause = "the store is locked"
    if isinstance(error, StoreFull | StoreAway):
        cause = "the disk is full" if isinstance(error, StoreFull) else "the database is away"
    log.error(f"{cause}: pages and feeds are served, nothing new is stored", error=str(error))
