"""SAX driver on expat for feedparser: buffers character data and parses the document in one call.

The driver of the standard library delivers text line by line, feeds blocks of 64 kB (quadratic on one long
token in older expats) and looks attributes up in quadratic time. Never fetches an external entity.
"""

from functools import cache
from xml.parsers import expat
from xml.sax import SAXParseException
from xml.sax.xmlreader import AttributesNSImpl, InputSource, Locator, XMLReader

Name = tuple[str | None, str]


class _Attributes(AttributesNSImpl):
    """Attributes that are looked up by qualified name in constant time."""

    def __init__(self, attributes: dict[str, str]) -> None:
        values: dict[Name, str] = {}
        self._by_qname: dict[str, str] = {}
        for name, value in attributes.items():
            parts = name.split(" ")
            values[_expanded_name(parts)] = value
            self._by_qname[f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]] = value
        super().__init__(values, {})

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
        handler = self.getContentHandler()
        expanded_name = cache(lambda name: _expanded_name(name.split(" ")))

        def start(name: str, attributes: dict[str, str]) -> None:
            sax_attributes = _Attributes(attributes) if attributes else _NO_ATTRIBUTES
            handler.startElementNS(expanded_name(name), None, sax_attributes)

        def end(name: str) -> None:
            handler.endElementNS(expanded_name(name), None)

        parser = expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.StartNamespaceDeclHandler = handler.startPrefixMapping
        parser.CharacterDataHandler = handler.characters
        try:
            parser.Parse(stream.read(), True)
        except expat.ExpatError as error:
            self.getErrorHandler().fatalError(SAXParseException(str(error), error, Locator()))


def _expanded_name(parts: list[str]) -> Name:
    """Return (namespace URI, local name) of expat's "uri local prefix"."""
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def create_parser() -> Driver:
    """Return a driver: xml.sax.make_parser calls a function of this name in a driver module."""
    return Driver()
