"""Set and remove `paused` at a source in the text of sources.yaml; every other byte is preserved."""

import re
from pathlib import Path

from msgspec.structs import replace

from aggregator.config.load import parse
from aggregator.config.read import Mapping, Sequence, read
from aggregator.errors import ConfigError, UsageError
from aggregator.model.settings import FOREVER

_FILE = Path("sources.yaml")
BY_HAND = "sources.yaml is written in a form that cannot be edited here: set `paused` there by hand"


def set_paused(text: str, index: int, *, paused: bool) -> str:
    """Return the text with the source of this number in its list paused without an end, or not paused.

    Raises ConfigError if the text is invalid as it is, UsageError if the edit would change anything else.
    """
    before = parse(text, _FILE)
    expected = [*before.sources]
    expected[index] = replace(expected[index], paused=FOREVER if paused else None)
    edited = text if expected == [*before.sources] else _edited(text, index, paused=paused)
    try:
        after = parse(edited, _FILE)
    except ConfigError as error:
        raise UsageError(BY_HAND) from error
    others = replace(after, sources=before.sources, unnamed=before.unnamed)
    if [*after.sources] != expected or others != before:
        raise UsageError(BY_HAND)
    return edited


def _edited(text: str, index: int, *, paused: bool) -> str:
    root = read(text)
    assert isinstance(root, Mapping)
    sources = root["sources"]
    assert isinstance(sources, Sequence)
    source = sources[index]
    lines = text.splitlines(keepends=True)
    if isinstance(source, Mapping) and "paused" in source:
        line, column = source.places["paused"]
        lines[line - 1 : line + 1] = [_without("".join(lines[line - 1 : line + 1]), column - 1)]
    if paused:
        line, column = sources.places[index]
        lines[line - 1] = _inserted(lines[line - 1], column - 1, is_mapping=isinstance(source, Mapping))
    return "".join(lines)


def _inserted(line: str, at: int, *, is_mapping: bool) -> str:
    """Return the line on which a source starts, with the key before its first one."""
    if line[at : at + 1] == "{":
        return f"{line[: at + 1]}paused: true, {line[at + 1 :]}"
    end = "\r\n" if line.endswith("\r\n") else "\n"
    key = "" if is_mapping else "feed: "
    return f"{line[:at]}paused: true{end}{' ' * at}{key}{line[at:]}"


def _without(pair: str, at: int) -> str:
    """Return a line, and the one after it, without the key at a column of the first."""
    before, after = pair[:at], pair[at:]
    if "{" in before:  # in braces, before another key or at their end
        rest = re.sub(r"^paused: *[\w-]+(?:, *)?", "", after)
        return (re.sub(r", *$", "", before) if rest.startswith("}") else before) + rest
    rest = re.sub(r"^paused:[^\r\n]*\r?\n", "", after)
    return rest if not before.strip() else before + rest.lstrip(" ")
