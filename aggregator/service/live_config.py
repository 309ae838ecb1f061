"""Configuration reload: the present configuration and the watch on its file. Never stops the service."""

import os
from collections.abc import Callable
from typing import Protocol

from aggregator.config import apart
from aggregator.errors import ConfigError
from aggregator.log import log
from aggregator.model.settings import Config
from aggregator.service.file_watch import FileWatch

RESTART = ("store", "database", "listen", "admin")


class Present(Protocol):
    """The configuration in force at the moment, and why a newer one is not."""

    config: Config
    look: Callable[[], tuple[str, ...]]  # what of the own look is not shown

    @property
    def error(self) -> str: ...


class LiveConfig:
    """The present configuration. A valid edit replaces it; an invalid one is logged and changes nothing."""

    def __init__(self, config: Config, bound: Callable[[Config], Config] = lambda config: config) -> None:
        """`bound` gives a configuration the ids of sources that the store has; else ConfigError."""
        self.config = bound(config)
        self._bound = bound
        self.error = ""
        self.look: Callable[[], tuple[str, ...]] = tuple
        self._watch = FileWatch(config.path)

    def changed(self) -> bool:
        """Return whether the file was edited and has not changed between the last call and this one."""
        return self._watch.changed()

    def reload(self) -> None:
        """Read the file again."""
        state = self._watch.state()
        self._watch.read(None)  # read again at the next tick if the store does not answer
        try:
            config = self._bound(apart.load(self.config.path, os.environ, self.config))
        except ConfigError as error:
            self._watch.read(state)
            self.error = str(error)
            log.error("configuration not reloaded, the last valid one stays in force", problems=self.error)
            return
        self._watch.read(state)
        self.error = ""
        for name in RESTART:
            if getattr(config, name) != getattr(self.config, name):
                log.warning("this change needs a restart", key=name)
        log.info("configuration reloaded", sources=len(config.sources))
        self.config = config
