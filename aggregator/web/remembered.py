"""The last responses, kept for the time that the database is away."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from aggregator.publish.cache import Cache
from aggregator.publish.document import Published
from aggregator.storage.sql.queries import ItemStore


@dataclass(frozen=True, slots=True)
class Reply:
    """A response before its conditional headers."""

    published: Published
    status: int
    headers: Mapping[str, str]


class Remembered:
    """Responses by address, up to `bytes_max`, none older than the last removal from the outputs.
    Thread-safe."""

    def __init__(self, items: ItemStore, bytes_max: int) -> None:
        self._items = items
        self._replies: Cache[str, Reply] = Cache(bytes_max)
        self._bytes_max = bytes_max
        self._removal = items.last_removal()
        self._lock = threading.Lock()

    def put(self, address: str, reply: Reply) -> None:
        """Keep the response of an address, with room for its compressed form."""
        with self._lock:
            self._replies.put(address, reply, len(reply.published.body) * 3 // 2)

    def get(self, address: str) -> Reply | None:
        """Return the last response of an address, None when it is not kept."""
        with self._lock:
            return self._replies.get(address)

    def forget_removed(self) -> None:
        """Drop all when an item left the outputs meanwhile, or a part of it: it stands in any number of them.
        Raises StorageError."""
        removal = self._items.last_removal(self._removal)
        with self._lock:
            if removal != self._removal:
                self._replies, self._removal = Cache(self._bytes_max), removal
