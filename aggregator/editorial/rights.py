"""The share of an item that its source's `republish` setting permits, as HTML and as text. Truncates plain
text only, so that the HTML stays as safe as it came."""

from html import escape

from msgspec import Struct

from aggregator.model.item import Enclosure, Item
from aggregator.model.settings import Republish
from aggregator.normalise.plain import EXCERPTED_CHARS_MAX, first_paragraph, line

EXCERPT_CHARS_MAX = 600
SUMMARY_CHARS_MAX = 300


class Permitted(Struct, frozen=True):
    """The publishable part of an item: `content` is safe HTML, `text` and `summary` are plain text."""

    content: str = ""
    text: str = ""
    summary: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    images: tuple[Enclosure, ...] = ()


def permitted(item: Item, republish: Republish) -> Permitted:
    """Return the part of an item that the rights permit. Raises ValueError for `no`, whose items are not
    published at all."""
    match republish:
        case Republish.NO:
            raise ValueError("`republish: no` forbids publishing items of this source")
        case Republish.HEADLINE:
            return Permitted()
        case Republish.EXCERPT:
            first = first_paragraph(item.content) or item.text.partition("\n")[0]
            excerpt = truncate(first or first_paragraph(item.summary), EXCERPT_CHARS_MAX)
            return Permitted(paragraph(excerpt), excerpt, truncate(excerpt, SUMMARY_CHARS_MAX))
    first, _, _ = item.text.partition("\n\n")
    summary = _plain(item.summary, SUMMARY_CHARS_MAX) or truncate(first, SUMMARY_CHARS_MAX)
    return Permitted(item.content, item.text, summary, item.enclosures, item.images)


def paragraph(text: str) -> str:
    """Return a line of plain text as HTML, "" for none."""
    return f"<p>{escape(text, quote=False)}</p>" if text else ""


def truncate(text: str, limit: int) -> str:
    """Return at most `limit` characters of a text on one line, cut between words and ended with "…"."""
    text = " ".join(text[: 4 * limit].split())
    if len(text) <= limit:
        return text
    head, _, _ = text[:limit].rpartition(" ")
    return (head or text[: limit - 1]).rstrip(" ,;:.") + "…"


def _plain(html: str, limit: int) -> str:
    """Return safe HTML as plain text of at most `limit` characters."""
    return truncate(line(html[:EXCERPTED_CHARS_MAX]), limit)
