"""In-memory response cache: current responses, and the last ones while the database is away."""

import re
import threading
import weakref
from collections.abc import Callable

from msgspec import Struct

from aggregator.model.settings import Config
from aggregator.publish.cache import Cache
from aggregator.storage.sql.queries import ItemStore
from aggregator.web.answers import Answers

AGE_MAX = 60.0  # seconds from the rendering: some documents depend on the time of day


class Mark(Struct, frozen=True):
    """State that responses are rendered from: the store's newest `seq`, and the configuration in force."""

    seq: int
    config: "weakref.ref[Config]"

    @classmethod
    def of(cls, seq: int, config: Config) -> "Mark":
        """Return the mark of a configuration, which it does not keep alive."""
        return cls(seq, weakref.ref(config))

    def is_of(self, other: "Mark") -> bool:
        """Return whether nothing published has changed between two marks. A configuration is read whole, so
        that one object means one state; it has one weak reference, also when it is gone."""
        return self.seq == other.seq and self.config is other.config


class _Kept(Struct, frozen=True):
    answers: Answers
    mark: Mark | None
    at: float


class Remembered:
    """Responses by address, up to `bytes_max`, none older than the last removal from the outputs.
    `monotonic` returns seconds. Thread-safe."""

    def __init__(self, items: ItemStore, bytes_max: int, *, monotonic: Callable[[], float]) -> None:
        self._items = items
        self._kept: Cache[str, _Kept] = Cache(bytes_max)
        self._bytes_max = bytes_max
        self._removal = items.last_removal()
        self._lock = threading.Lock()
        self._monotonic = monotonic

    def put(self, path: str, answers: Answers, mark: Mark | None = None) -> None:
        """Keep the responses of a path, with room for their compressed form. `mark` is of before they were
        rendered, None: they are for the time that the database is away alone."""
        kept = _Kept(answers, mark, self._monotonic())
        with self._lock:
            size = len(answers.published.body) * 3 // 2 + 2_000
            self._kept.put(_address(path, answers.status), kept, size)

    def get(self, path: str) -> Answers | None:
        """Return the last responses of a path, None when they are not kept."""
        kept = self._get(path)
        return None if kept is None else kept.answers

    def current(self, path: str, mark: Mark) -> Answers | None:
        """Return the responses of a path if they show the state of this mark."""
        kept = self._get(path)
        if kept is None or kept.mark is None or not kept.mark.is_of(mark):
            return None
        return kept.answers if self._monotonic() - kept.at < AGE_MAX else None

    def _get(self, path: str) -> _Kept | None:
        with self._lock:
            return self._kept.get(_address(path))

    def forget_removed(self) -> None:
        """Drop all when an item left the outputs meanwhile, or a part of it: it stands in any number of them.
        Raises StorageError."""
        removal = self._items.last_removal(self._removal)
        with self._lock:
            if removal != self._removal:
                self._kept, self._removal = Cache(self._bytes_max), removal


def _address(path: str, status: int = 200) -> str:
    """Return the address under which the responses of a path are kept: one for all slugs of an item, and for
    all notices of a withdrawn one, so that invented addresses evict nothing."""
    item = _ITEM.match(path)
    return item[1] if item and (item[2] != "/history" or status == 410) else path


_ITEM = re.compile(r"(/items/[^/]+)(/[^/]*)?")
