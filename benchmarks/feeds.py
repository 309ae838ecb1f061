"""Writes the feeds: deterministic, varied, invented text in RSS 2.0, one item a day.

Pure: the same feed, revision and time give the same bytes. The words are made of syllables, so no
text of anyone is copied, and no two items are alike.
"""

import itertools
import random
from datetime import datetime, timedelta
from email.utils import format_datetime

from benchmarks.states import ITEMS, reference

BODY_BYTES = 5_000

_SYLLABLES = (
    *("ba be bi bo da de di do fa fe ga ge ka ki la le li lo ma me mi mo na ne ni no".split()),
    *("pa pe pi ra re ri ro sa se si so ta te ti to va ve vi wa za stra tri lon mer den".split()),
)
_SMALL_WORDS = "the of and to in a for that on with by as is at from".split()


def _vocabulary() -> list[str]:
    rng = random.Random("vocabulary")
    words = {"".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(4_000)}
    return sorted(words) + _SMALL_WORDS * 150  # about a third of running text are small words


_WORDS = _vocabulary()


def _sentence(rng: random.Random) -> str:
    words = rng.choices(_WORDS, k=rng.randint(8, 20))
    return " ".join(words).capitalize() + "."


def _paragraph(rng: random.Random) -> str:
    text = " ".join(_sentence(rng) for _ in range(rng.randint(3, 6)))
    match rng.randrange(6):
        case 0:
            return f"<p><strong>{_sentence(rng)}</strong> {text}</p>"
        case 1:
            link = f"https://www.example.org/documents/{rng.randrange(10**6)}"
            return f'<p>{text} <a href="{link}">{_sentence(rng)}</a></p>'
        case 2:
            points = "".join(f"<li>{_sentence(rng)}</li>" for _ in range(3))
            return f"<p>{text}</p><ul>{points}</ul>"
        case _:
            return f"<p>{text} &ldquo;{_sentence(rng)}&rdquo;</p>"


def body(rng: random.Random, size: int = BODY_BYTES) -> str:
    """HTML paragraphs of about `size` bytes."""
    paragraphs: list[str] = []
    length = 0
    while length < size - 150:  # half a paragraph: the average is `size`
        paragraphs.append(_paragraph(rng))
        length += len(paragraphs[-1])
    return "\n".join(paragraphs)


def _item(feed: int, number: int, site: str, now: datetime) -> str:
    rng = random.Random(f"item {feed} {number}")
    # One a day; what is new in a later state is less than a minute old, never in the future.
    age = timedelta(days=max(ITEMS - number, 0), seconds=max(2 * ITEMS - number, 0))
    title = " ".join(rng.choices(_WORDS, k=8)).capitalize()
    url = f"{site}/releases/{number}.html"
    return (
        f"<item><title>{title} ({reference(feed, number)})</title><link>{url}</link>"
        f'<guid isPermaLink="true">{url}</guid><pubDate>{format_datetime(now - age)}</pubDate>'
        f"<description><![CDATA[{body(rng)}]]></description></item>\n"
    )


def documents(feed: int, site: str, now: datetime, revisions: int) -> list[bytes]:
    """One document a revision: each lists the newest `ITEMS` items, one of them new.

    `site` is the address before the path; `now` is aware and dates the newest item.
    """
    items = [_item(feed, number, site, now) for number in range(ITEMS + revisions - 1)]
    return [
        _document(feed, site, items[revision : revision + ITEMS]) for revision in range(revisions)
    ]


def _document(feed: int, site: str, items: list[str]) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>Organisation {feed:03d}</title><link>{site}/</link>"
        f"<description>Releases of organisation {feed:03d}</description><language>en</language>\n"
    )
    return "".join(itertools.chain([head], reversed(items), ["</channel></rss>\n"])).encode()
