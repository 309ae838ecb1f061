"""LRU cache bounded in bytes."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Evict the least recently used values above `bytes_max`; the newest value is kept whatever its size.

    Not thread-safe: the publisher's lock guards it.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value, now the most recently used, or None."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: K, value: V, size: int) -> None:
        """Store a value of `size` bytes and evict others until the cache is within its bound."""
        _, before = self._values.pop(key, (None, 0))
        self._values[key] = (value, size)
        self._bytes += size - before
        while self._bytes > self._bytes_max and len(self._values) > 1:
            _, (_, freed) = self._values.popitem(last=False)
            self._bytes -= freed
