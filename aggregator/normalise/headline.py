"""A body that begins with the headline of its item, which every output shows above it. Pure."""

import re

from aggregator.normalise import plain
from aggregator.normalise.words import words

_HEADING = re.compile(r"\s*<h([1-6])\b[^>]*>.*?</h\1>\s*", re.DOTALL)


def without(title: str, html: str, text: str) -> tuple[str, str]:
    """Return a body as sanitised HTML and as plain text, both without a first heading that repeats `title`.

    A heading with any other word, or with a picture, stays.
    """
    heading = _HEADING.match(html)
    if heading is None:
        return html, text
    said = plain.read(heading[0]).text
    if words(said) != words(title) or not text.startswith(f"{said}\n\n"):
        return html, text
    return html[heading.end() :], text[len(said) :].lstrip("\n")
