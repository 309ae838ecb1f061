"""Log records that a stranger can cause at will are summed up by the minute."""

import logging

import pytest

from aggregator.cli.log_floods import FloodFilter

NOON = 1_772_452_800.0


class Kept(logging.Handler):
    """A handler that keeps what it is given: event, source and count of each record."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, object, object]] = []
        self.addFilter(FloodFilter(self))

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        self.lines.append((str(record.msg), fields.get("source"), fields.get("times")))


def says(handler: Kept, event: str, source: str | None = None, *, after: float = 0.0) -> None:
    record = logging.makeLogRecord({"msg": event, "created": NOON + after, "levelno": logging.WARNING})
    if source is not None:
        record.fields = {"source": source}
    handler.handle(record)


@pytest.mark.parametrize(
    "event", ["delivery rejected", "delivery accepted", "subscription confirmed", "subscription denied"]
)
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


def test_bad_requests_are_summed_up_and_other_records_are_not() -> None:
    log = Kept()
    for _ in range(3):
        says(log, "Invalid HTTP request received.")
        says(log, "poll", "harbour")
    assert [line[0] for line in log.lines] == ["Invalid HTTP request received.", "poll", "poll", "poll"]


def test_a_clock_set_back_ends_the_minute() -> None:
    log = Kept()
    says(log, "delivery accepted", "harbour")
    says(log, "delivery accepted", "harbour")
    says(log, "delivery accepted", "harbour", after=-3600)
    assert [line[2] for line in log.lines] == [None, 1, None]
