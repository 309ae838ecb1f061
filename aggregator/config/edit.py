"""Insert a source or a user into the text of sources.yaml; every other byte is preserved.

Lines are inserted at the end of a list and nothing is serialised anew, so that comments, quotes,
indentation and line ends stay (ruamel.yaml keeps comments, but normalises indentation and line breaks).
"""

import json
import re
from collections import abc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from aggregator.config import addresses, users, values
from aggregator.config.load import parse
from aggregator.config.read import EMPTY, Mapping, Sequence, read
from aggregator.errors import ConfigError, UsageError
from aggregator.model.push_settings import Network
from aggregator.model.settings import Config, Republish, Rule
from aggregator.model.user import User

T = TypeVar("T")

_FILE = Path("sources.yaml")
_FIRST = {"sources": "address", "users": "name: …"}  # words of a mistake
_PLAIN = re.compile(r"[A-Za-z0-9](?:[\w ./?=&%~+()-]|:(?=/))*(?<! )")


class Addition(Struct, frozen=True):
    """A source to insert; an empty field is left out, so that its default applies."""

    feed: str
    id: str = ""
    organisation: str = ""
    topics: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    republish: str = ""
    language: str = ""
    only: tuple[Rule, ...] = ()
    skip: tuple[Rule, ...] = ()
    publish: str = ""


def checked(source: Addition) -> tuple[Network, ...]:
    """Return the networks of a source to insert; UsageError names the option of `add` with a mistake."""
    if source.id:
        _option("--id", values.slug, source.id)
    if source.organisation:
        _option("--organisation", values.line, source.organisation)
    if source.republish:
        _option("--rights", values.choice(*Republish), source.republish)
    if source.publish:
        _option("--publish", values.publish, source.publish)
    for name in source.topics:
        _option("--topic", values.slug, name)
    return tuple(_option("--allow-network", addresses.network, each) for each in source.networks)


def _option(name: str, check: Callable[[str], T], value: str) -> T:
    try:
        return check(value)
    except ValueError as error:
        raise UsageError(f"{name} {error}") from None


def add_source(text: str, source: Addition) -> str:
    """Return the text with one more source at the end of its list.

    Raises ConfigError if the text is invalid as it is, UsageError if the source cannot be added.
    """
    if source.feed.startswith("file:"):
        raise UsageError("a file: source is only ever written into sources.yaml by hand")
    before = parse(text, _FILE)
    try:
        feed = addresses.feed(source.feed)
    except ValueError as error:
        raise UsageError(f"the address of the feed {error}") from None
    same = {feed, feed.replace("https:", "http:", 1), feed.replace("http:", "https:", 1)}
    for present in before.sources:
        if present.feed in same:
            raise UsageError(f"this feed is already there, as source {present.id}")
        if source.id and present.id == source.id:
            raise UsageError(f"there is already a source with the id {source.id}; choose another with --id")
    edited, after = _with(text, before, (source,))
    assert after.sources[-1].feed == feed
    return edited


def add_sources(text: str, sources: abc.Sequence[Addition]) -> str:
    """Return the text with more sources at the end of its list, for addresses in their normal form that
    are not there yet. Raises as `add_source`."""
    return _with(text, parse(text, _FILE), sources)[0]


def _with(text: str, before: Config, sources: abc.Sequence[Addition]) -> tuple[str, Config]:
    edited = _inserted(text, "sources", [_fields(each) for each in sources])
    try:
        after = parse(edited, _FILE)
    except ConfigError as error:
        raise UsageError("; ".join(problem.message for problem in error.problems)) from None
    assert after.sources[: -len(sources)] == before.sources
    return edited, after


def add_user(text: str, user: User) -> str:
    """Return the text with one more user at the end of its list.

    Raises ConfigError if the text is invalid as it is, UsageError if the user cannot be added.
    """
    before = parse(text, _FILE)
    _option("NAME", users.user_name, user.name)
    if any(each.name == user.name for each in before.users):
        raise UsageError(f"there is a user {user.name} in sources.yaml already: remove that one first")
    fields = [
        f"name: {_scalar(user.name)}",
        f"role: {user.role}",
        *([f"password: {_scalar(user.password)}"] if user.password else []),
    ]
    edited = _inserted(text, "users", [fields])
    after = parse(edited, _FILE)
    assert after.users == (*before.users, user) and after.sources == before.sources
    return edited


