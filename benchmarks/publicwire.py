"""Publicwire as a contestant: the whole process `publicwire poll`, and a warm service."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import process
from benchmarks.contestants import Command, Polled, count
from benchmarks.installation import COMMAND, STORE, installed_version, write_configuration
from benchmarks.origins import Origins
from benchmarks.process import Usage
from benchmarks.service import Service, StalledError
from benchmarks.states import FEEDS, UNAVAILABLE, State, new_references

IDLE_AFTER, IDLE_FOR = 90.0, 10.0  # seconds: idle workers are ended after 60 s without a job
COUNT_ITEMS = "SELECT count(*) FROM item"


class Poll(Command):
    """`publicwire poll`, from process start to exit, as the peers are measured."""

    name = "publicwire poll"

    def version(self) -> str:
        """Version of the distribution in the project's environment."""
        return installed_version()

    def open(self, directory: Path, origins: Origins) -> None:
        """Write the configuration."""
        self.directory = directory
        write_configuration(directory, origins.urls())

    def command(self) -> list[str]:
        """Poll every source, due or not."""
        return [*COMMAND, "poll", "--config", "sources.yaml"]

    def stored(self) -> int:
        """Count the items in its store."""
        return count(self.directory / STORE, COUNT_ITEMS)


class Serve:
    """`publicwire serve`: from 'all due' to 'merged feed served', in a process that stays."""

    name = "publicwire serve"
    directory: Path

    def version(self) -> str:
        """Version of the distribution in the project's environment."""
        return installed_version()

    def open(self, directory: Path, origins: Origins) -> None:
        """Start it while the origins answer 503: it is warm and its store is empty."""
        self.directory = directory
        self._origins = origins
        port = write_configuration(directory, origins.urls())
        origins.enter(UNAVAILABLE)
        self._service = Service(directory, port)
        self._failure = _failure_of(self._warm_up)

    def poll(self, state: State) -> Polled:
        """Make all sources due, then wait until the merged feed shows the new items."""
        if self._failure:
            return Polled(Usage(0.0, 0.0, 0), self._failure)

        def one_pass() -> None:
            self._failure = _failure_of(lambda: self._pass(state))

        time.sleep(random.random())  # sources fall due at any moment between two ticks
        started = time.monotonic()
        usage = process.during(self._service.tree, one_pass)
        asleep = self._origins.answers().first - started
        return Polled(usage, self._failure, max(asleep, 0.0))

    def stored(self) -> int:
        """Count the items in its store."""
        return count(self.directory / STORE, COUNT_ITEMS)

    def idle(self) -> Usage | None:
        """Measure the idle service: no source is due, the intervals are minutes."""
        if not self._service.is_running():
            return None
        time.sleep(IDLE_AFTER)
        return process.during(self._service.tree, lambda: time.sleep(IDLE_FOR))

    def close(self) -> None:
        """Stop the service after a drain."""
        self._service.stop()

    def _warm_up(self) -> None:
        self._service.wait_until(self._service.is_serving, "it does not answer")
        self._service.wait_until(
            lambda: self._origins.answers().other >= FEEDS, "it did not poll all at its start"
        )
        self._service.wait_until_none_due()

    def _pass(self, state: State) -> None:
        self._service.make_due()
        self._service.wait_until_none_due()
        self._service.wait_until(
            lambda: _shows(self._service.merged_feed(), state), "it does not serve what it polled"
        )


def _failure_of(action: Callable[[], None]) -> str:
    try:
        action()
    except StalledError as error:
        return str(error)
    return ""


def _shows(merged: bytes, state: State) -> bool:
    """Return whether the merged feed shows the items of a state: a full page, each new item, or none."""
    if state.is_first:
        return merged.count(b"ref. ") >= 60
    return all(reference.encode() in merged for reference in new_references(state))
