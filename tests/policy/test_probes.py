"""Probes: which items are probed, and what follows of what their pages answer."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from aggregator.model.changes import Changes
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.item import Item, Mode
from aggregator.model.stored import Knowledge, Known
from aggregator.model.withdrawal import Absences, Left, OriginStep, Probe
from aggregator.policy.probes import (
    BACK,
    BUDGET_WITHIN,
    GONE,
    MISSING_FOR,
    PAGES_PER_HOST,
    POSTPONED_FOR,
    PROBES_PER_SOURCE,
    Page,
    Verdict,
    between,
    is_postponed,
    is_wanted,
    judged,
    probed,
)
from tests.given import DAY, HOUR, MINUTE, NOON, source

MINISTRY = source("ministry")
URL = "https://www.ministry.example/bridge"
LEFT = Left(7, "abcdefghijklm", URL)
PROBE = Probe(7, "ministry", URL, State.LIVE, Lapse.NONE, is_listed=False, missing=None, host_asked=0)
BACK_AGAIN = replace(PROBE, state=State.WITHDRAWN, lapsed=Lapse.PROBE, is_listed=True)


def seen(*numbers: int) -> tuple[tuple[bytes, int], ...]:
    return tuple((bytes([place]), number) for place, number in enumerate(numbers))


@pytest.mark.parametrize(
    ("listed", "gone"),
    [
        ({0, 1, 2, 3}, set()),
        ({0, 1, 2}, set()),  # the oldest one makes room for a new one
        ({1, 2, 3}, set()),
        (set(), set()),  # an emptied feed
        ({2}, set()),
        ({0, 1, 3}, {7}),
        ({0, 3}, {6, 7}),
        ({1, 3}, {7}),
    ],
)
def test_an_item_has_left_from_between_others(listed: set[int], gone: set[int]) -> None:
    found, present = between(seen(5, 6, 7, 8), frozenset(bytes([place]) for place in listed))
    assert found == gone
    assert present == ({(5, 6, 7, 8)[place] for place in listed} if gone else set())


def test_what_a_rule_left_out_and_what_is_listed_twice_has_not_left() -> None:
    assert between(seen(5, 0, 5, 8), frozenset([b"\x00", b"\x03"])) == (set(), {5, 8})


def changes(*left: Left, restated: tuple[tuple[Known, Item], ...] = ()) -> Changes:
    return Changes(Knowledge(""), Mode.NORMAL, left=left, restated=restated)


@pytest.mark.parametrize(
    ("url", "is_probed"),
    [
        (URL, True),
        ("http://ministry.example/bridge", True),
        ("https://elsewhere.example/bridge", False),  # it would send us to the hosts of others
        ("ftp://ministry.example/bridge", False),
        ("", False),
    ],
)
def test_only_pages_on_the_domains_of_a_source_are_probed(url: str, is_probed: bool) -> None:
    left = replace(LEFT, url=url)
    assert probed(MINISTRY, changes(left), Absences()) == ((left,) if is_probed else ())


def test_an_item_that_a_tombstone_withdraws_is_not_probed() -> None:
    deleted = replace(changes(LEFT), steps=(OriginStep(7, Trigger.TOMBSTONE, NOON, "deleted"),))
    assert probed(MINISTRY, deleted, Absences()) == ()


@pytest.mark.parametrize(("before", "allowed"), [(0, PROBES_PER_SOURCE), (19, 1), (20, 0), (30, 0)])
def test_a_source_has_a_budget_of_probes(before: int, allowed: int) -> None:
    many = [replace(LEFT, number=number) for number in range(PROBES_PER_SOURCE + 5)]
    assert len(probed(MINISTRY, changes(*many), Absences(probed=before))) == allowed


@pytest.mark.parametrize(("lapsed", "is_probed"), [(Lapse.PROBE, True), (Lapse.EXPIRY, False)])
def test_an_item_that_a_probe_withdrew_is_probed_when_it_is_listed_again(
    lapsed: Lapse, is_probed: bool
) -> None:
    old = Known(7, State.WITHDRAWN, "", b"", (), (), NOON, url=URL, id=LEFT.id, lapsed=lapsed)
    found = probed(MINISTRY, changes(restated=((old, Item((), "")),)), Absences())
    assert found == ((LEFT,) if is_probed else ())


@pytest.mark.parametrize(
    ("probe", "wanted"),
    [
        (PROBE, True),
        (replace(PROBE, is_listed=None), True),
        (replace(PROBE, is_listed=True), False),
        (replace(PROBE, url="https://elsewhere.example/"), False),
        (replace(PROBE, state=State.HELD), False),
        (replace(PROBE, state=State.WITHDRAWN), False),
        (BACK_AGAIN, True),
        (replace(BACK_AGAIN, is_listed=False), False),
        (replace(BACK_AGAIN, lapsed=Lapse.EXPIRY), False),
    ],
)
def test_a_probe_is_over_when_its_item_is_listed_or_withdrawn(probe: Probe, wanted: bool) -> None:
    assert is_wanted(probe, MINISTRY) == wanted


def test_a_probe_waits_for_the_next_poll_and_for_the_budget_of_its_host() -> None:
    assert not is_postponed(replace(PROBE, host_asked=PAGES_PER_HOST - 1))
    assert is_postponed(replace(PROBE, host_asked=PAGES_PER_HOST))
    assert is_postponed(replace(PROBE, is_listed=None))


@pytest.mark.parametrize(
    ("missing", "page", "verdict"),
    [
        (None, Page.ANSWERS, Verdict()),
        (None, Page.UNKNOWN, Verdict()),
        (None, Page.UNASKED, Verdict(again=NOON + POSTPONED_FOR)),
        (None, Page.MISSING, Verdict(again=NOON + MISSING_FOR, missing=NOON)),
        (NOON - HOUR, Page.MISSING, Verdict(again=NOON - HOUR + MISSING_FOR, missing=NOON - HOUR)),
        (NOON - DAY, Page.UNASKED, Verdict(again=NOON + POSTPONED_FOR, missing=NOON - DAY)),
        (NOON - DAY, Page.ANSWERS, Verdict()),
        (NOON - DAY - MINUTE, Page.UNKNOWN, Verdict()),
        (
            NOON - DAY,
            Page.MISSING,
            Verdict(OriginStep(7, Trigger.PROBE, NOON, GONE), missing=NOON - DAY),
        ),
    ],
)
def test_an_item_is_withdrawn_when_its_page_is_missing_twice_a_day_apart(
    missing: datetime | None, page: Page, verdict: Verdict
) -> None:
    assert judged(replace(PROBE, missing=missing), page, NOON) == verdict


@pytest.mark.parametrize(
    ("page", "verdict"),
    [
        (Page.ANSWERS, Verdict(OriginStep(7, Trigger.RELISTED, NOON, BACK))),
        (Page.MISSING, Verdict(again=NOON + BUDGET_WITHIN)),
        (Page.UNKNOWN, Verdict(again=NOON + BUDGET_WITHIN)),
        (Page.UNASKED, Verdict(again=NOON + POSTPONED_FOR)),
    ],
)
def test_an_item_that_is_listed_again_comes_back_when_its_page_answers(page: Page, verdict: Verdict) -> None:
    assert judged(BACK_AGAIN, page, NOON) == verdict
