"""A tick that waits is busy while writes end, and stuck when none has for a while."""

from aggregator.service.pulse import STALE_AFTER, Pulse


def test_a_tick_under_way_is_busy_until_no_write_has_ended_for_a_while() -> None:
    times = iter(
        [
            *(0.0, STALE_AFTER - 1, STALE_AFTER),  # begun, and no write ends
            *(STALE_AFTER, 2 * STALE_AFTER - 1, 2 * STALE_AFTER),  # one ends, then none
        ]
    )
    pulse = Pulse(lambda: next(times))
    assert not pulse.is_busy()
    pulse.begin(finished=7)
    assert [pulse.is_busy(), pulse.is_busy()] == [True, False]
    assert not pulse.has_moved(finished=7)
    assert pulse.has_moved(finished=8)
    assert [pulse.is_busy(), pulse.is_busy()] == [True, False]
    pulse.end()
    assert not pulse.is_busy()
