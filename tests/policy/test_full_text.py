"""Full text: which pages are fetched, when, and what follows of a fetch without a page."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.changes import Changes, Edit, NewItem, Placement
from aggregator.model.decision import Lapse, State
from aggregator.model.item import Item, Mode
from aggregator.model.page import PageState
from aggregator.model.page_fetch import PageFetch, WantedPage
from aggregator.model.settings import Republish, Source
from aggregator.model.stored import Knowledge
from aggregator.policy.full_text import (
    BACK_OFF,
    GIVEN_UP_AFTER,
    PAGES_PER_HOST,
    PAGES_PER_SOURCE,
    POSTPONED_FOR,
    SUMMARY_CHARS_MAX,
    Verdict,
    is_given_up,
    is_summary,
    is_wanted,
    postponed,
    unanswered,
    wanted,
    within,
)
from tests.given import DAY, HOUR, MINUTE, NOON, source

MINISTRY = source("ministry", full_text=True)
URL = "https://www.ministry.example/bridge"
SAID = Item((), "Bridge opens", url=URL, text="The bridge opens on Monday.", fingerprint=b"said")
PAGE = WantedPage("abcdefghijklm", URL, b"said")
FETCH = PageFetch(7, "ministry", URL, b"said", State.LIVE, SAID, NOON)
LIVE = Placement(State.LIVE, None, NOON)


def new(name: str = PAGE.item, said: Item = SAID, placement: Placement = LIVE, **others: bool) -> NewItem:
    plain = NewItem(said, name, f"urn:{name}", placement, NOON)
    return replace(plain, **others)  # the caller names fields of NewItem


def edit(*, substantive: bool, **others: bool) -> Edit:
    plain = Edit(7, SAID, substantive, NOON, id=PAGE.item)
    return replace(plain, **others)  # the caller names fields of Edit


def changes(*new: NewItem, edits: tuple[Edit, ...] = ()) -> Changes:
    return Changes(Knowledge(""), Mode.NORMAL, new=new, edits=edits)


@pytest.mark.parametrize(
    ("of", "is_fetched"),
    [
        (MINISTRY, True),
        (source("ministry"), False),
        (replace(MINISTRY, republish=Republish.EXCERPT), False),
        (source("office", full_text=True), False),  # it would send us to the hosts of others
    ],
)
def test_the_page_of_a_new_item_is_fetched_where_its_source_wants_it(of: Source, is_fetched: bool) -> None:
    assert wanted(of, changes(new())) == ((PAGE,) if is_fetched else ())


@pytest.mark.parametrize(
    "unwanted",
    [
        new(backlog=True),
        new(placement=replace(LIVE, lapsed=Lapse.EXPIRY)),
        new(said=replace(SAID, text="word " * SUMMARY_CHARS_MAX)),
        new(said=replace(SAID, url="ftp://ministry.example/bridge")),
    ],
)
def test_old_and_expired_items_and_whole_texts_need_no_page(unwanted: NewItem) -> None:
    assert wanted(MINISTRY, changes(unwanted)) == ()


@pytest.mark.parametrize(
    ("change", "is_fetched"),
    [
        (edit(substantive=True), True),
        (edit(substantive=True, waits=True), True),
        (edit(substantive=False, returns=True), True),
        (edit(substantive=False, refreshes=True), False),
    ],
)
def test_the_page_of_an_edited_item_is_fetched_again(change: Edit, is_fetched: bool) -> None:
    assert wanted(MINISTRY, changes(edits=(change,))) == ((PAGE,) if is_fetched else ())


def test_the_newest_items_have_the_budget_of_their_source() -> None:
    many = [new(f"{number:013}") for number in range(PAGES_PER_SOURCE + 5)]
    pages = wanted(MINISTRY, changes(*many))
    assert pages[0].item == many[-1].id
    assert within(pages, 0) == pages[:PAGES_PER_SOURCE]
    assert within(pages, PAGES_PER_SOURCE - 1) == pages[:1]
    assert within(pages, PAGES_PER_SOURCE + 9) == ()


@pytest.mark.parametrize("end", ["…", "...", "[...] ", "[…]", "Read more", "Learn more »", "see more."])
def test_a_long_text_that_ends_as_if_cut_is_a_summary(end: str) -> None:
    long = replace(SAID, text="word " * SUMMARY_CHARS_MAX)
    assert not is_summary(long)
    assert is_summary(replace(long, text=long.text + end))


@pytest.mark.parametrize(
    ("page", "of", "is_still_wanted"),
    [
        (FETCH, MINISTRY, True),
        (replace(FETCH, state=State.HELD), MINISTRY, True),
        (replace(FETCH, state=State.WITHDRAWN), MINISTRY, False),
        (FETCH, source("ministry"), False),
        (FETCH, replace(MINISTRY, republish=Republish.NO), False),
        (FETCH, replace(MINISTRY, domains=("other.example",)), False),
        (FETCH, replace(MINISTRY, review=True), False),  # no operator has read it
        (replace(FETCH, awaits_approval=True), replace(MINISTRY, review=True), True),
    ],
)
def test_a_page_is_wanted_until_its_item_or_its_source_has_changed(
    page: PageFetch, of: Source, is_still_wanted: bool
) -> None:
    assert is_wanted(page, of) == is_still_wanted


@pytest.mark.parametrize(
    ("page", "of", "again"),
    [
        (FETCH, MINISTRY, None),
        (replace(FETCH, state=State.HELD), MINISTRY, NOON + POSTPONED_FOR),
        (replace(FETCH, state=State.HELD, release=NOON + DAY), MINISTRY, NOON + DAY),
        (replace(FETCH, state=State.HELD), replace(MINISTRY, review=True), None),
        (replace(FETCH, host_asked=PAGES_PER_HOST - 1), MINISTRY, None),
        (replace(FETCH, host_asked=PAGES_PER_HOST), MINISTRY, NOON + POSTPONED_FOR),
    ],
)
def test_a_page_waits_for_its_item_to_go_live_and_for_the_budget_of_its_host(
    page: PageFetch, of: Source, again: datetime | None
) -> None:
    assert postponed(page, of, NOON) == again


def test_a_page_is_given_up_days_after_it_was_noted_or_its_item_went_live() -> None:
    assert not is_given_up(FETCH, NOON + GIVEN_UP_AFTER)
    assert is_given_up(FETCH, NOON + GIVEN_UP_AFTER + MINUTE)
    assert not is_given_up(replace(FETCH, release=NOON + DAY), NOON + GIVEN_UP_AFTER + DAY)


def error(cause: Cause = Cause.HTTP, status: int | None = None, retry_after: str = "") -> FetchError:
    return FetchError("it failed", cause=cause, status=status, retry_after=retry_after)


@pytest.mark.parametrize(
    ("failures", "met", "verdict"),
    [
        (0, error(Cause.NETWORK), Verdict(PageState.WAITS, NOON + BACK_OFF[0], 1)),
        (1, error(status=404), Verdict(PageState.WAITS, NOON + BACK_OFF[1], 2)),
        (0, error(status=503, retry_after="7200"), Verdict(PageState.WAITS, NOON + 2 * HOUR, 1)),
        (0, error(status=429, retry_after="999999"), Verdict(PageState.FAILED, failures=1)),
        (2, error(Cause.RATE_LIMITED), Verdict(PageState.WAITS, NOON + POSTPONED_FOR, 2)),
        (0, error(Cause.LIMIT), Verdict(PageState.FAILED, failures=1)),
        (0, error(Cause.REFUSED), Verdict(PageState.REFUSED, failures=1)),
        (0, error(Cause.BLOCKED, 403), Verdict(PageState.REFUSED, failures=1)),
        (len(BACK_OFF), error(Cause.GONE, 410), Verdict(PageState.REFUSED, failures=len(BACK_OFF) + 1)),
        (len(BACK_OFF), error(status=500), Verdict(PageState.FAILED, failures=len(BACK_OFF) + 1)),
    ],
)
def test_a_page_that_does_not_answer_is_fetched_again_with_back_off(
    failures: int, met: FetchError, verdict: Verdict
) -> None:
    assert unanswered(replace(FETCH, failures=failures), met, NOON) == verdict


def test_every_wait_is_shorter_than_the_time_after_which_a_page_is_given_up() -> None:
    assert sum(BACK_OFF, timedelta()) < GIVEN_UP_AFTER
