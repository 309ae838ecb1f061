"""`seq` and `position` grow in the order of commits, under writers at the same time, and no story is shown twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregator.storage import Storage
from tests.given import HOUR, MINUTE, NOON, SourceDriver, config, entry, source

WRITERS = 8


def given_sources(opened: Callable[[], Storage], number: int) -> list[SourceDriver]:
    """Configured sources, the first import behind them, each with a store opened on its own."""
    first = opened()
    domains = ("release.example",)
    sources = [source(f"s{n}", domains=domains if n == 0 else (), burst=10_000) for n in range(number)]
    first.admin.sync(config(*sources), NOON)
    drivers = [SourceDriver(opened(), each) for each in sources]
    for driver in drivers:
        driver.says(now=NOON - HOUR)
    return drivers


@pytest.mark.parametrize("commits", [400, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_reader_misses_no_item_and_never_goes_back(opened: Callable[[], Storage], commits: int) -> None:
    drivers = given_sources(opened, WRITERS)
    reader = opened()
    over = threading.Event()

    def write(driver: SourceDriver) -> None:
        for n in range(commits // WRITERS):
            driver.says(entry(f"Release {n}", f"g{n}"))

    def read() -> tuple[list[int], list[int]]:
        """Follow the merged channel by its highest position, as a subscriber's cursor does."""
        seen: list[int] = []
        sequences: list[int] = []
        cursor = 0
        while True:
            last = over.is_set()
            channel = reader.items.channel_seq("")
            assert channel is not None
            sequences.append(channel[0])
            new = [
                item.position for item in reader.items.select("") if item.position and item.position > cursor
            ]
            seen += sorted(new)
            cursor = max(seen, default=0)
            if last:
                return seen, sequences

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        following = pool.submit(read)
        for writing in [pool.submit(write, driver) for driver in drivers]:
            writing.result()
        over.set()
        seen, sequences = following.result()
    assert seen == list(range(1, commits // WRITERS * WRITERS + 1))
    assert sequences == sorted(sequences)


@pytest.mark.parametrize("pairs", [40, pytest.param(1_000, marks=pytest.mark.soak)])
def test_two_members_of_a_story_that_commit_at_once_are_shown_once(
    opened: Callable[[], Storage], pairs: int
) -> None:
    drivers = given_sources(opened, 2)
    reader = opened()
    start = threading.Barrier(2)
    body = f"<p>{'The bridge is open again after nine months of careful work by many hands. ' * 5}</p>"

    def write(driver: SourceDriver, n: int) -> None:
        (claim,) = driver.storage.polls.claim(NOON, limit=1, lease=HOUR, ids=[driver.source.id])
        link = f"https://release.example/{n}"
        released = entry(f"Bridge {n} open", f"{driver.source.id}-{n}", link, body=body)
        start.wait()
        driver.answers(claim, [released], NOON + n * MINUTE)

    shown = []
    with ThreadPoolExecutor(2) as pool:
        for n in range(pairs):
            for writing in [pool.submit(write, driver, n) for driver in drivers]:
                writing.result()
            here = [
                item for item in reader.items.select("") if item.item.url == f"https://release.example/{n}"
            ]
            shown.append((len(here), [also.organisation for item in here for also in item.also]))
    assert {count for count, _ in shown} == {1}
    assert all(len(others) == 1 for _, others in shown)
