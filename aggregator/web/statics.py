"""Stylesheets, icons and scripts of the package, as served below /static/."""

from collections.abc import Mapping
from pathlib import Path

from aggregator.editorial import words
from aggregator.model.settings import Publication
from aggregator.publish.document import Published

_DIRECTORY = Path(__file__).parent / "static"
_FILES = ("style.css", "admin.css", "embed.css", "copy.js", "desk.js", "refresh.js", "icon.svg")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def static(name: str) -> Published:
    """Return a static file of the package."""
    return Published((_DIRECTORY / name).read_bytes(), _TYPES[Path(name).suffix], None)


def own_feed_style(publication: Publication) -> Mapping[str, Published]:
    """Return the stylesheet of opened feeds with the publication's own sentence, by the name of that which it
    replaces; empty for a publication without one."""
    sentence = dict(publication.words).get("feed_opened")
    language = publication.language.partition("-")[0].lower()
    name = f"feed-{language if language in words.CATALOGUES else 'en'}.css"
    return {name: _feed_style(sentence)} if sentence else {}


def _feed_style(sentence: str) -> Published:
    style = static("feed.css")
    return Published(style.body.replace(b"@SUBSCRIBE@", _escaped(sentence).encode()), style.media_type, None)


def _escaped(sentence: str) -> str:
    """Return a text as the inside of a CSS string (CSS Syntax level 3 section 4.3.5)."""
    return "".join(f"\\{ord(each):x} " if each in '"\\<' or each < " " else each for each in sentence)


# What a feed says on top when a browser shows it is in the language of its channel.
STATIC: Mapping[str, Published] = {name: static(name) for name in _FILES} | {
    f"feed-{language}.css": _feed_style(catalogue["feed_opened"])
    for language, catalogue in words.CATALOGUES.items()
}
