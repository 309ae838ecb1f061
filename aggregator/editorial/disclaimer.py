"""The standing text under every item: compiled and tried out once, then filled in for each item.
Variables are plain strings, always escaped; the result is one safe element."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from aggregator.editorial.markup import read
from aggregator.editorial.wording import DEFAULT

__all__ = ["DEFAULT", "Disclaimer", "ItemWords", "Words", "check", "compile"]

TEMPLATE_CHARS_MAX = 10_000  # characters of a template


@dataclass(frozen=True, slots=True)
class ItemWords:
    """What a template may say of an item as `item.…`: strings, "" where nothing is known."""

    url: str
    title: str
    authors: str
    published: str
    retrieved: str


@dataclass(frozen=True, slots=True)
class Words:
    """All that a template may say."""

    publication: str
    organisation: str
    licence: str
    item: ItemWords


@dataclass(frozen=True, slots=True)
class Disclaimer:
    """A template that has been proven on samples."""

    fill: Callable[[dict[str, object]], str]

    def render(self, words: Words) -> tuple[str, str]:
        """One safe HTML element of class "pw-disclaimer", and the same as plain text."""
        values = {
            "publication": words.publication,
            "organisation": words.organisation,
            "licence": words.licence,
            "item": words.item,
        }
        html, text = read(self.fill(values))
        return f'<div class="pw-disclaimer">{html}</div>', text


_SAMPLES = (
    Words(
        "Example Releases",
        "Example Agency",
        "CC-BY-4.0",
        ItemWords("https://example.org/1", "A release", "A. Author", "2026-01-31", "2026-02-01"),
    ),
    Words("P", "O", "", ItemWords("", "T", "", "2026-01-31", "2026-02-01")),
    # A title that leaves any attribute or link it is put into without care
    Words(
        "data:,p onclick=p",
        "data:,o onclick=o",
        "data:,l onclick=l",
        ItemWords("https://example.org/?a=1&b='2'", "data:,t onclick=t", "data:,a onclick=a", "d", "r"),
    ),
)


@lru_cache(maxsize=256)
def compile(template: str) -> Disclaimer:  # noqa: A001 (disclaimer.compile, as in re.compile)
    """A template ready for use; ValueError says in a sentence why it cannot be used."""
    from aggregator.editorial.sandbox import compiled  # jinja2 is loaded by those who render

    if len(template) > TEMPLATE_CHARS_MAX:
        raise ValueError(f"the template is longer than {TEMPLATE_CHARS_MAX} characters")
    disclaimer = Disclaimer(compiled(template))
    for words in _SAMPLES:
        if not disclaimer.render(words)[1]:
            raise ValueError("the template says nothing")
    return disclaimer


def check(template: str) -> None:
    """ValueError when the template cannot be used. Our own wording is known to be good."""
    if template not in dict(DEFAULT.by_language).values():
        compile(template)
