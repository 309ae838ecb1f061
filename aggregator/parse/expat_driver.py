"""A SAX driver for feedparser on expat: text in whole pieces, the document in one call.

The standard library's driver hands text over line by line, feeds 64 kB blocks (quadratic on one long token
in older expats) and looks attributes up in quadratic time. Never fetches an external entity.
"""

from collections.abc import ItemsView
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
    """As much of SAX's AttributesNS as feedparser asks for."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self._values: dict[Name, str] = {}
        self._by_qname: dict[str, str] = {}
        for name, value in attributes.items():
            parts = name.split(" ")
            self._values[_pair(parts)] = value
            self._by_qname[f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]] = value

    def items(self) -> ItemsView[Name, str]:
        return self._values.items()

    def getQNames(self) -> list[str]:  # noqa: N802 (SAX)
        return list(self._by_qname)

    def getValueByQName(self, name: str) -> str:  # noqa: N802 (SAX)
        return self._by_qname[name]


class Driver(XMLReader):
    """Namespaces always on; every feature asked for is either that or already off."""

    def setFeature(self, name: str, state: object) -> None:  # noqa: N802 (SAX)
        pass

    def parse(self, source: object) -> None:
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
        names: dict[str, Name] = {}

        def pair(name: str) -> Name:
            known = names.get(name)
            if known is None:
                known = names[name] = _pair(name.split(" "))
            return known

        def start(name: str, attributes: dict[str, str]) -> None:
            handler.startElementNS(pair(name), None, _Attributes(attributes))

        def end(name: str) -> None:
            handler.endElementNS(pair(name), None)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.StartNamespaceDeclHandler = handler.startPrefixMapping
        parser.CharacterDataHandler = handler.characters


def _pair(parts: list[str]) -> Name:
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def create_parser() -> Driver:
    """What xml.sax.make_parser calls in a driver module."""
    return Driver()
