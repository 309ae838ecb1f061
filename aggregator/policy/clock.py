"""Trust in this machine's clock after a start, by the dates of other hosts: it releases held items. Pure.

A machine that starts without a battery or a network believes in any time, and one ahead breaks an embargo.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

AGREES_WITHIN = timedelta(minutes=5)
HOSTS_ASKED, HOSTS_AGREEING = 3, 2  # of the first distinct hosts that answer
WAITS_MAX = timedelta(
    minutes=15
)  # for answers; and after the last trusted time, of which a start is believed


def is_agreed(offsets: Sequence[timedelta]) -> bool:
    """Return whether enough of the first hosts that answered agree with the clock; `offsets` is how much it
    is ahead of each of them."""
    return sum(abs(each) <= AGREES_WITHIN for each in offsets[:HOSTS_ASKED]) >= HOSTS_AGREEING


def is_continued(trusted: datetime | None, now: datetime) -> bool:
    """Return whether the clock was trusted, or confirmed by the operator, at most WAITS_MAX ago."""
    return trusted is not None and timedelta() <= now - trusted <= WAITS_MAX


def doubt(offsets: Sequence[timedelta], hosts: int, waited: timedelta) -> str:
    """Return why a clock with which too few hosts agree is in doubt, "" while more of them may answer.

    `hosts` is the number of distinct hosts of the sources.
    """
    if hosts < HOSTS_ASKED:
        return f"the clock cannot be checked by fewer than {HOSTS_ASKED} hosts"
    if len(offsets) >= HOSTS_ASKED:
        minutes = ", ".join(f"{each / timedelta(minutes=1):+.0f} min" for each in offsets[:HOSTS_ASKED])
        return f"the clock differs from hosts that answered, by {minutes}"
    return "too few hosts have answered to check the clock by" if waited >= WAITS_MAX else ""


def behind(last_commit: datetime | None, now: datetime) -> str:
    """Return that a clock is behind the last commit of the store, "" if it is not."""
    if last_commit is None or last_commit <= now:
        return ""
    return f"the clock is behind the last commit, of {last_commit:%Y-%m-%d %H:%M} UTC"
