"""One mapping of sources.yaml, read key by key; every mistake is noted with its place and reading goes on.

The keys asked for are the keys there are: one that nothing reads is unknown, so nothing validates and then
does nothing. Hand-written because places must be kept for each value, which pydantic's errors do not know;
its models would also cost each command some 40 ms.
"""

from collections.abc import Callable
from typing import TypeVar

from aggregator.config.read import Fault, Mapping, Place, Sequence
from aggregator.config.values import did_you_mean, text

T = TypeVar("T")


class Section:
    """A mapping at `label` ("" for the file, else as in `sources.1.rights`)."""

    def __init__(self, node: object, label: str, *, place: Place, faults: list[Fault]) -> None:
        self._label = label
        self._place = place
        self._faults = faults
        self._known: list[str] = []
        self._node = node if isinstance(node, Mapping) else Mapping(place)
        self._is_lost = node is not None and node is not self._node  # None: its lines are commented out
        if self._is_lost:
            self.fault("", "must be a mapping of keys such as `name: value`")

    def fault(self, key: str, message: str) -> None:
        """Note a mistake at a key, or at the whole section when the key is not there."""
        place = self._node.places.get(key, self._place) if key else self._place
        label = self._path(key) if key else self._label
        self._faults.append((place, f"{label}: {message}" if label else message))

    def one(self, key: str, check: Callable[[str], T], default: T) -> T:
        """The checked text at `key`, else the default."""
        return self.raw(key, lambda value: check(text(value)), default)

    def need(self, key: str, check: Callable[[str], str]) -> str:
        """The checked text at a key that must be there; "" after a mistake."""
        if key not in self._node and not self._is_lost:
            self.fault("", f"`{key}` is missing; add it")
        return self.one(key, check, "")

    def many(self, key: str, check: Callable[[str], T]) -> tuple[T, ...]:
        """The checked texts of the list at `key`."""
        return self.each(key, lambda value: check(text(value)))

    def raw(self, key: str, check: Callable[[object], T], default: T) -> T:
        """What `check` makes of the value at `key`, whatever its kind."""
        self._known.append(key)
        if key not in self._node:
            return default
        try:
            return check(self._node[key])
        except ValueError as error:
            self.fault(key, str(error))
            return default

    def each(self, key: str, check: Callable[[object], T]) -> tuple[T, ...]:
        """What `check` makes of each item of the list at `key`."""
        made = []
        for index, place, value in self._list(key):
            try:
                made.append(check(value))
            except ValueError as error:
                self._faults.append((place, f"{self._path(key)}.{index}: {error}"))
        return tuple(made)

    def entries(self, key: str, check: Callable[[str, object], T]) -> tuple[T, ...]:
        """What `check` makes of each name and value of the mapping at `key`, whose names are free."""
        inner = self.section(key)
        made = []
        for name, value in inner._node.items():
            try:
                made.append(check(name, value))
            except ValueError as error:
                inner._faults.append((inner._node.places[name], f"{inner._label}: {error}"))
        return tuple(made)

    def has(self, key: str) -> bool:
        """Whether the key is there, right or wrong."""
        return key in self._node

    def section(self, key: str) -> "Section":
        """The mapping at `key`; an empty one when it is not there."""
        self._known.append(key)
        place = self._node.places.get(key, self._place)
        return Section(self._node.get(key), self._path(key), place=place, faults=self._faults)

    def sections(self, key: str, shorthand: str) -> tuple["Section", ...]:
        """The mappings of the list at `key`; a bare text stands for its `shorthand` key alone."""
        made = []
        for index, place, value in self._list(key):
            if isinstance(value, str):
                bare, value = value, Mapping(place)
                value.put(shorthand, bare, place)
            made.append(Section(value, f"{self._path(key)}.{index}", place=place, faults=self._faults))
        return tuple(made)

    def close(self, *, told: bool = True) -> None:
        """Note every key that nothing has asked for; not `told`: by its place alone."""
        for key in self._node:
            if key not in self._known:
                label = self._path(key) if told else self._label
                hint = did_you_mean(key if told else "", self._known)
                self._faults.append((self._node.places[key], f"{label}: unknown key{hint}"))

    def _list(self, key: str) -> list[tuple[int, Place, object]]:
        self._known.append(key)
        value = self._node.get(key)
        if isinstance(value, Sequence):
            return list(zip(range(len(value)), value.places, value, strict=True))
        if value is not None:
            is_safe = isinstance(value, str) and "@" not in value  # no password is echoed
            shown = f"; write `{key}: [{value}]`" if is_safe else ""
            self.fault(key, f"must be a list{shown}")
        return []

    def _path(self, key: str) -> str:
        return f"{self._label}.{key}" if self._label else key
