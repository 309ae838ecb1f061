"""The one rule of a source's state, which totals, metrics and the status page share."""

import pytest

from aggregator.model.poll import SourceState
from aggregator.policy.health import state_of


@pytest.mark.parametrize(
    ("failures", "has_succeeded", "expected"),
    [
        (0, False, SourceState.WAITING),
        (0, True, SourceState.WORKING),
        (1, False, SourceState.FAILING),
        (2, True, SourceState.FAILING),
    ],
)
def test_a_source_fails_until_a_poll_succeeds(
    failures: int, has_succeeded: bool, expected: SourceState
) -> None:
    assert state_of(failures, has_succeeded=has_succeeded) is expected
