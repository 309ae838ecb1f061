"""YAML text → strings, lists and mappings that keep line and column of each value.

Every scalar stays a string, so that `no`, `1:30` and `2026-11-24` are read as written and the validator of
each key decides its type. Tags and aliases are refused: no object is constructed, and no alias can expand
exponentially ("billion laughs"). Parser events are consumed directly, because composing nodes first takes
five times as long.
"""

from typing import Protocol

import yaml

Place = tuple[int, int]  # line and column, counted from 1
Fault = tuple[Place, str]
EMPTY = frozenset({"", "~", "null", "Null", "NULL"})


class _Mark(Protocol):
    """A position of PyYAML, counted from 0; its two parsers have a class each."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Mapping(dict[str, object]):
    """A YAML mapping with the place of each key in `places` and its own in `start`."""

    __slots__ = ("places", "start")

    def __init__(self, start: Place) -> None:
        super().__init__()
        self.start = start
        self.places: dict[str, Place] = {}


class Sequence(list[object]):
    """A YAML list with the place of each item in `places`; `end` is where the text of the last item ends."""

    __slots__ = ("end", "flow", "places", "start")

    def __init__(self, start: Place, *, flow: bool) -> None:
        super().__init__()
        self.start = start
        self.end = start
        self.flow = flow
        self.places: list[Place] = []


class YamlError(Exception):
    """The text is not valid YAML or uses a refused feature; `faults` holds places and sentences."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def read(text: str) -> object:
    """Return the only document in `text`: a string, Sequence or Mapping; None if there is none.

    Raises YamlError with all faults up to the first syntax error.
    """
    reader = _Reader()
    try:
        parser = yaml.CSafeLoader(text)
        while event := parser.get_event():
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        reader.faults.append(_syntax(error, text))
    except yaml.reader.ReaderError as error:
        place = place_of(text.encode(), error.position)
        reader.faults.append((place, "a control character is not allowed here; remove it"))
    if reader.faults:
        raise YamlError(reader.faults)
    return reader.root


class _Reader:
    """Build the values event by event, without recursion, so that nesting cannot exhaust the stack."""

    def __init__(self) -> None:
        self.root: object = None
        self.faults: list[Fault] = []
        self._documents = 0
        self._open: list[Mapping | Sequence] = []
        self._keys: list[str | None] = []  # for each open container: the key whose value comes next
        self._end: _Mark | None = None

    def take(self, event: yaml.Event) -> None:
        """Consume the next event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._leave(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._enter(Mapping(_place(event.start_mark)), event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._enter(Sequence(_place(event.start_mark), flow=bool(event.flow_style)), event)
        elif isinstance(event, yaml.AliasEvent):
            self._fault(
                event, "`*` repeats another value; write the value out here, in quotes if it starts with *"
            )
            self._put(None, _place(event.start_mark))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._fault(event, "a second document starts here; remove the line `---`")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        self._end = event.end_mark
        value: str | None = event.value
        if value in EMPTY and event.implicit[0]:
            value = None
        place = _place(event.start_mark)
        if self._keys and self._keys[-1] is None and type(self._open[-1]) is Mapping:
            self._key(value, place)
        else:
            self._put(value, place)

    def _key(self, key: str | None, place: Place) -> None:
        mapping = self._open[-1]
        assert isinstance(mapping, Mapping)
        if key is None:
            self.faults.append((place, "a key is missing before the colon"))
        elif key in mapping:
            line = mapping.places[key][0]
            self.faults.append((place, f"`{key}` is already given on line {line}; keep one of the two"))
        else:
            mapping.places[key] = place
        self._keys[-1] = key or ""

    def _enter(self, container: Mapping | Sequence, event: yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            self._refuse_tag(event)
        if self._open and type(self._open[-1]) is Mapping and self._keys[-1] is None:
            self._fault(event, "a key must be plain text, not a list or a mapping")
            self._keys[-1] = ""
        self._put(container, container.start)
        self._open.append(container)
        self._keys.append(None)

    def _leave(self, event: yaml.Event) -> None:
        container = self._open.pop()
        self._keys.pop()
        if _place(event.end_mark) != _place(event.start_mark):  # a bracket; the end of a block has no text
            self._end = event.end_mark
        if isinstance(container, Sequence):
            container.end = _place(self._end)

    def _put(self, value: object, place: Place) -> None:
        if not self._open:
            if self._documents == 1:
                self.root = value
            return
        container = self._open[-1]
        if isinstance(container, Sequence):
            container.places.append(place)
            container.append(value)
            return
        key = self._keys[-1] or ""
        container[key] = value
        self._keys[-1] = None

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag != "!":
            self._fault(
                event, "`!` starts a tag, which is not allowed; remove it, or put the value in quotes"
            )

    def _fault(self, event: yaml.Event, message: str) -> None:
        self.faults.append((_place(event.start_mark), message))


def _place(mark: _Mark | None) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def place_of(data: bytes, index: int) -> Place:
    """Return line and column of the byte at `index`; the column counts characters."""
    before = data[:index]
    line_start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[line_start:].decode(errors="replace")) + 1


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Fault:
    """Return a syntax error of the parser as a sentence that names the cure."""
    line, column = place = _place(error.problem_mark)
    began = error.context_mark.line + 1 if error.context_mark else 0
    opened = f" (opened on line {began})" if began else ""
    block = f" (in the block that begins on line {began})" if began else ""
    problem = error.problem or ""
    if "cannot start any token" in problem:
        if text.split("\n")[line - 1][column - 1 : column] == "\t":
            return place, "a tab is used here; indent with spaces"
        return place, "a value cannot start with this character; put it in quotes"
    if "mapping values are not allowed" in problem:
        return place, "no key is expected here; check the indentation, and quote a value that holds `: `"
    if "end of stream" in problem:
        return place, f"the file ends inside quotes{opened}; close them"
    if "expected ',' or" in problem:
        return place, f"a list or mapping in brackets is not closed{opened}; {problem}"
    if "expected key" in problem or "expected '-'" in problem:
        return place, f"wrong indentation{block}; start every line of a block in the same column"
    return place, f"not readable as YAML: {problem}{block}"
