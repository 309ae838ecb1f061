"""Log records that a stranger can cause at will are summed up by the minute."""

import logging
from collections.abc import Callable

import pytest

from aggregator.cli.log_floods import PERIOD, SERVER, SUMMED, FloodFilter

NOON = 1_772_452_800.0


class Kept(logging.Handler):
    """A handler that keeps what it is given: event, source and count of each record; and a timer by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, object, object]] = []
        self.calls: list[Callable[[], None]] = []
        self.now = NOON
        self.floods = FloodFilter(self, lambda seconds, call: self.calls.append(call), lambda: self.now)
        self.addFilter(self.floods)

    def passes(self, seconds: float) -> None:
        """Let a time pass and call back what was ordered before."""
        self.now += seconds
        calls, self.calls = self.calls, []
        for call in calls:
            call()

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        self.lines.append((str(record.msg), fields.get("source"), fields.get("times")))


def says(
    handler: Kept, event: str, source: str | None = None, *, after: float = 0.0, logger: str = "publicwire"
) -> None:
    fields = {"msg": event, "created": NOON + after, "levelno": logging.WARNING, "name": logger}
    record = logging.makeLogRecord(fields)
    if source is not None:
        record.fields = {"source": source}
    handler.handle(record)


@pytest.mark.parametrize("event", sorted(SUMMED))
def test_each_event_of_a_hub_is_summed_up(event: str) -> None:
    log = Kept()
    for _ in range(3):
        says(log, event, "harbour")
    says(log, "poll", "harbour", after=60)
    assert log.lines == [(event, "harbour", None), (event, "harbour", 2), ("poll", "harbour", None)]


def test_a_flood_of_deliveries_is_one_line_and_its_sum_a_minute() -> None:
    log = Kept()
    for number in range(1_000):
        says(log, "delivery rejected", "harbour", after=number / 100)
    says(log, "delivery rejected", "pilots")
    says(log, "poll", "harbour", after=60)
    assert log.lines == [
        ("delivery rejected", "harbour", None),
        ("delivery rejected", "pilots", None),
        ("delivery rejected", "harbour", 999),
        ("poll", "harbour", None),
    ]


def test_all_that_the_server_says_of_requests_is_summed_up_and_other_records_are_not() -> None:
    log = Kept()
    said = ("Invalid HTTP request received.", "Unsupported upgrade request.", "anything")
    for _ in range(200):
        for event in said:
            says(log, event, logger=SERVER)
    for _ in range(3):
        says(log, "poll", "harbour")
        says(log, "anything", logger="asyncio")
    assert [line[0] for line in log.lines] == [*said, *["poll", "anything"] * 3]


def test_a_sum_is_logged_when_nothing_else_is() -> None:
    log = Kept()
    for _ in range(3):
        says(log, "anything", logger=SERVER)
    assert len(log.calls) == 1
    log.passes(PERIOD)
    assert [line[2] for line in log.lines] == [None, 2]
    assert log.calls == []


def test_a_flood_that_began_later_is_summed_up_with_the_next_call() -> None:
    log = Kept()
    for event, after in (("one", 0), ("one", 0), ("two", 30), ("two", 30)):
        says(log, event, after=after, logger=SERVER)
    log.passes(PERIOD)
    assert [line[2] for line in log.lines] == [None, None, 1]
    log.passes(PERIOD)
    assert [line[2] for line in log.lines] == [None, None, 1, 1]
    assert log.calls == []


def test_a_record_alone_orders_no_call() -> None:
    log = Kept()
    says(log, "anything", logger=SERVER)
    assert log.calls == []


def test_at_the_end_all_sums_are_logged() -> None:
    log = Kept()
    says(log, "anything", logger=SERVER)
    says(log, "anything", logger=SERVER)
    log.floods.close()
    assert [line[2] for line in log.lines] == [None, 1]
    log.floods.close()
    assert len(log.lines) == 2


def test_a_clock_set_back_ends_the_minute() -> None:
    log = Kept()
    says(log, "delivery accepted", "harbour")
    says(log, "delivery accepted", "harbour")
    says(log, "delivery accepted", "harbour", after=-3600)
    assert [line[2] for line in log.lines] == [None, 1, None]
