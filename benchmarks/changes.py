"""CPU of one public change, with few and with many items stored: a new item, a correction, a withdrawal.

The poll or the operator's verb is decided and committed, and every document that shows it is rendered: the
merged channel and those of the source and the language in three formats, the item, the list of withdrawals.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.model.decision import Trigger
from aggregator.model.entry import Entry
from aggregator.policy.lifecycle import step
from aggregator.publish.publisher import Publisher
from aggregator.render import Format
from aggregator.storage import Storage, open_storage
from benchmarks.fill import fill
from benchmarks.growth import TARGET
from benchmarks.installation import write_configuration
from benchmarks.states import feed_url
from tests.given import SourceDriver, entry

WARM_UP = 3  # rounds that do not count
SOURCES = 10  # few, so that every document is full in the small store, too
CHANNELS = ("", "sources/s0", "languages/en")
SECOND = timedelta(seconds=1)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=21)
    arguments = parser.parse_args()
    measured = [_measured(items, arguments.rounds) for items in arguments.items]
    for change in measured[0]:
        few, many = measured[0][change], measured[-1][change]
        verdict = "reached" if many / few <= TARGET else "MISSED"
        print(
            f"{change}: {few * 1000:.1f} ms of CPU with {arguments.items[0]:,} items, {many * 1000:.1f} ms "
            f"with {arguments.items[-1]:,}: {many / few:.2f} x; <= {TARGET} {verdict}"
        )


def _measured(items: int, rounds: int) -> Mapping[str, float]:
    """Return the median of each change in seconds of CPU."""
    with tempfile.TemporaryDirectory(prefix="publicwire-bench-") as name:
        directory = Path(name)
        write_configuration(directory, [feed_url(feed, 80) for feed in range(SOURCES)])
        fill(directory / "sources.yaml", items)
        config = configuration.load(directory / "sources.yaml")
        storage = open_storage(config.store)
        try:
            newsroom = _Newsroom(storage, SourceDriver(storage, config.sources[0]), datetime.now(UTC))
            publisher = Publisher(storage, lambda: config)
            taken = [newsroom.round(publisher) for _ in range(WARM_UP + rounds)][WARM_UP:]
        finally:
            storage.close()
        return {change: median(each[change] for each in taken) for change in taken[0]}


class _Newsroom:
    """One origin that publishes, corrects and withdraws releases, each a second later."""

    def __init__(self, storage: Storage, origin: SourceDriver, now: datetime) -> None:
        self._storage, self._origin, self._now = storage, origin, now
        self._count = 0

    def round(self, publisher: Publisher) -> Mapping[str, float]:
        """Return the seconds of CPU of each change to a new release."""
        self._count += 1
        link = f"https://www.example.org/s0/new/{self._count}"
        said = entry(f"The bridge number {self._count} is open", link, link, published=self._now.isoformat())
        corrected = replace(
            said, title=replace(said.title, value=f"The bridge {self._count} opens"), digest=said.digest[::-1]
        )
        return {
            "new item": _seconds(lambda: self._poll(said), publisher, link),
            "correction": _seconds(lambda: self._poll(corrected), publisher, link),
            "withdrawal": _seconds(lambda: self._withdraw(link), publisher, link),
        }

    def _poll(self, *said: Entry) -> None:
        self._now += SECOND
        self._origin.says(*said, now=self._now)

    def _withdraw(self, link: str) -> None:
        self._now += SECOND
        (stored,) = self._storage.items.named(link)
        withdrawn = step(stored, Trigger.WITHDRAW, reason="bench", actor="bench", at=self._now)
        self._storage.acts.apply_transitions([withdrawn])


def _seconds(change: Callable[[], None], publisher: Publisher, link: str) -> float:
    started = time.process_time()
    change()
    for name in CHANNELS:
        for kind in Format:
            assert publisher.document(name, kind) is not None
    publisher.release(link)
    publisher.withdrawals.current(Format.JSON)
    return time.process_time() - started


if __name__ == "__main__":
    main()
