"""The configuration that a store is in line with, as this process knows it."""

from msgspec import Struct

from aggregator.model.settings import Config


class InStore(Struct, frozen=True):
    """A configuration that was applied, and how many had been after that: if more have, it says nothing."""

    config: Config
    synced: int
