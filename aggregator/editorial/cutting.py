"""The beginning of a text, cut behind a whole paragraph."""

import re
from html import escape
from itertools import islice

from aggregator.normalise import plain
from aggregator.normalise.pieces import Pieces, split
from aggregator.normalise.words import UNSPACED

# Elements that may be ended early, and those behind which a text may end: no heading stands last.
_CONTAINER_NAMES = "article aside blockquote div dl footer header main ol section ul"
_CONTAINERS = frozenset(_CONTAINER_NAMES.split())
_PARAGRAPHS = _CONTAINERS | {"address", "dd", "details", "figure", "li", "p", "pre", "table"}
_VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})


def cut(html: str, words_max: int) -> str | None:
    """Return the first whole paragraphs of sanitised HTML that have up to `words_max` words, None for HTML
    that has no more. Of a first paragraph that is longer its first words."""
    body = split(html)
    words, opened, end, ended = 0, list[str](), 0, tuple[str, ...]()
    for place, (text, name) in enumerate(zip(body.texts, [*body.names, ""], strict=True)):
        words += count(text)
        if words > words_max:
            return _beginning(body, end, ended) if end else _words_of(html, words_max)
        if name.startswith("/"):
            opened.pop()
            if words and name[1:] in _PARAGRAPHS and _CONTAINERS.issuperset(opened):
                end, ended = place + 1, tuple(opened)
        elif name and name not in _VOID:
            opened.append(name)
    return None


def _beginning(body: Pieces, end: int, opened: tuple[str, ...]) -> str:
    tags = zip(body.texts[:end], body.tags[:end], strict=True)
    return "".join([*(f"{text}<{tag}>" for text, tag in tags), *(f"</{name}>" for name in reversed(opened))])


def _words_of(html: str, words_max: int) -> str:
    text = " ".join(plain.read(html).text.split())
    found = [*islice(_pattern().finditer(text), words_max)]
    return f"<p>{escape(text[: found[-1].end()].rstrip(' ,;:.'), quote=False)}…</p>"


def count(text: str) -> int:
    """Return the number of words of a text; of a script without blanks between words, of characters."""
    return len(text.split()) if text.isascii() else len(_pattern().findall(text))


def _pattern() -> re.Pattern[str]:
    return re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")  # compiled at the first use, then in its cache
