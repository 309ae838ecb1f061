"""Probes: whether an item that left its feed still exists. Pure.

An item that its source no longer lists, between an older and a newer one, is withdrawn when its page is
missing twice. A source names whose pages are fetched: few, on its own domains, and rarely.
"""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from enum import Enum

from msgspec import Struct

from aggregator.model.changes import Changes
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.domains import is_within
from aggregator.model.settings import Source
from aggregator.model.withdrawal import Absences, Left, OriginStep, Probe

PROBE_EVERY = timedelta(days=7)  # of one item: one probe
MISSING_FOR = timedelta(hours=24)  # from the first 404 or 410 to the one that counts
BUDGET_WITHIN = timedelta(days=1)
PROBES_PER_SOURCE, PAGES_PER_HOST = 20, 50  # within BUDGET_WITHIN
PAGE_BYTES_MAX = 64_000  # of a page: its status alone is of interest, but HEAD is often answered otherwise
POSTPONED_FOR = timedelta(hours=6)
ATTEMPTS_MAX = 28  # claims of one task, postponements included
GONE = "no longer in its feed, and its page is gone"
BACK = "in its feed again, and its page answers"


class Page(Enum):
    """State of a page by its fetch: `missing` for 404 and 410 alone, `unasked` if no request was sent."""

    MISSING = 1
    ANSWERS = 2
    UNKNOWN = 3
    UNASKED = 4


class Verdict(Struct, frozen=True):
    """Result of a probe: the step of its item, the time of the next request (None: it is over), and the time
    since which its page is missing."""

    step: OriginStep | None = None
    again: datetime | None = None
    missing: datetime | None = None


def between(seen: Sequence[tuple[bytes, int]], listed: Set[bytes]) -> tuple[set[int], set[int]]:
    """Return the numbers of items of the last document that have left from between others, and those of all
    others that are listed still; none of either when nothing has left there."""
    places = [place for place, (digest, _) in enumerate(seen) if digest in listed]
    if not places or places[-1] - places[0] + 1 == len(places):  # new items push out the last ones
        return set(), set()
    present = {seen[place][1] for place in places} - {0}
    return {number for _, number in seen[places[0] : places[-1]]} - present - {0}, present


def probed(source: Source, changes: Changes, absences: Absences) -> tuple[Left, ...]:
    """Return the items whose pages are to be fetched, within the budget of their source: those that left, and
    those that a probe withdrew and that are listed again."""
    back = [Left(old.number, old.id, old.url) for old, _ in changes.restated if old.lapsed is Lapse.PROBE]
    decided = {each.number for each in changes.steps}
    found = [
        each for each in (*back, *changes.left) if is_probed(source, each.url) and each.number not in decided
    ]
    return tuple(found[: max(0, PROBES_PER_SOURCE - absences.probed)])


def is_probed(source: Source, url: str) -> bool:
    """Return whether a page may be fetched: a source must not send us to the hosts of others."""
    return url.startswith(("https://", "http://")) and is_within(url, source.domains)


def is_wanted(probe: Probe, source: Source) -> bool:
    """Return whether the page of an item is still to be fetched."""
    if not is_probed(source, probe.url):
        return False
    if probe.state is State.LIVE:
        return not probe.is_listed
    return probe.lapsed is Lapse.PROBE and probe.is_listed is not False


def is_postponed(probe: Probe) -> bool:
    """Return whether the page cannot be fetched yet: whether it is listed is unknown until the next poll, or
    its host has answered often enough within a day."""
    return probe.is_listed is None or probe.host_asked >= PAGES_PER_HOST


def judged(probe: Probe, page: Page, now: datetime) -> Verdict:
    """Return what follows of the answer of a page.

    Anything but 404 and 410 ends the probe of an item that left. One that is listed again stays withdrawn
    while its page does not answer, and is asked for again on the next days.
    """
    if page is Page.UNASKED:
        return Verdict(again=now + POSTPONED_FOR, missing=probe.missing)
    if probe.state is not State.LIVE:
        if page is Page.ANSWERS:
            return Verdict(OriginStep(probe.number, Trigger.RELISTED, now, BACK))
        return Verdict(again=now + BUDGET_WITHIN)
    if page is not Page.MISSING:
        return Verdict()
    if probe.missing is None:
        return Verdict(again=now + MISSING_FOR, missing=now)
    if now - probe.missing < MISSING_FOR:
        return Verdict(again=probe.missing + MISSING_FOR, missing=probe.missing)
    return Verdict(OriginStep(probe.number, Trigger.PROBE, now, GONE), missing=probe.missing)
