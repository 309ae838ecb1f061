"""Generator of the feeds: deterministic, varied, invented text in RSS 2.0, one item a day.

Pure: the same feed, revision and time give the same bytes. The words are made of syllables, so no
existing text is copied, and no two items are alike.
"""

import itertools
import random
from datetime import datetime, timedelta
from email.utils import format_datetime

from benchmarks.states import ITEMS, reference

BODY_BYTES = 5_000

_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeio"]
_SYLLABLES += ["stra", "tri", "lon", "mer", "den", "wa"]
_SMALL_WORDS = ["the", "of", "and", "to", "in", "a", "for", "that", "on", "with", "by", "as", "is"]


def _vocabulary() -> list[str]:
    rng = random.Random("vocabulary")
    words = {"".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(4_000)}
    return sorted(words) + _SMALL_WORDS * 150  # about a third of running text are small words


_WORDS = _vocabulary()


def sentence(rng: random.Random) -> str:
    """Return about 90 bytes of plain words."""
    words = rng.choices(_WORDS, k=rng.randint(8, 20))
    return " ".join(words).capitalize() + "."


def _link(rng: random.Random) -> str:
    return f'href="https://www.example.org/documents/{rng.randrange(10**6)}"'


def _paragraph(rng: random.Random) -> str:
    """Return one block as newsrooms write them: many are short, most have some mark-up."""
    text, said = sentence(rng), sentence(rng)
    match rng.randrange(10):
        case 0:
            return f'<p class="lead"><strong>{said}</strong> {text}</p>'
        case 1 | 2:
            return f'<p>{text} <a {_link(rng)} rel="noopener">{said}</a></p>'
        case 3:
            points = "".join(f"<li>{sentence(rng)}</li>" for _ in range(3))
            return f"<p>{text}</p><ul>{points}</ul>"
        case 4:
            return f'<p><span class="text-body">{text}</span> &ldquo;<em>{said}</em>&rdquo;</p>'
        case 5:
            return f"<h3>{text}</h3>"
        case 6:
            image = f'src="/media/{rng.randrange(10**6)}.jpg" alt="{said}" width="800"'
            return f"<figure><img {image}><figcaption>{text}</figcaption></figure>"
        case _:
            return f"<p>{text}&nbsp;{said} &amp; {sentence(rng)}</p>"


def body(rng: random.Random, size: int = BODY_BYTES) -> str:
    """Return HTML paragraphs of about `size` bytes.

    In 1,000 bytes about 9 elements, 4 attributes and 2 entities, as in bodies of this size in real
    feeds (the means of 427 are 8.9, 4.8 and 2.6): the time a reader spends on a body depends on these.
    """
    paragraphs: list[str] = []
    length = 0
    while length < size - 200:  # half a paragraph: the average is `size`
        paragraphs.append(_paragraph(rng))
        length += len(paragraphs[-1])
    return "\n".join(paragraphs)


def _item(feed: int, number: int, site: str, now: datetime, size: int) -> str:
    rng = random.Random(f"item {feed} {number}")
    # One a day; entries that are new in a later state are less than a minute old, never in the future.
    age = timedelta(days=max(ITEMS - number, 0), seconds=max(2 * ITEMS - number, 0))
    title = " ".join(rng.choices(_WORDS, k=8)).capitalize()
    url = f"{site}/releases/{number}.html"
    return (
        f"<item><title>{title} ({reference(feed, number)})</title><link>{url}</link>"
        f'<guid isPermaLink="true">{url}</guid><pubDate>{format_datetime(now - age)}</pubDate>'
        f"<description><![CDATA[{body(rng, size)}]]></description></item>\n"
    )


def documents(feed: int, site: str, now: datetime, revisions: int, *, size: int = BODY_BYTES) -> list[bytes]:
    """Return one document a revision: each lists the newest `ITEMS` items, one of them new.

    `site` is the address before the path; `now` is aware and dates the newest item; `size` is the
    bytes of a body.
    """
    items = [_item(feed, number, site, now, size) for number in range(ITEMS + revisions - 1)]
    return [_document(feed, site, items[revision : revision + ITEMS]) for revision in range(revisions)]


def _document(feed: int, site: str, items: list[str]) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>Organisation {feed:03d}</title><link>{site}/</link>"
        f"<description>Releases of organisation {feed:03d}</description><language>en</language>\n"
    )
    return "".join(itertools.chain([head], reversed(items), ["</channel></rss>\n"])).encode()
