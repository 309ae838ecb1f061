"""Allow-list check of HTML that shares nothing with the sanitiser: html5lib and its own lists."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib

ELEMENTS = frozenset(
    """
    a abbr address article aside audio b bdi blockquote br caption cite code col colgroup dd del details
    dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p
    picture pre q rp rt ruby s samp section small source span strong sub summary sup table tbody td
    tfoot th thead time tr tt u ul var video wbr
    """.split()  # noqa: SIM905  as a list it fills a page
)
PLAIN = frozenset(
    """
    alt colspan controls datetime dir height lang media open rel reversed rowspan scope sizes span start
    title type value width
    """.split()  # noqa: SIM905  as a list it fills a page
)
ADDRESSES = frozenset(["href", "src", "poster", "cite"])


def faults(html: str) -> list[str]:
    """Return each element, attribute and address that is not allowed."""
    fragment = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return [fault for element in fragment.iter() if element is not fragment for fault in _faults(element)]


def _faults(element: Element) -> Iterator[str]:
    if element.tag not in ELEMENTS:
        yield f"element {element.tag}"
    for name, value in element.items():
        if name == "srcset":
            addresses = [candidate.split()[0] for candidate in value.split(", ")]
        elif name in ADDRESSES:
            addresses = [value]
        else:
            addresses = []
            if name not in PLAIN:
                yield f"attribute {name}"
        for address in addresses:
            is_contact = name == "href" and address.startswith(("mailto:", "tel:"))
            if not is_contact and not address.startswith(("https://", "http://")):
                yield f"address {address}"
