"""Feed documents that carry payloads in one field or in all, escaped, as CDATA or raw.

The templates beside this file hold {{field|harmless}} markers, {{@field|harmless}} in attributes, and # for the
number of the entry; fields of the document itself begin with "feed ".
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

TEMPLATES = {
    path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "templates").iterdir()
}
FORMATS = ("rss", "atom", "json")
MARKER = re.compile(r"{{(@?)(.+?)\|(.*?)}}")
FIELDS: Mapping[str, tuple[str, ...]] = {
    form: tuple(marker[2] for marker in MARKER.finditer(TEMPLATES[form])) for form in FORMATS
}
Quote = Callable[[str], str]


def legal(text: str) -> str:
    """Return the text without the characters that XML 1.0 section 2.2 forbids."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not 0xD800 <= ord(c) < 0xE000)
    )


def escaped(text: str) -> str:
    return escape(legal(text))


def cdata(text: str) -> str:
    return f"<![CDATA[{legal(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def raw(text: str) -> str:
    """Return the payload as it is, which seldom leaves the document well-formed."""
    return text


def _json_string(text: str) -> str:
    return json.dumps(text)[1:-1]


def document(
    form: str, fields: Sequence[str], payloads: Sequence[str], *, quote: Quote = escaped, first: int = 0
) -> bytes:
    """Return a document of one entry per payload, which stands in each of these fields of the entry.

    The first payload stands in the fields of the document itself. JSON strings are quoted as such in any case.
    """
    quote = _json_string if form == "json" else quote
    head, entry, tail = re.split(r"\s*<!-- (?:items|end) -->\s*", TEMPLATES[form])
    if "content_text" in fields:  # readers prefer content_html, so that the payload would not be read
        entry = re.sub(r'"content_html": .*\n', "", entry)
    entries = [
        _filled(entry.replace("#", str(number)), fields, payload, quote)
        for number, payload in enumerate(payloads, first)
    ]
    body = _filled(head, fields, payloads[0], quote) + ("," if form == "json" else "").join(entries) + tail
    return body.encode("utf-8", "surrogatepass")


def _filled(template: str, fields: Sequence[str], payload: str, quote: Quote) -> str:
    def value(marker: re.Match[str]) -> str:
        is_attribute, name, harmless = marker.groups()
        if name not in fields:
            return harmless
        return (escaped if is_attribute and quote is cdata else quote)(payload)  # no CDATA in attributes

    return MARKER.sub(value, template)
