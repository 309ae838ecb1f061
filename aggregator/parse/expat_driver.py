"""SAX driver on expat for feedparser: buffers character data and parses the document in one call.

The driver of the standard library delivers text line by line, feeds blocks of 64 kB (quadratic on one long
token in older expats) and looks attributes up in quadratic time. Never fetches an external entity.
"""

from functools import cache
from typing import Any, ClassVar
from xml.parsers import expat
from xml.sax import SAXParseException
from xml.sax.xmlreader import AttributesNSImpl, InputSource, Locator, XMLReader

from aggregator.parse.namespaces import canonical, standard_prefix
from aggregator.parse.places import NOTHING, Places

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
    """SAX reader with namespaces always on and external entities always off.

    With `places` it reports only elements that have a place, under the name of their field, to feedparser's
    `unknown_starttag` and `unknown_endtag`. Without, it is a plain SAX reader.
    """

    places: ClassVar[Places | None] = None

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
        report = (
            _Plain(self.getContentHandler())
            if self.places is None
            else _InPlace(self.getContentHandler(), parser, self.places)
        )
        parser.StartElementHandler = report.start
        parser.EndElementHandler = report.end
        parser.StartNamespaceDeclHandler = report.declare
        parser.CharacterDataHandler = report.handler.characters
        try:
            parser.Parse(stream.read(), True)
        except expat.ExpatError as error:
            self.getErrorHandler().fatalError(SAXParseException(str(error), error, Locator()))


class _Plain:
    """Reports every element."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self._expanded_name = cache(lambda name: _expanded_name(name.split(" ")))

    def declare(self, prefix: str | None, uri: str | None) -> None:
        self.handler.startPrefixMapping(prefix, uri)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        sax_attributes = _Attributes(attributes) if attributes else _NO_ATTRIBUTES
        self.handler.startElementNS(self._expanded_name(name), None, sax_attributes)

    def end(self, name: str) -> None:
        self.handler.endElementNS(self._expanded_name(name), None)


class _InPlace(_Plain):
    """Reports elements that have a place, and the markup in text constructs as it is."""

    def __init__(self, handler: Any, parser: expat.XMLParserType, root: Places) -> None:
        super().__init__(handler)
        self._parser, self._root = parser, root
        self._short_name = cache(_short_name)
        self._open = list[tuple[str, Places | None]]()  # field and places of the children
        self._markup = 0  # open elements in a text construct
        self._skipped = 0  # of open elements without a place

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
        elif not self._open:
            self._start_root(name, attributes)
        elif (places := self._open[-1][1]) is None:
            self._markup += 1
            super().start(name, attributes)
        elif (place := places.get(self._short_name(name))) is not None:
            self._open.append((place.field, place.children))
            self.handler.unknown_starttag(place.field, _named(attributes) if attributes else [])
        else:
            self._skipped = 1
            if places is not NOTHING:
                self._parser.CharacterDataHandler = None

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            if not self._skipped:
                self._parser.CharacterDataHandler = self.handler.characters
        elif self._markup:
            self._markup -= 1
            self._end_markup(name)
        else:
            field, children = self._open[-1]
            if children is None:
                self._end_scopes(len(self._open))
            self._open.pop()
            self.handler.unknown_endtag(field)

    def _end_markup(self, name: str) -> None:
        """Add an end tag to the text: feedparser would end the field of that name, which has not begun."""
        handler, tag = self.handler, self._expanded_name(name)[1].lower()
        if tag == "svg" and handler.svgOK:
            handler.svgOK -= 1
        if handler.contentparams.get("type") == "application/xhtml+xml":
            handler.handle_data(f"</{tag}>", escape=0)
        handler.basestack.pop()
        handler.langstack.pop()
        handler.baseuri = handler.basestack[-1]
        handler.lang = handler.langstack[-1]
        handler.depth -= 1

    def _end_scopes(self, depth: int) -> None:
        """Drop the xml:base and xml:lang of markup in a text: feedparser leaves those of its <div> behind."""
        del self.handler.basestack[depth:], self.handler.langstack[depth:]
        self.handler.depth = depth

    def declare(self, prefix: str | None, uri: str | None) -> None:
        super().declare(prefix, canonical(uri) if uri else uri)

    def _start_root(self, name: str, attributes: dict[str, str]) -> None:
        """Report the root; whatever its namespace is, that is the namespace of the feed."""
        uri, local = self._expanded_name(name)
        local = local.lower()
        own = "atom" if local == "feed" else ""
        if uri and standard_prefix(uri, "") is None:
            self._short_name = cache(lambda each: _short_name(each, uri, own))
        self._open.append((local, self._root))
        self.handler.unknown_starttag(local, _named(attributes))


def _named(attributes: dict[str, str]) -> list[tuple[str, str]]:
    """Return attributes under their names in lower case, with the prefix by which feedparser knows them."""
    named = []
    for name, value in attributes.items():
        if name == "base":
            continue  # feedparser takes it for xml:base
        if " " in name:
            uri, local, *prefix = name.split(" ")
            known = standard_prefix(uri, "".join(prefix))
            name = f"{known}:{local}" if known else local if known == "" else f"foreign:{local}"
        named.append((name.lower(), value))
    return named


def _short_name(name: str, own_uri: str = "", own: str = "") -> str:
    """Return the name of an element in `places`: with a standard prefix, "" for one of a foreign namespace.

    Elements of RSS and Atom have none, but for atom:link: RSS has an element of that name.
    """
    if " " not in name:
        return name.lower()
    uri, local, *prefix = name.split(" ")
    known = own if uri == own_uri else standard_prefix(uri, "".join(prefix))
    if known is None:
        return ""
    local = local.lower()
    if known in ("", "atom"):
        return "atom:link" if known and local == "link" else local
    return f"{known}:{local}"


def _expanded_name(parts: list[str]) -> Name:
    """Return (namespace URI, local name) of expat's "uri local prefix"."""
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def create_parser() -> Driver:
    """Return a driver: xml.sax.make_parser calls a function of this name in a driver module."""
    return Driver()
