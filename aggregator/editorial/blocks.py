"""Blocks of pages that templates of the operator fill: their variables, their HTML, and their trial.

A template is sandboxed and escaped as a disclaimer is, and what it renders is parsed strictly: no value of a
feed and no mistake can leave an element open, and no script, style, frame or form gets in.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import asdict

from aggregator.editorial import markup
from aggregator.model.look import Block

BLOCK_CHARS_MAX = 20_000


class ItemValues(Struct, frozen=True):
    """Variables of `after_release` named `item.…`; "" for an unknown value."""

    title: str = ""
    url: str = ""  # of the original
    page: str = ""  # our own
    published: str = ""  # as in 2026-01-31
    language: str = ""


class BlockValues(Struct, frozen=True):
    """Variables of a block, under their names in it; "" for one that the page has not."""

    publication: str = ""
    description: str = ""
    contact: str = ""
    home: str = ""  # link to the front page
    logo: str = ""  # its address
    imprint: str = ""
    privacy: str = ""
    terms: str = ""
    heading: str = ""  # of the list
    channel: str = ""  # such as topics/health, "" on the front page
    organisation: str = ""
    licence: str = ""
    item: ItemValues = field(default=ItemValues())


_PUBLICATION = frozenset(
    {"publication", "description", "contact", "home", "logo", "imprint", "privacy", "terms"}
)
_ITEM = frozenset(ItemValues.__struct_fields__)
_NOTHING: frozenset[str] = frozenset()
_VARIABLES: Mapping[Block, tuple[frozenset[str], frozenset[str]]] = {
    Block.MASTHEAD: (_PUBLICATION, _NOTHING),
    Block.BEFORE_LIST: (_PUBLICATION | {"heading", "channel"}, _NOTHING),
    Block.AFTER_RELEASE: (_PUBLICATION | {"organisation", "licence"}, _ITEM),
    Block.FOOTER: (_PUBLICATION, _NOTHING),
}
_HREF = markup.Address(
    "a",
    re.compile(r"https?://|mailto:|tel:|[/?#.](?![/\\])|[\w-]+(?:[/?#.]|\Z)", re.IGNORECASE),
    "https://, http://, mailto:, tel: or be a path",
)
_SRC = markup.Address(
    "img",
    re.compile(r"https://|/(?![/\\])|(?:\.\./)*static/", re.IGNORECASE),
    "https://, or be a path, on <img>",
)
SUBSET = markup.Subset(
    "a template",
    markup.TAGS
    | {"abbr", "aside", "dd", "div", "dl", "dt", "figcaption", "figure", "h2", "h3", "hr", "img", "li", "nav"}
    | {"ol", "section", "sub", "sup", "table", "tbody", "td", "th", "thead", "time", "tr", "ul"},
    markup.ATTRIBUTES
    | {"alt", "aria-label", "class", "colspan", "datetime", "height", "href", "loading", "rel", "rowspan"}
    | {"scope", "src", "width"},
    {"href": _HREF, "src": _SRC},
)
_EMPTY = BlockValues("P", home="/")
_FULL = BlockValues(
    publication="Example Releases",
    description="What public bodies say.",
    contact="desk@example.org",
    home="/",
    logo="/static/logo.png",
    imprint="https://example.org/imprint",
    privacy="https://example.org/privacy",
    terms="https://example.org/terms",
    heading="Health",
    channel="topics/health",
    organisation="Example Agency",
    licence="CC-BY-4.0",
    item=ItemValues("A release", "https://example.org/1", "https://example.org/items/1", "2026-01-31", "en"),
)
# Values that break out of an unquoted attribute, or turn a link into a script
_HOSTILE = BlockValues(
    publication="P",
    home="/",
    heading="javascript:h onclick=h",
    organisation="javascript:o onclick=o",
    licence="javascript:l onclick=l",
    item=ItemValues("javascript:t onclick=t", "https://example.org/?a=1&b='2'", "/items/1", "", "en"),
)
SAMPLES = (_FULL, _EMPTY, _HOSTILE)


class BlockTemplate(Struct, frozen=True):
    """A compiled template that has passed its samples, and its text."""

    fill: Callable[[dict[str, object]], str]
    source: str = ""

    def render(self, values: BlockValues) -> str:
        """Return safe and balanced HTML. Raises ValueError when these values make markup that is not
        allowed."""
        return markup.read(self.fill(asdict(values) | {"item": asdict(values.item)}), SUBSET)[0]


def compiled(block: Block, source: str) -> BlockTemplate:
    """Return the template of a block. Raises ValueError, TemplateMistake where the line is known, when it
    cannot be used."""
    from aggregator.editorial import sandbox  # loads jinja2, which the command line seldom needs

    if len(source) > BLOCK_CHARS_MAX:
        raise ValueError(f"the template is longer than {BLOCK_CHARS_MAX} characters")
    variables, of_item = _VARIABLES[block]
    template = BlockTemplate(
        sandbox.compiled(source, sandbox.Names("a template", variables, of_item)), source
    )
    for values in SAMPLES:
        template.render(values)
    return template
