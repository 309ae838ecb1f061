"""One mapping of sources.yaml, read key by key; after a mistake, recorded with its place, reading continues.

A key that nothing reads is unknown, so that no key validates and then does nothing. Hand-written because each
mistake needs line and column. pydantic 2.14 with the same sentences and places was measured: 174 ms more CPU
at each start, 10,000 full sources 8 % slower and 29 MB larger, 79 code lines more (927 against 848).
"""

from collections import abc
from collections.abc import Callable
from typing import TypeVar

from aggregator.config.read import Fault, Mapping, Place, Sequence
from aggregator.config.values import did_you_mean, text

T = TypeVar("T")


class Section:
    """A mapping at `label` ("" for the whole file, else a path such as `sources.1.rights`).

    `under` are mappings that have the keys it lacks, the nearest first.
    """

    __slots__ = ("_faults", "_is_invalid", "_known", "_label", "_node", "_place", "is_file", "under")

    def __init__(
        self,
        node: object,
        label: str,
        *,
        place: Place,
        faults: list[Fault],
        under: tuple["Section", ...] = (),
    ) -> None:
        self._label = label
        self._place = place
        self._faults = faults
        self.under = under
        self._known: dict[str, None] = {}
        self.is_file = False  # of a source: whether its feed is a file
        self._node = node if isinstance(node, Mapping) else Mapping(place)
        self._is_invalid = node is not None and node is not self._node  # None: all its lines are comments
        if self._is_invalid:
            self.fault("", "must be a mapping of keys such as `name: value`")

    def silent(self) -> "Section":
        """Return this section as a layer under others; what is wrong in it is not recorded again."""
        return Section(self._node, self._label, place=self._place, faults=[])

    def without_own(self) -> "Section":
        """Return a section with nothing but the layers under this one."""
        found = Section(None, "", place=self._place, faults=[], under=self.under)
        found.is_file = self.is_file
        return found

    def _holder(self, key: str) -> "Section":
        """Return the section whose value of a key counts."""
        if key not in self._node:
            for each in self.under:
                if key in each._node:
                    return each
        return self

    def place(self, key: str) -> Place:
        """Return the place of a key, or of the whole section if the key is absent."""
        return self._node.places.get(key, self._place)

    def fault(self, key: str, message: str) -> None:
        """Record a mistake at a key, or at the whole section if the key is absent."""
        place = self.place(key)
        label = self._path(key) if key else self._label
        self._faults.append((place, f"{label}: {message}" if label else message))

    def one(self, key: str, check: Callable[[str], T], default: T) -> T:
        """Return the checked scalar at `key`, or the default if it is absent or wrong."""
        return self.raw(key, lambda value: check(text(value)), default)

    def need(self, key: str, check: Callable[[str], str]) -> str:
        """Return the checked scalar at a required key; "" after a mistake."""
        if not self.has(key) and not self._is_invalid:
            self.fault("", f"`{key}` is missing; add it")
        return self.one(key, check, "")

    def many(self, key: str, check: Callable[[str], T]) -> tuple[T, ...]:
        """Return the checked scalars of the list at `key`."""
        return self.each(key, lambda value: check(text(value)))

    def raw(self, key: str, check: Callable[[object], T], default: T) -> T:
        """Return the checked value at `key`, of any YAML type, or the default if it is absent or wrong."""
        self._known[key] = None
        at = self._holder(key)
        if key not in at._node:
            return default
        try:
            return check(at._node[key])
        except ValueError as error:
            at.fault(key, str(error))
            return default

    def each(self, key: str, check: Callable[[object], T]) -> tuple[T, ...]:
        """Return the checked values, of any YAML type, of the list at `key`."""
        checked, at = [], self._holder(key)
        for index, place, value in self._list(key):
            try:
                checked.append(check(value))
            except ValueError as error:
                at._faults.append((place, f"{at._path(key)}.{index}: {error}"))
        return tuple(checked)

    def entries(self, key: str, check: Callable[[str, object], T]) -> tuple[T, ...]:
        """Return the checked pairs of the mapping at `key`, in which any name may occur."""
        inner = self.section(key)
        checked = []
        for name, value in inner._node.items():
            try:
                checked.append(check(name, value))
            except ValueError as error:
                inner._faults.append((inner._node.places[name], f"{inner._label}: {error}"))
        return tuple(checked)

    def has(self, key: str) -> bool:
        """Return whether the key is present here or in a layer below, valid or not."""
        return key in self._holder(key)._node

    def owns(self, key: str) -> bool:
        """Return whether the key is present here."""
        return key in self._node

    def names(self) -> tuple[str, ...]:
        """Return the keys that are present here, for a mapping in which any name may occur."""
        return tuple(self._node)

    def is_empty(self, key: str) -> bool:
        """Return whether the value at a key is a list of nothing, or nothing."""
        return not self._node.get(key)

    def is_mapping(self, key: str) -> bool:
        """Return whether the value at a key is a mapping."""
        return isinstance(self._node.get(key), Mapping)

    def section(self, key: str) -> "Section":
        """Return the mapping at `key`, over those of the layers below; an empty one if it is absent."""
        self._known[key] = None
        return Section(
            self._node.get(key),
            self._path(key),
            place=self.place(key),
            faults=self._faults,
            under=tuple(each.section(key) for each in self.under if key in each._node),
        )

    def sections(self, key: str, shorthand: str) -> tuple["Section", ...]:
        """Return the mappings of the list at `key`; a scalar is short for a mapping of `shorthand` alone."""
        inner = []
        for index, place, value in self._list(key):
            if isinstance(value, str):
                node = Mapping(place)
                node[shorthand], node.places[shorthand], value = value, place, node
            inner.append(Section(value, f"{self._path(key)}.{index}", place=place, faults=self._faults))
        return tuple(inner)

    def refuse(self, keys: abc.Mapping[str, str]) -> None:
        """Record keys that belong elsewhere, each with the sentence of its cure, and leave them out."""
        for key in [each for each in self._node if each in keys]:
            self.fault(key, keys[key])
            del self._node[key]

    def close(self, *, quote_keys: bool = True, known: abc.Collection[str] | None = None) -> None:
        """Record every key that is not in `known`, by default those that were read; without its name unless
        `quote_keys`."""
        known = self._known if known is None else known
        for key in self._node:
            if key not in known:
                label = self._path(key) if quote_keys else self._label
                hint = did_you_mean(key if quote_keys else "", known)
                self._faults.append((self._node.places[key], f"{label}: unknown key{hint}"))

    def _list(self, key: str) -> list[tuple[int, Place, object]]:
        self._known[key] = None
        at = self._holder(key)
        value = at._node.get(key)
        if isinstance(value, Sequence):
            return list(zip(range(len(value)), value.places, value, strict=True))
        if value is not None:
            is_safe = isinstance(value, str) and "@" not in value  # a password is never echoed
            suggestion = f"; write `{key}: [{value}]`" if is_safe else ""
            at.fault(key, f"must be a list{suggestion}")
        return []

    def _path(self, key: str) -> str:
        return f"{self._label}.{key}" if self._label else key
