"""Validators of single values in sources.yaml: text → checked value, or a ValueError that names the cure.

No file, clock or network. Validators of hosts and URLs are in `addresses`.
"""

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from aggregator.model.settings import FOREVER, Rule, Text

Word = TypeVar("Word", bound=str)

RULE_FIELDS = ("title", "url", "category", "author", "text", "language")
RESERVED = frozenset({"all", "archive", "feed", "index"})  # slugs that would collide with published paths
SLUG_CHARS_MAX = 60
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # also those that turn the direction
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "known are") -> str:
    """Return "; did you mean `x`?", or the list of all known words if none is close."""
    words = list(known)
    close = get_close_matches(word, words, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; {otherwise}: {', '.join(words)}"


def text(value: object) -> str:
    """Return a YAML scalar as it is; a list, a mapping or an empty value raises."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("has no value; give one or remove the line")
    raise ValueError("must be one text, not a list or a mapping; put it in quotes if it starts with [ or {")


def line(value: str) -> str:
    """Return one line of text, stripped and not empty."""
    value = value.strip()
    if not value:
        raise ValueError("is empty; give a text or remove the line")
    if CONTROL.search(value):
        raise ValueError("must be one line without control characters; for long text use `>-`")
    return value


def slug(value: str) -> str:
    """Return a name that is safe in URLs and file names."""
    if value in RESERVED:
        raise ValueError(f"`{value}` is reserved for the addresses of Publicwire itself; choose another")
    if re.fullmatch(r"[a-z0-9][a-z0-9-]*", value) and len(value) <= SLUG_CHARS_MAX:
        return value
    rule = f"may hold a-z, 0-9 and -, start with a letter or digit and have up to {SLUG_CHARS_MAX} characters"
    suggestion = slugify(value)
    raise ValueError(f"{rule}; write `{suggestion}`" if suggestion else rule)


def slugify(value: str) -> str:
    """Return the readable slug of a URL or a name; "" if it has no letter or digit of ASCII.

    A slug that must be shortened ends in a digest, so that two long URLs never share one.
    """
    full = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    if len(full) <= SLUG_CHARS_MAX:
        return full
    digest = hashlib.blake2b(full.encode(), digest_size=4).hexdigest()
    return f"{full[: SLUG_CHARS_MAX - 9].rstrip('-')}-{digest}"


def duration(low: str, high: str) -> Callable[[str], timedelta]:
    """Return a validator of durations such as 30s, 15m, 6h or 400d, bounds included."""

    def check(value: str) -> timedelta:
        length = _duration(value)
        if not _duration(low) <= length <= _duration(high):
            raise ValueError(f"must be between {low} and {high}")
        return length

    return check


@lru_cache
def _duration(value: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", value)
    if not match:
        raise ValueError("must be a number and one unit (s, m, h or d), such as 30s, 15m, 6h or 400d")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def pause(value: str) -> datetime | None:
    """Return the end of a pause: FOREVER for true, None for false, else the beginning of a day in UTC."""
    if value in ("true", "false"):
        return FOREVER if value == "true" else None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:  # such as 2026-02-30
        pass
    raise ValueError("must be true, false or a date such as 2026-12-31")


def moment(value: str) -> datetime:
    """Return a time with its zone, or the beginning of a day in UTC."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        found = datetime.fromisoformat(value)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):  # such as 2026-02-30
        pass
    raise ValueError("must be a date such as 2027-12-31, or a time with its zone: 2027-12-31T12:00Z")


def utc_time(value: str) -> datetime:
    """Return a time (ISO 8601) in UTC, without a zone taken as UTC; ValueError, also where its zone leads out
    of the calendar."""
    found = datetime.fromisoformat(value)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{value} in UTC lies outside the years 1 to 9999") from error


def size(value: str) -> int:
    """Return the bytes of a size such as 500KB or 10MB, between 1 KB and 64 MB."""
    match = re.fullmatch(r"([0-9]{1,10}) ?(B|KB|MB|)", value)
    if not match:
        raise ValueError("must be a number and a unit (B, KB or MB), such as 500KB or 10MB")
    number = int(match[1]) * _BYTES[match[2]]
    if not 10**3 <= number <= 64 * 10**6:
        raise ValueError("must be between 1KB and 64MB")
    return number


def volume(value: str) -> int:
    """Return the bytes of an amount of storage such as 200MB or 2GB, between 1 MB and 1,000 GB."""
    match = re.fullmatch(r"0*([1-9][0-9]{0,5}) ?(MB)|0*([1-9][0-9]{0,2}|1000) ?(GB)", value)
    if not match:
        raise ValueError(
            "must be a number and a unit (MB or GB), such as 200MB or 2GB, between 1MB and 1000GB"
        )
    return int(match[1]) * 10**6 if match[1] else int(match[3]) * 10**9


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a validator of whole numbers, bounds included."""

    def check(value: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number between {low} and {high}")
        return int(value)

    return check


def choice(*words: Word) -> Callable[[str], Word]:
    """Return a validator of an enumeration; it returns the one of `words` that is equal."""

    def check(value: str) -> Word:
        if value not in words:
            raise ValueError(f"`{value}` is unknown{did_you_mean(value, words, otherwise='use one of')}")
        return words[words.index(value)]

    return check


def publish(value: str) -> tuple[bool, timedelta]:
    """Return whether new items wait for review, and the length of their veto window, as in `after 2h`."""
    if found := re.fullmatch(r"after ([^ ]+)", value):
        return False, duration("1m", "30d")(found[1])
    return choice("live", "review", "after 2h")(value) == "review", timedelta()


@lru_cache
def language(value: str) -> str:
    """Return a language tag in its canonical case (RFC 5646 section 2.1.1): en, pt-BR, zh-Hant."""
    if not _LANGUAGE.fullmatch(value):
        raise ValueError("must be a language tag such as en, fr or pt-BR")
    first, *rest = value.split("-")
    cased = (
        part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower() for part in rest
    )
    return "-".join((first.lower(), *cased))


@lru_cache
def timezone(value: str) -> str:
    """Return the name of a time zone in this machine's database."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # OSError: "Europe" is a directory of zones
        close = get_close_matches(value, available_timezones(), n=1) if "/" in value else []
        hint = f"did you mean `{close[0]}`?" if close else "name one such as Europe/Vienna or UTC"
        raise ValueError(f"`{value}` is not a time zone; {hint}") from None
    return value


def rule(value: object, names: tuple[str, ...] = RULE_FIELDS) -> Rule:
    """Return one rule of `only` or `skip` from a mapping of one field, of `names`, to one pattern."""
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError('must be one field and its pattern, such as {title: "(?i)human rights"}')
    ((name, raw),) = value.items()
    if name not in names:
        raise ValueError(f"`{name}` is not a field{did_you_mean(name, names)}")
    pattern = text(raw)
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(pattern)
    except FutureWarning as error:
        raise ValueError(f"the pattern is ambiguous: {error}; write `\\[` for a bracket") from None
    except re.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise ValueError(f"the pattern does not compile: {error.msg}{at}") from None
    except (OverflowError, RecursionError):
        raise ValueError("the pattern does not compile: it is too large") from None
    return Rule(name, pattern)


def disclaimer(value: object) -> Text | None:
    """Return one text for all languages, or one for each language tag and `default`."""
    if not isinstance(value, dict):
        return Text((("", _template(value)),))
    if not value:
        raise ValueError("is an empty mapping; give a text, or one for each language and a `default`")
    return Text(tuple(_in_language(tag, template) for tag, template in value.items()))


def disclaimer_line(value: object) -> Text:
    """Return the disclaimer in one line, as `disclaimer` does; a template with <p> or <br> raises."""
    lines = disclaimer(value) or Text(())
    if any(tag in line.lower() for _, line in lines.by_language for tag in ("<br", "<p>", "<p ")):
        raise ValueError("must be one line: write it without <p> and <br>")
    return lines


def _in_language(tag: str, value: object) -> tuple[str, str]:
    try:
        return "" if tag == "default" else language(tag), _template(value)
    except ValueError as error:
        raise ValueError(f"`{tag}` {error}") from None


def _template(value: object) -> str:
    from aggregator.editorial.disclaimer import check  # loads the template engine: only if needed

    template = text(value)
    if not template.strip():
        raise ValueError("is empty; give a text, or remove the line to use the built-in text")
    check(template)
    return template
