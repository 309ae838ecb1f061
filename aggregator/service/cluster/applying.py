"""sources.yaml put into force in a cluster: by `apply`, and by the node of `serve` from its own file."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from aggregator import config as configuration
from aggregator.config import apart
from aggregator.errors import ConfigError, Problem, UsageError
from aggregator.log import log
from aggregator.model.cluster import ConfigVersion
from aggregator.model.settings import Config
from aggregator.service.file_watch import FileWatch
from aggregator.storage import Storage

APPLIED = "applied.sha256"  # in the store's directory: digest of the file that this node applied last


def checked(text: str, path: Path) -> Config:
    """Return the configuration of a text; ConfigError, or UsageError for what a cluster cannot have."""
    config = configuration.parse(text, path)
    if files := [source.id for source in config.sources if source.feed.startswith("file:")]:
        raise UsageError(
            f"a cluster polls no `file:` source, whose file is on one machine: delete {', '.join(files)} or "
            "serve it over HTTP"
        )
    return config


def parsed(version: ConfigVersion, path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of a version as if read from `path`; ConfigError names the version, whose text
    is in no file."""
    try:
        return apart.parse(version.text, path, environment)
    except ConfigError as error:
        name = f"version {version.number} of the configuration (applied {version.applied:%Y-%m-%d %H:%M} UTC)"
        found = (Problem(name, each.line, each.column, each.message) for each in error.problems)
        raise ConfigError(tuple(found)) from error


class OwnFile:
    """The sources.yaml of a node that serves.

    It is applied when its digest differs from that which this node applied last: two such nodes with
    different files, or one and `apply`, do not undo each other at every start.
    """

    def __init__(self, path: Path, store: Path, storage: Storage, clock: Callable[[], datetime]) -> None:
        self.path, self._applied = path, store / APPLIED
        self._storage, self._clock = storage, clock
        self._watch = FileWatch(path)
        self.error = ""

    def follow(self, *, now: bool = False) -> None:
        """Apply the file if it was edited, or `now`; a mistake in it is logged and changes nothing.
        StorageError."""
        if not (self._watch.changed() or now):
            return
        state = self._watch.state()
        self._watch.read(None)  # read again at the next tick if the store does not answer
        try:
            self._apply()
        except (ConfigError, UsageError, OSError) as error:
            self.error = str(error)
            log.error("sources.yaml not applied, the version in force stays", problems=self.error)
        else:
            self.error = ""
        self._watch.read(state)

    def is_in_force(self, digest: str) -> bool:
        """Return whether a version, by its digest, is the file as this node applied it last."""
        return digest == self._last()

    def _apply(self) -> None:
        text = configuration.text_of(self.path)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest == self._last():
            return
        config = self._storage.settings.bound(checked(text, self.path))
        number, done = self._storage.cluster.apply(config, text, self._clock())
        written = self._applied.with_suffix(".new")  # a kill or a full disk leaves the former digest
        written.write_text(digest, encoding="ascii")
        written.replace(self._applied)
        log.info("sources.yaml applied", version=number, changes=len(done))

    def _last(self) -> str:
        try:
            return self._applied.read_text(encoding="ascii")
        except FileNotFoundError:
            return ""


class TextInForce:
    """The text of the version in force. An edit of it is the next version, unless another one was first."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage, self._clock = storage, clock
        self._number = 0

    def read(self) -> str:
        """Return the text; StorageError."""
        self._number = self._storage.cluster.newest_version()
        version = self._storage.cluster.version(self._number)
        return "" if version is None else version.text

    def write(self, text: str) -> None:
        """Put an edit of the text that was read last into force. Outdated, ConfigError or UsageError."""
        config = self._storage.settings.bound(checked(text, Path("sources.yaml")))
        self._storage.cluster.apply(config, text, self._clock(), on=self._number)
