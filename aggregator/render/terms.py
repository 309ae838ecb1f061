"""Machine-readable terms in what is published: RSL 1.0 (rslstandard.org/rsl) in feeds and as a document, and
the reservation of text and data mining (W3C TDMRep)."""

import json
from collections.abc import Mapping

from lxml.etree import Element, SubElement, _Element, tostring

from aggregator.model.release import Release
from aggregator.model.rights import USES, Terms, Use

RSL = "https://rslstandard.org/rsl"
_WORDS: Mapping[str, str] = {"train": "ai-train", "input": "ai-input", "search": "search"}
_ELEMENTS = {Use.ALLOW: "permits", Use.PROHIBIT: "prohibits"}


def append(parent: _Element, release: Release) -> None:
    """Append the terms of use by AI as rsl:content."""
    _licence(SubElement(parent, f"{{{RSL}}}content", url=release.page), release.terms)


def _licence(content: _Element, terms: Terms) -> None:
    licence = SubElement(content, f"{{{RSL}}}license")
    for use, element in _ELEMENTS.items():
        if words := [_WORDS[name] for name in USES if getattr(terms, name) is use]:
            SubElement(licence, f"{{{RSL}}}{element}", type="usage").text = ",".join(words)


def document(url: str, terms: Terms) -> bytes:
    """Return an RSL document of the terms of everything under a URL."""
    root = Element(f"{{{RSL}}}rsl", nsmap={"rsl": RSL})
    _licence(SubElement(root, f"{{{RSL}}}content", url=url), terms)
    return tostring(root, encoding="UTF-8", xml_declaration=True)


def reservation(terms: Terms) -> bytes:
    """Return /.well-known/tdmrep.json: text and data mining is reserved unless training is allowed."""
    rule = {"location": "/*", "tdm-reservation": int(terms.train is not Use.ALLOW)}
    return json.dumps([rule]).encode()