def set_password(text: str, name: str, password: str) -> str:
    """Return the text with another password hash of a user.

    Raises ConfigError if the text is invalid as it is, UsageError without such a user, and for one that has
    no password.
    """
    before = next((each.password for each in parse(text, _FILE).users if each.name == name), None)
    if before is None:
        raise UsageError(f"there is no user {name} in sources.yaml: `publicwire user list` lists them")
    if text.count(before) != 1 or not before:  # a hash has a random salt
        raise UsageError(f"user {name} has no password hash of its own in sources.yaml: edit it by hand")
    return text.replace(before, password)


def _fields(source: Addition) -> list[str]:
    fields = [f"feed: {_scalar(source.feed)}"]
    if source.organisation:
        fields.insert(0, f"organisation: {_scalar(' '.join(source.organisation.split()))}")
    if source.id:
        fields.insert(0, f"id: {_scalar(source.id)}")
    if source.topics:
        fields.append(f"topics: [{', '.join(map(_scalar, source.topics))}]")
    if source.language:
        fields.append(f"language: {_scalar(source.language)}")
    for key, rules in (("only", source.only), ("skip", source.skip)):
        if rules:
            written = (f"{{{rule.field}: {json.dumps(rule.pattern, ensure_ascii=False)}}}" for rule in rules)
            fields.append(f"{key}: [{', '.join(written)}]")
    if source.republish:
        fields.append(f"rights: {{republish: {source.republish}}}")
    if source.publish:
        fields.append(f"publish: {_scalar(source.publish)}")
    if source.networks:
        fields.append(f"allow_networks: [{', '.join(map(_scalar, source.networks))}]")
    return fields


def _scalar(value: str) -> str:
    """Return a plain scalar if it holds no indicator of YAML, else a quoted one (JSON strings are YAML)."""
    return value if _PLAIN.fullmatch(value) and value not in EMPTY else json.dumps(value, ensure_ascii=False)


def _inserted(text: str, key: str, entries: list[list[str]]) -> str:
    root = read(text)
    assert isinstance(root, Mapping)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    present = root.get(key)
    indent, head = 2, list[str]()
    if key not in root:
        at, head = len(lines), [f"{key}:"]
    elif not isinstance(present, Sequence):  # `sources:` with nothing in it
        at = root.places[key][0]
    elif present.flow:
        at = _unbracketed(lines, key, present)
    else:
        at, indent = _end(lines, present), present.start[1] - 1
    block = [*head, *(line for fields in entries for line in _block(fields, indent))]
    return "".join([*lines[:at], *(line + newline for line in block), *lines[at:]])


def _block(fields: list[str], indent: int) -> list[str]:
    return [" " * indent + ("- " if index == 0 else "  ") + field for index, field in enumerate(fields)]


def _unbracketed(lines: list[str], key: str, entries: Sequence) -> int:
    """Remove the brackets of `sources: []` in place; return the number of lines up to there."""
    at = entries.start[0]
    bare = re.sub(rf"^{key}: *\[ *\]", f"{key}:", lines[at - 1])
    if bare == lines[at - 1]:
        raise UsageError(
            f"sources.yaml lists its {key} in brackets; write each on a line `  - {_FIRST[key]}` first"
        )
    lines[at - 1] = bare
    return at


def _end(lines: list[str], entries: Sequence) -> int:
    """Return the number of lines up to the end of the list, comments of its last entry included."""
    line, column = entries.end
    at = line - 1 if column == 1 else line  # a block text ends at the start of the next line
    while not lines[at - 1].strip():
        at -= 1
    while at < len(lines) and re.match(rf" {{{entries.start[1]},}}#", lines[at]):
        at += 1
    return at
