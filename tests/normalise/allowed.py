"""Independent check of sanitised HTML: html5lib, a browser-grade parser, and an allow-list of its own."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

_ELEMENT_NAMES = """
    a abbr address article aside audio b bdi blockquote br caption cite code col colgroup dd del
    details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li
    mark ol p picture pre q rp rt ruby s samp section small source span strong sub summary sup table
    tbody td tfoot th thead time tr tt u ul var video wbr
"""
ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTE_NAMES = """
    alt colspan controls datetime dir height lang media open preload rel reversed rowspan scope sizes span
    start title type value width
"""
PLAIN = frozenset(_ATTRIBUTE_NAMES.split())
ADDRESSES = frozenset({"href", "src", "poster", "cite"})


def faults(html: str) -> list[str]:
    """Return one description for each disallowed element, attribute and URL."""
    fragment = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return [fault for element in fragment.iter() if element is not fragment for fault in _faults(element)]


def _faults(element: Element) -> Iterator[str]:
    if element.tag not in ELEMENTS:
        yield f"element {element.tag}"
    for name, value in element.items():
        if name == "srcset":
            urls = [candidate.split()[0] for candidate in value.split(", ")]
        elif name in ADDRESSES:
            urls = [value]
        else:
            urls = []
            if name not in PLAIN:
                yield f"attribute {name}"
        for url in urls:
            is_contact = name == "href" and url.startswith(("mailto:", "tel:"))
            if not is_contact and not url.startswith(("https://", "http://")):
                yield f"address {url}"
