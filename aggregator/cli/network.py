"""Sentences for a machine that may have no network."""

from collections.abc import Iterable

from aggregator.errors import Cause

CURE = "see that the address is right, and that this machine has a network and a name server"


def advice(polls: Iterable[tuple[str, Cause]]) -> str:
    """Return a warning if no host was reached, from the address and the failure of each source; else ""."""
    causes = [cause for feed, cause in polls if not feed.startswith("file:")]
    if not causes or any(cause is not Cause.NETWORK for cause in causes):
        return ""
    return "no host was reached: see that this machine has a network and a name server, or set `proxy`"
