"""SAX driver on expat for feedparser: buffers character data and parses the document in one call.

The driver of the standard library delivers text line by line, feeds blocks of 64 kB (quadratic on one long
token in older expats) and looks attributes up in quadratic time. Never fetches an external entity.
"""

from collections.abc import ItemsView
from functools import cache
from typing import Protocol, cast
from xml.parsers import expat
from xml.sax import SAXParseException
from xml.sax.xmlreader import InputSource, Locator, XMLReader

Name = tuple[str | None, str]


class _Handler(Protocol):
    def startElementNS(self, name: Name, qname: None, attrs: "_Attributes") -> None: ...  # noqa: N802 (SAX)
    def endElementNS(self, name: Name, qname: None) -> None: ...  # noqa: N802 (SAX)
    def startPrefixMapping(self, prefix: str | None, uri: str | None) -> None: ...  # noqa: N802 (SAX)
    def characters(self, content: str) -> None: ...


class _Attributes:
    """The part of SAX's AttributesNS that feedparser uses."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self._values: dict[Name, str] = {}
        self._by_qname: dict[str, str] = {}
        for name, value in attributes.items():
            parts = name.split(" ")
            self._values[_expanded_name(parts)] = value
            self._by_qname[f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]] = value

    def items(self) -> ItemsView[Name, str]:
        return self._values.items()

    def getQNames(self) -> list[str]:  # noqa: N802 (SAX)
        return list(self._by_qname)

    def getValueByQName(self, name: str) -> str:  # noqa: N802 (SAX)
        return self._by_qname[name]


_NO_ATTRIBUTES = _Attributes({})  # shared: most elements have none


class Driver(XMLReader):
    """SAX reader with namespaces always on and external entities always off."""

    def setFeature(self, name: str, state: object) -> None:  # noqa: N802 (SAX)
        """Ignore the request: feedparser asks only for the two features that are fixed here."""

    def parse(self, source: object) -> None:
        """Parse an InputSource with a byte stream of UTF-8; report ill-formed XML to the error handler."""
        assert isinstance(source, InputSource)
        stream = source.getByteStream()
        assert stream is not None
        parser = expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        self._connect(parser, cast(_Handler, self.getContentHandler()))
        try:
            parser.Parse(stream.read(), True)
        except expat.ExpatError as error:
            self.getErrorHandler().fatalError(SAXParseException(str(error), error, Locator()))

    def _connect(self, parser: expat.XMLParserType, handler: _Handler) -> None:
        expanded_name = cache(lambda name: _expanded_name(name.split(" ")))

        def start(name: str, attributes: dict[str, str]) -> None:
            sax_attributes = _Attributes(attributes) if attributes else _NO_ATTRIBUTES
            handler.startElementNS(expanded_name(name), None, sax_attributes)

        def end(name: str) -> None:
            handler.endElementNS(expanded_name(name), None)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.StartNamespaceDeclHandler = handler.startPrefixMapping
        parser.CharacterDataHandler = handler.characters


def _expanded_name(parts: list[str]) -> Name:
    """Return (namespace URI, local name) of expat's "uri local prefix"."""
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def create_parser() -> Driver:
    """Return a driver: xml.sax.make_parser calls a function of this name in a driver module."""
    return Driver()
