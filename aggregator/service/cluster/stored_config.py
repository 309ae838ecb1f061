"""The configuration of a node: the newest version in the store, with the node's own store and addresses."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import ConfigError, UsageError
from aggregator.log import log
from aggregator.model.settings import ADMIN, LISTEN, Address, Config
from aggregator.service.cluster.applying import OwnFile, parsed
from aggregator.storage import Storage

NOT_APPLIED = "no configuration is in force: `publicwire apply --config sources.yaml` puts one into force"


class NodeSettings(Struct, frozen=True):
    """Settings of one node, from its options and environment, in place of the keys of sources.yaml."""

    store: Path
    database: str
    listen: Address = LISTEN
    admin: Address = ADMIN
    direct: str = ""  # URL of the database past a pooler of connections; "": `database`
    heartbeat: timedelta = timedelta(seconds=20)  # without one a job of this node passes to another
    file: Path | None = None  # sources.yaml that this node applies


class StoredConfig:
    """The present configuration. A newer version replaces it. One that this node cannot read, for instance
    because a secret is not in its environment, is logged: pages go on with the former one, polls do not."""

    def __init__(
        self,
        storage: Storage,
        settings: NodeSettings,
        environment: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        """Raises UsageError before the first version, ConfigError for one that cannot be read."""
        self._storage, self._settings, self._environment = storage, settings, environment
        self._own = OwnFile(settings.file, settings.store, storage, clock) if settings.file else None
        if self._own is not None:
            self._own.follow(now=True)
        self._looked = self.number = storage.cluster.newest_version()
        if not self.number:
            raise UsageError(NOT_APPLIED)
        self.config = self._read(self.number)
        self._fault = ""
        self._is_asked = False
        self._following = threading.Lock()
        self.look: Callable[[], tuple[str, ...]] = tuple

    def follow(self) -> None:
        """Apply the own file if it was edited, and adopt a newer version; StorageError."""
        with self._following:
            self._follow()

    def _follow(self) -> None:
        if self._own is not None:
            self._own.follow(now=self._is_asked)
            self._is_asked = False
        newest = self._storage.cluster.newest_version()
        if newest == self._looked:
            return
        self._looked = newest
        try:
            self.config = self._read(newest)
        except ConfigError as error:
            self._fault = str(error)
            log.error("configuration not adopted", version=newest, problems=self._fault)
            return
        self.number, self._fault = newest, ""
        log.info("configuration adopted", version=newest, sources=len(self.config.sources))

    @property
    def lacks(self) -> int:
        """Number of the newest configuration if it could not be adopted, else 0."""
        return self._looked if self._looked != self.number else 0

    @property
    def error(self) -> str:
        """Why a newer configuration, or the own file, is not in force here."""
        return "\n".join(filter(None, (self._own.error if self._own is not None else "", self._fault)))

    def reload(self) -> None:
        """Have the next `follow` read the own file, edited or not."""
        self._is_asked = True

    def _read(self, number: int) -> Config:
        version, own = self._storage.cluster.version(number), self._settings
        if version is None:
            raise UsageError(NOT_APPLIED)
        path = own.store / f"sources.yaml (version {number})"  # files of the own look are beside it
        if self._own is not None and self._own.is_in_force(version.digest):
            path = self._own.path
        config = self._storage.settings.bound(parsed(version, path, self._environment))
        return replace(
            config, store=own.store, database=own.database, listen=own.listen, admin=own.admin, version=number
        )
