"""The contract's SettingsStore: the configuration as the store knows it."""

from aggregator.model.settings import Applied, Config
from aggregator.policy import source_ids
from aggregator.storage.sql import applied, feeds
from aggregator.storage.sql.engine import Engine


class SettingsStore:
    """The configuration last applied to a store, and the ids of its sources."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def bound(self, config: Config) -> Config:
        """Return the configuration with the ids under which the store has its sources; ConfigError for a
        default id that is another's."""
        if not config.unnamed:
            return config
        with self._engine.reading() as db:
            stored = feeds.read(db)
        return source_ids.bound(config, stored)

    def applied(self) -> Applied | None:
        """Return the published part of the configuration last applied; None before the first."""
        with self._engine.reading() as db:
            return applied.read(db)
