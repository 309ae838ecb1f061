"""Charts of the status page, from counts by hour and from the newest items."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.model.overview import SeenItem, Tally
from aggregator.model.poll import OutcomeKind
from aggregator.render.charts import Chart, Series, number

HOURS, DAYS = 48, 30
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DELAYS = (
    ("up to 5 min", timedelta(minutes=5)),
    ("15 min", timedelta(minutes=15)),
    ("1 h", HOUR),
    ("6 h", timedelta(hours=6)),
    ("1 d", DAY),
    ("later", timedelta.max),
)
OUTCOMES = (
    ("new or edited items", (OutcomeKind.CHANGED,)),
    ("unchanged", (OutcomeKind.UNCHANGED,)),
    ("not modified (304)", (OutcomeKind.NOT_MODIFIED,)),
    ("failed", (OutcomeKind.FAILED,)),
)
ANSWERS = (
    ("answered", ("1xx", "2xx")),
    ("304 and redirects", ("3xx",)),
    ("refused", ("4xx",)),
    ("failed", ("5xx",)),
)


def hour_of(when: datetime) -> datetime:
    """Return the beginning of the hour of a time."""
    return when.replace(minute=0, second=0, microsecond=0)


def polls(counts: Sequence[Tally], now: datetime) -> Chart:
    """Return the polls of the last 48 hours by outcome."""
    return _hours("polls", "Polls by outcome, 48 h", counts, OUTCOMES, now, unit="polls")


def requests(counts: Sequence[Tally], now: datetime) -> Chart:
    """Return the requests to the public side of the last 48 hours by kind of answer."""
    return _hours("requests", "Requests to the public side, 48 h", counts, ANSWERS, now, unit="requests")


def items(counts: Sequence[Tally], now: datetime) -> Chart:
    """Return the new items of the last 30 days by day (UTC)."""
    last = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [last - DAY * (DAYS - 1 - place) for place in range(DAYS)]
    return per_day("items", "New items per day, 30 d", [(each.hour, each.count) for each in counts], days)


def per_day(name: str, title: str, counts: Sequence[tuple[datetime, int]], days: Sequence[datetime]) -> Chart:
    """Return new items by day from counts at times."""
    found = dict.fromkeys((day.date() for day in days), 0)
    for at, count in counts:
        if at.date() in found:
            found[at.date()] += count
    total = sum(found.values())
    return Chart(
        name,
        title,
        f"{number(total)} new items in {len(days)} days.",
        tuple(f"{day.day} {day:%B}" for day in days),
        (Series("new items", tuple(map(float, found.values()))),),
        "items",
    )


def delays(newest: Sequence[SeenItem]) -> Chart:
    """Return how many of the newest items were published how long after the dates that they claim."""
    known = [delay for each in newest if (delay := each.delay) is not None]
    within = [sum(delay <= most for delay in known) for _, most in DELAYS]
    values = [high - low for low, high in pairwise([0, *within])]
    waiting = sum(each.claimed is not None and each.published is None for each in newest)
    return Chart(
        "delays",
        "Delay from the date claimed to publication",
        _quick(len(known), within[1], waiting),
        tuple(name for name, _ in DELAYS),
        (Series("items", tuple(map(float, values))),),
        "items",
    )


def _quick(known: int, quick: int, waiting: int) -> str:
    """Return the words for delays: of how many items they are known, and which of them are within 15
    minutes; `waiting` have a date and are not published."""
    if known:
        return f"Of the newest {known} dated items: {100 * quick // known} % within 15 minutes."
    if waiting:
        return f"Newest items with a date that wait: {waiting}. None is published yet."
    return "None of the newest items has a date by which a delay is known."


def _hours(
    name: str,
    title: str,
    counts: Sequence[Tally],
    kinds: Sequence[tuple[str, Sequence[str]]],
    now: datetime,
    *,
    unit: str,
) -> Chart:
    last = hour_of(now)
    hours = [last - HOUR * (HOURS - 1 - place) for place in range(HOURS)]
    found = {(each.hour, each.key): each.count for each in counts}

    def count(hour: datetime, keys: Sequence[str]) -> float:
        return float(sum(found.get((hour, key), 0) for key in keys))

    series = tuple(Series(word, tuple(count(hour, keys) for hour in hours)) for word, keys in kinds)
    said = ", ".join(f"{number(sum(each.values))} {each.name}" for each in series)
    labels = tuple(f"{hour.day} {hour:%B, %H}:00" for hour in hours)
    return Chart(name, title, f"In {HOURS} hours: {said}.", labels, series, unit)
