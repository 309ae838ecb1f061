"""The disclaimer under every item: a template compiled and tested on samples once, then rendered per item.
Variables are plain strings and always escaped; the result is one safe element."""

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import asdict

from aggregator.editorial.markup import read
from aggregator.editorial.wording import DEFAULT, LINE
from aggregator.model.entry import DISCLAIMER_CLASS

TEMPLATE_CHARS_MAX = 10_000


class ItemVariables(Struct, frozen=True):
    """Variables of a template named `item.…`: strings, "" for an unknown value."""

    url: str
    title: str
    authors: str
    published: str
    retrieved: str


class Variables(Struct, frozen=True):
    """All variables of a template, under their names in it."""

    publication: str
    organisation: str
    licence: str
    item: ItemVariables


class Disclaimer(Struct, frozen=True):
    """A compiled template that has passed its samples."""

    fill: Callable[[dict[str, object]], str]

    def render(self, variables: Variables) -> tuple[str, str]:
        """Return one safe HTML element of DISCLAIMER_CLASS, and the same as plain text.

        Raises ValueError when these values make markup that is not allowed.
        """
        html, text = read(self.fill(asdict(variables) | {"item": asdict(variables.item)}))
        return f'<div class="{DISCLAIMER_CLASS}">{html}</div>', text


_SAMPLES = (
    Variables(
        "Example Releases",
        "Example Agency",
        "CC-BY-4.0",
        ItemVariables("https://example.org/1", "A release", "A. Author", "2026-01-31", "2026-02-01"),
    ),
    Variables("P", "O", "", ItemVariables("", "T", "", "2026-01-31", "2026-02-01")),
    # Values that break out of an unquoted attribute, or turn a link into a data: URL
    Variables(
        "data:,p onclick=p",
        "data:,o onclick=o",
        "data:,l onclick=l",
        ItemVariables("https://example.org/?a=1&b='2'", "data:,t onclick=t", "data:,a onclick=a", "d", "r"),
    ),
)


@lru_cache(maxsize=256)
def compile(template: str) -> Disclaimer:  # noqa: A001 (disclaimer.compile, as in re.compile)
    """Return the disclaimer of a template. Raises ValueError with the reason when it cannot be used."""
    from aggregator.editorial.sandbox import compiled  # loads jinja2, which the command line seldom needs

    if len(template) > TEMPLATE_CHARS_MAX:
        raise ValueError(f"the template is longer than {TEMPLATE_CHARS_MAX} characters")
    disclaimer = Disclaimer(compiled(template))
    for variables in _SAMPLES:
        if not disclaimer.render(variables)[1]:
            raise ValueError("the template is empty for some items: write text outside `if`")
    return disclaimer


def check(template: str) -> None:
    """Raise ValueError when a template cannot be used. The default wording is tested and skips this, so
    that a configuration without own texts loads no template engine."""
    if template not in (*dict(DEFAULT.by_language).values(), *dict(LINE.by_language).values()):
        compile(template)
