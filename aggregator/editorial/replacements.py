"""The replacements of a house style: plain texts found as whole words, in one linear pass."""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape, unescape

from aggregator.model.house_style import Part, Replacement
from aggregator.normalise.pieces import Pieces, split

REPLACED_MAX = 1_000  # in one text: what the rules add to it is bounded
PATTERNS_KEPT = 100

Rules = tuple[Replacement, ...]


def of_title(rules: Sequence[Replacement], title: str) -> str:
    """Return a headline with the replacements for headlines."""
    return _all(_of(rules, Part.TITLE), [title])[0]


def of_body(rules: Sequence[Replacement], html: str) -> str:
    """Return sanitised HTML with the replacements in its texts; one that markup divides is not found."""
    chosen = _of(rules, Part.TEXT)
    if not chosen:
        return html
    body = split(html)
    texts = [unescape(text) if "&" in text else text for text in body.texts]
    return joined(body, [escape(text, quote=False) for text in _all(chosen, texts)])


def joined(body: Pieces, texts: Sequence[str]) -> str:
    """Return HTML in pieces with other texts between its tags, as HTML."""
    parts = [""] * (len(texts) + len(body.tags))
    parts[::2] = texts
    parts[1::2] = [f"<{tag}>" for tag in body.tags]
    return "".join(parts)


def _of(rules: Sequence[Replacement], part: Part) -> Rules:
    return tuple(rule for rule in rules if rule.part in (Part.ALL, part))


def _all(rules: Rules, texts: list[str]) -> list[str]:
    """Return texts with up to REPLACED_MAX replacements. What a rule has written is not replaced again, so
    that no rule multiplies the text of another."""
    said = "\0".join(texts)
    present = tuple(rule for rule in rules if rule.old.split(maxsplit=1)[0] in said)
    if not present:
        return texts
    pattern, left = _pattern(tuple(rule.old for rule in present)), REPLACED_MAX

    def new(found: re.Match[str]) -> str:
        assert found.lastindex is not None, "every alternative is a group"
        return present[found.lastindex - 1].new

    changed = []
    for text in texts:
        if left > 0:
            text, count = pattern.subn(new, text, count=left)
            left -= count
        changed.append(text)
    return changed


@lru_cache(PATTERNS_KEPT)
def _pattern(olds: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of texts, a group each; of several that begin at one place the first counts."""
    return re.compile("|".join(f"({_words(old)})" for old in olds))


def _words(old: str) -> str:
    """Return the pattern of a text, with any blanks between its words, that ends no word and begins none."""
    before = r"(?<!\w)" if _is_word(old[0]) else ""
    after = r"(?!\w)" if _is_word(old[-1]) else ""
    return before + r"\s+".join(map(re.escape, old.split())) + after


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
