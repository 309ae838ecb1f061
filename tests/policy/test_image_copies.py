"""Which images are fetched, when, and again."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.image import ImageFetch, ImageState
from aggregator.policy.image_copies import (
    BACK_OFF,
    COPIES_BYTES_PER_SOURCE,
    GIVEN_UP_AFTER,
    IMAGES_PER_HOST,
    IMAGES_PER_SOURCE,
    OLD_AFTER,
    POSTPONED_FOR,
    Verdict,
    is_given_up,
    is_pictured,
    networks,
    postponed,
    unanswered,
)
from tests.given import DAY, MINUTE, NOON, source
from tests.render.given import stored

FETCH = ImageFetch(1, "abc", "ministry", "https://img.ministry.example/a.jpg", NOON, NOON)
PRIVATE = (ip_network("10.0.0.0/8"),)
WAITS, REFUSED, FAILED = ImageState.WAITS, ImageState.REFUSED, ImageState.FAILED


def test_old_items_of_a_first_import_have_no_images() -> None:
    old = replace(stored(), shown=NOON - OLD_AFTER - MINUTE)
    assert is_pictured(old, NOON)
    assert not is_pictured(replace(old, backlog=True), NOON)
    assert is_pictured(replace(stored(), shown=NOON - DAY, backlog=True), NOON)


def test_private_networks_are_for_hosts_of_the_source_alone() -> None:
    of = source("ministry", domains=("ministry.example",), allow_networks=PRIVATE)
    assert networks(FETCH, of) == PRIVATE
    assert networks(replace(FETCH, address="https://evil.example/a.jpg"), of) == ()


@pytest.mark.parametrize(
    "over",
    [
        replace(FETCH, asked=IMAGES_PER_SOURCE),
        replace(FETCH, bytes=COPIES_BYTES_PER_SOURCE),
        replace(FETCH, host_asked=IMAGES_PER_HOST),
    ],
)
def test_beyond_a_budget_of_a_day_an_image_waits(over: ImageFetch) -> None:
    assert postponed(FETCH, NOON) is None
    assert postponed(over, NOON) == NOON + POSTPONED_FOR


def test_an_image_is_given_up_after_days_and_without_a_host() -> None:
    assert not is_given_up(FETCH, NOON + GIVEN_UP_AFTER)
    assert is_given_up(FETCH, NOON + GIVEN_UP_AFTER + MINUTE)
    assert is_given_up(replace(FETCH, address="https://"), NOON)


@pytest.mark.parametrize(
    ("failures", "error", "verdict"),
    [
        (1, FetchError("x", cause=Cause.RATE_LIMITED), Verdict(WAITS, NOON + POSTPONED_FOR, 1)),
        (0, FetchError("x", cause=Cause.LIMIT), Verdict(REFUSED, failures=1)),
        (0, FetchError("x", cause=Cause.REFUSED), Verdict(REFUSED, failures=1)),
        (0, FetchError("x", cause=Cause.HTTP, status=404), Verdict(REFUSED, failures=1)),
        (0, FetchError("x", cause=Cause.HTTP, status=503), Verdict(WAITS, NOON + BACK_OFF[0], 1)),
        (
            len(BACK_OFF),
            FetchError("x", cause=Cause.HTTP, status=503),
            Verdict(FAILED, failures=len(BACK_OFF) + 1),
        ),
        (
            0,
            FetchError("x", cause=Cause.HTTP, status=503, retry_after="7200"),
            Verdict(WAITS, NOON + timedelta(hours=2), 1),
        ),
        (
            0,
            FetchError("x", cause=Cause.HTTP, status=503, retry_after="999999"),
            Verdict(REFUSED, failures=1),
        ),
    ],
)
def test_an_image_that_is_not_answered_is_asked_for_again(
    failures: int, error: FetchError, verdict: Verdict
) -> None:
    assert unanswered(replace(FETCH, failures=failures), error, NOON) == verdict
