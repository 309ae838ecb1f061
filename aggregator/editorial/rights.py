"""How much of an item the rights of its source let us show, as HTML and as text. Cuts plain text only,
so that what it returns is as safe as what it was given."""

import re
from dataclasses import dataclass
from html import escape, unescape

from aggregator.model import Enclosure, Item
from aggregator.model.settings import Republish

EXCERPT = 600  # characters
SUMMARY = 300

# Our sanitiser writes attributes in double quotes and escapes those within; every branch moves on.
_TAG = re.compile(r'<(?:[^>"]|"[^"]*")*>')


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of an item: `content` is safe HTML, the rest plain text."""

    content: str = ""
    text: str = ""
    summary: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    images: tuple[Enclosure, ...] = ()


def shown(item: Item, republish: Republish) -> Shown:
    """What the rights leave of an item; ValueError when they leave nothing, for then it must not come
    this far."""
    match republish:
        case Republish.NO:
            raise ValueError("the rights of this source forbid showing its items")
        case Republish.HEADLINE:
            return Shown()
        case Republish.EXCERPT:
            excerpt = cut(item.text.partition("\n\n")[0], EXCERPT) or _plain(item.summary, EXCERPT)
            content = f"<p>{escape(excerpt, quote=False)}</p>" if excerpt else ""
            return Shown(content, excerpt, cut(excerpt, SUMMARY))
    content = item.content or item.summary
    text = item.text or _plain(content, len(content))
    summary = _plain(item.summary, SUMMARY) or cut(text.partition("\n\n")[0], SUMMARY)
    return Shown(content, text, summary, item.enclosures, item.images)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a text on one line, cut between words, with … where it was cut."""
    text = " ".join(text[: 4 * limit].split())
    if len(text) <= limit:
        return text
    head, _, _ = text[:limit].rpartition(" ")
    return (head or text[: limit - 1]).rstrip(" ,;:.") + "…"


def _plain(html: str, limit: int) -> str:
    return cut(unescape(_TAG.sub(" ", html[:20_000])), limit)
