"""Rules of the W3C feed validator (github.com/w3c/feedvalidator, src/feedvalidator/logging.py, 2025-12-16) as a
table: each of its messages is checked on documents of ours by a function that returns the faults, or has the
reason why no document of ours can cause it. The names are the validator's.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

from lxml import etree

from aggregator.render.extension import ATOM, CONTENT, CREATIVE_COMMONS, DC, DCTERMS, HISTORY, MEDIA, MI
from aggregator.render.extension import TOMBSTONES as AT
from aggregator.render.terms import RSL

PREFIXES = {
    ATOM: "atom",
    AT: "at",
    CONTENT: "content",
    CREATIVE_COMMONS: "creativeCommons",
    DC: "dc",
    DCTERMS: "dcterms",
    HISTORY: "fh",
    MEDIA: "media",
    MI: "mi",
    RSL: "rsl",
}


def _names(text: str) -> list[str]:
    return text.split()


CHANNEL = _names(
    "title link description language copyright pubDate lastBuildDate category generator docs ttl item"
)
ITEM = _names("title link description author category comments enclosure guid pubDate source")
FEED = _names("author category contributor generator icon id link logo rights subtitle title updated entry")
ENTRY = _names("author category content contributor id link published rights source summary title updated")
PARTS = {
    "channel": CHANNEL,
    "item": ITEM,
    f"{{{ATOM}}}feed": FEED,
    f"{{{ATOM}}}entry": ENTRY,
    f"{{{ATOM}}}source": FEED[:-1],
    f"{{{ATOM}}}author": ["name", "uri", "email"],
    f"{{{ATOM}}}contributor": ["name", "uri", "email"],
}
ATTRIBUTES = {
    "rss": ["version"],
    "enclosure": ["url", "length", "type"],
    "guid": ["isPermaLink"],
    "source": ["url"],
    "category": ["domain", "term", "scheme", "label"],
    "content": ["type", "url", "medium", "fileSize"],
    "generator": ["uri", "version"],
    "link": ["rel", "href", "type", "length"],
    "deleted-entry": ["ref", "when"],
}
NEEDED = {
    "channel": ("title", "link", "description"),
    "item": ("title", "description", "guid", "link"),
    f"{{{ATOM}}}feed": ("id", "title", "updated"),
    f"{{{ATOM}}}entry": ("id", "title", "updated", "author"),
    f"{{{ATOM}}}source": ("id", "title", "updated"),
}
MANY = _names("item entry category link author contributor creator content deleted-entry")
RELATIONS = _names("alternate current enclosure hub license next next-archive prev-archive related self via")
RELATIONS_OF_FEEDS = {"current", "next", "next-archive", "prev-archive"}
ADDRESS = re.compile(r"(https?://[a-z0-9.-]+(:\d+)?(/[^\s<>\"{}|\\^`]*)?|(urn|tag):[^\s<>\"{}|\\^`]+)")
MIME = re.compile(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w-]+)*", re.ASCII)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC822 = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [0-2]\d:\d\d:\d\d ([+-]\d{4}|GMT)")
DATES = {"updated", "published", "modified", "expirationDate"}
ALLOWED_TAGS = {*_names("p em div a ul li br small strong section aside footer b hr")}


@dataclass(frozen=True, slots=True)
class Documents:
    """A current document in RSS and Atom and an archive, as published; `now` is when."""

    rss: bytes
    atom: bytes
    archive: bytes
    now: datetime
    addresses: tuple[str, ...] = (
        "https://releases.example/feed.rss",
        "https://releases.example/feed.atom",
        "https://releases.example/archive/2.atom",
    )

    @property
    def all(self) -> tuple[bytes, ...]:
        return self.rss, self.atom, self.archive

    @property
    def roots(self) -> list[etree._Element]:
        return [
            etree.fromstring(each, etree.XMLParser(recover=False, resolve_entities=False))
            for each in self.all
        ]

    def elements(self, *names: str) -> Iterator[etree._Element]:
        """Yield the elements with these local names, all without one."""
        for root in self.roots:
            for each in root.iter(etree.Element):
                if not names or local(each) in names:
                    yield each


def local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def text(element: etree._Element) -> str:
    return element.text or ""


Faults = Iterable[str]
Check = Callable[[Documents], Faults]


STYLED = r"""[^\n]*\n<\?xml-stylesheet type="text/css" href="/[a-z/]*static/feed-[a-z]{2}\.css"\?>\n<"""


def are_xml_in_utf8(of: Documents) -> Faults:
    """XML 1.0 in UTF-8 that says so, without DTD, instruction but that of its style, blank before it or control characters."""
    for each in of.all:
        head, body = each[:80].decode().lower(), each.decode()
        if not head.startswith(
            ("<?xml version='1.0' encoding='utf-8'?>", '<?xml version="1.0" encoding="utf-8"?>')
        ):
            yield f"begins with {head!r}"
        style = re.match(STYLED, body)
        if "<!" in body.replace("<![CDATA[", "") or body.count("<?") != (2 if style else 1):
            yield "has a DTD, a comment or an instruction"
        if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]", body):
            yield "has control characters"
        try:
            etree.fromstring(each, etree.XMLParser(recover=False))
        except etree.XMLSyntaxError as error:
            yield str(error)


def are_in_known_namespaces(of: Documents) -> Faults:
    """Extensions under their usual prefixes; elements of RSS in none, of Atom in that of RFC 4287."""
    for each in of.elements():
        namespace = etree.QName(each).namespace
        expected = PREFIXES.get(str(namespace)) if namespace else None
        if (namespace == MEDIA and local(each) != "content") or (namespace and namespace not in PREFIXES):
            yield f"{each.tag} is in an unknown namespace"
        elif each.prefix != expected and not (namespace == ATOM and each.prefix is None):
            yield f"{each.tag} has the prefix {each.prefix}"


def have_the_parts_of_their_format(of: Documents) -> Faults:
    """Elements where RSS 2.0 and RFC 4287 have them, with their attributes alone; text only in leaves."""
    for each in of.elements():
        home = etree.QName(each).namespace
        allowed = PARTS.get(str(each.tag), [])
        for child in each if allowed else ():
            if etree.QName(child).namespace == home and local(child) not in allowed:
                yield f"{local(child)} in {local(each)}"
        known = ATTRIBUTES.get(local(each), []) if home != RSL else [*each.attrib]
        names = map(str, each.attrib)
        yield from (
            f"@{name} of {local(each)}" for name in names if name not in known and "}lang" not in name
        )
        if len(each) and text(each).strip():
            yield f"text in {local(each)}"


def are_of_the_present_version(of: Documents) -> Faults:
    """RSS 2.0, and Atom as in RFC 4287."""
    rss, *feeds = of.roots
    if (rss.tag, rss.get("version")) != ("rss", "2.0"):
        yield f"{rss.tag} {rss.get('version')}"
    yield from (each.tag for each in feeds if each.tag != f"{{{ATOM}}}feed")


def have_what_is_required(of: Documents) -> Faults:
    """Required and recommended elements, and the address of the document itself."""
    for each in of.elements():
        present = {local(child) for child in each if etree.QName(child).namespace in (None, ATOM)}
        yield from (
            f"{local(each)} without {name}" for name in NEEDED.get(str(each.tag), ()) if name not in present
        )
        if each.tag == f"{{{ATOM}}}entry" and not present & {"content", "summary"}:
            yield "entry without content"
        if each.tag == f"{{{ATOM}}}link" and not each.get("href"):
            yield "link without href"
    for root in of.roots:
        own = [each.get("href") for each in _of_feed(root) if each.get("rel") == "self"]
        if len(own) != 1 or own[0] not in of.addresses:
            yield f"own address {own}"


def repeat_nothing(of: Documents) -> Faults:
    """One of each element, of each id and of each alternate."""
    for each in of.elements("channel", "item", "feed", "entry"):
        counts = Counter(child.tag for child in each if local(child) not in MANY)
        yield from (f"{tag} twice" for tag, count in counts.items() if count > 1)
        kinds = Counter(child.get("type") for child in each if child.get("rel") == "alternate")
        yield from (f"alternate {kind} twice" for kind, count in kinds.items() if count > 1)
    for root in of.roots:
        names = Counter(text(each) for each in root.iter("guid")) + Counter(
            text(found)
            for each in root.iter(f"{{{ATOM}}}entry")
            if (found := each.find(f"{{{ATOM}}}id")) is not None
        )
        yield from (f"{name} twice" for name, count in names.items() if count > 1)


def say_each_thing_once(of: Documents) -> Faults:
    """No extension says again what RSS has an element for."""
    pairs = {"pubDate": f"{{{DC}}}date", "category": f"{{{DC}}}subject", "author": f"{{{DC}}}creator"}
    pairs |= {"guid": f"{{{ATOM}}}id", "source": f"{{{DC}}}source", "language": f"{{{DC}}}language"}
    for each in of.elements("item", "channel"):
        yield from (one for one, other in pairs.items() if None not in (each.find(one), each.find(other)))


def have_dates_of_their_format(of: Documents) -> Faults:
    """RFC 822 with four digits of the year, the right weekday and an offset; RFC 3339 elsewhere; none ahead."""
    for each in of.elements("pubDate", "lastBuildDate"):
        if not RFC822.fullmatch(text(each)):
            yield text(each)
            continue
        moment = parsedate_to_datetime(text(each))
        if f"{moment:%a}" != text(each)[:3] or not _is_plausible(moment, of.now):
            yield text(each)
    for each in of.elements(*DATES):
        stated = text(each)
        if not RFC3339.fullmatch(stated) or not _is_plausible(datetime.fromisoformat(stated), of.now):
            yield f"{local(each)} {stated}"


def _is_plausible(moment: datetime, now: datetime) -> bool:
    return moment.year > 1970 and moment <= now + timedelta(days=1)


def have_absolute_addresses(of: Documents) -> Faults:
    """Absolute URLs and IRIs, in links, ids and content."""
    for each in of.elements():
        found = [each.get(name, "") for name in ("href", "url", "ref") if name in each.attrib]
        is_plain = local(each) == "link" and etree.QName(each).namespace is None
        if is_plain or local(each) in ("docs", "uri") or (local(each) == "license" and not len(each)):
            found.append(text(each))
        if local(each) == "id" or (local(each) == "guid" and each.get("isPermaLink") != "true"):
            found.append(text(each))
        yield from (address for address in found if not ADDRESS.fullmatch(address))
    for content in _html(of):
        yield from (
            each for each in re.findall(r'(?:href|src)="([^"]*)"', content) if not ADDRESS.fullmatch(each)
        )


def have_guids_that_are_what_they_say(of: Documents) -> Faults:
    """A guid is an address only if it says so; none is a short number."""
    for each in of.elements("guid"):
        if each.get("isPermaLink") not in ("true", "false"):
            yield "isPermaLink"
        if each.get("isPermaLink") == "true" and not text(each).startswith(("http://", "https://")):
            yield text(each)
        if text(each).isdigit() and len(text(each)) < 9:
            yield text(each)


def have_media_types_and_sizes(of: Documents) -> Faults:
    """MIME types, sizes that are whole numbers, 0 for an unknown one, and kinds of media of Media RSS."""
    for each in of.elements("enclosure", "link", "content"):
        if (
            "type" in each.attrib
            and each.get("type") not in ("html", "text")
            and not MIME.fullmatch(each.get("type", ""))
        ):
            yield f"type {each.get('type')}"
        yield from (
            f"{name} {each.get(name)}"
            for name in ("length", "fileSize")
            if name in each.attrib and not re.fullmatch(r"\d{1,15}", each.get(name, ""))
        )
        if local(each) == "enclosure" and not {"url", "length", "type"} <= {*each.attrib}:
            yield "enclosure without an attribute"
        is_text = local(each) == "content" and etree.QName(each).namespace == ATOM
        if is_text and each.get("type") not in ("html", "text"):
            yield f"content is {each.get('type')}"
        if each.tag == f"{{{MEDIA}}}content" and each.get("medium") != "image":
            yield f"medium {each.get('medium')}"


def have_languages(of: Documents) -> Faults:
    """Language tags in the form of BCP 47."""
    stated = [text(each) for each in of.elements("language")]
    stated += [
        str(value)
        for each in of.elements()
        for name, value in each.attrib.items()
        if str(name).endswith("}lang")
    ]
    yield from (each for each in stated if not LANGUAGE.fullmatch(each))


def are_blank_nowhere(of: Documents) -> Faults:
    """No element or attribute is empty but for those that have children or attributes."""
    for each in of.elements():
        if not len(each) and not each.attrib and not text(each).strip() and local(each) != "archive":
            yield f"{local(each)} is blank"
        yield from (f"@{name!s} is blank" for name, value in each.attrib.items() if not str(value).strip())


class _Tags(HTMLParser):
    """Tags and attributes of HTML, and whether its elements are closed in their order."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.open: list[str] = []
        self.is_whole = True
        self.feed(content)
        self.close()
        self.is_whole &= not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"@{name}" for name, _ in attrs)}
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_whole &= bool(self.open) and self.open.pop() == tag


def _html(of: Documents) -> Iterator[str]:
    for each in of.elements("description", "encoded", "content", "summary"):
        is_text = local(each) in ("content", "summary") and each.get("type") != "html"
        if local(each) == "description" and local(each.getparent()) == "channel":  # type: ignore[arg-type]  # an item's or the channel's
            continue
        if not is_text:
            yield text(each)


def have_safe_html(of: Documents) -> Faults:
    """Content is escaped HTML, whole, without script, style, event handlers or unknown tags."""
    for content in _html(of):
        tags = _Tags(content)
        unsafe = {
            each
            for each in tags.found
            if each.startswith(("@on", "@style")) or each in ("script", "style", "iframe")
        }
        yield from sorted(unsafe | {each for each in tags.found if each[0] != "@"} - ALLOWED_TAGS)
        if not tags.is_whole:
            yield f"not whole: {content}"


def have_no_markup_in_plain_text(of: Documents) -> Faults:
    """Titles, names and categories are text; a title in RSS holds no character that could be read as markup."""
    for each in of.elements("title", "name", "creator", "category", "contributor", "subtitle", "rights"):
        if re.search(r"</?[a-z][^>]*>|&(amp|lt|gt|#\d+);", text(each)):
            yield f"{local(each)} {text(each)}"


def have_links_of_known_relations(of: Documents) -> Faults:
    """Empty links with relations of the IANA registry; those among documents only in the head of one."""
    for each in of.elements("link"):
        if etree.QName(each).namespace != ATOM:
            continue
        if text(each) or len(each) or each.get("rel") not in RELATIONS:
            yield f"link {each.get('rel')}"
        if local(each.getparent()) in ("entry", "item") and each.get("rel") in RELATIONS_OF_FEEDS:  # type: ignore[arg-type]  # a link has a parent
            yield f"{each.get('rel')} in an entry"
        if each.get("rel") == "self" and not re.match(r"application/(rss|atom)\+xml|$", each.get("type", "")):
            yield "self is no feed"


def _of_feed(root: etree._Element) -> list[etree._Element]:
    head = root.find("channel") if root.tag == "rss" else root
    assert head is not None
    return list(head.iterfind(f"{{{ATOM}}}link"))


def have_archives_that_link_on(of: Documents) -> Faults:
    """An archive links the current document and another archive, and no document is said to be complete."""
    *_, archive = of.roots
    found = {each.get("rel") for each in _of_feed(archive)}
    if archive.find(f"{{{HISTORY}}}archive") is None or "current" not in found:
        yield "archive without the current document"
    if not found & {"prev-archive", "next-archive"}:
        yield "archive without another"
    yield from ("complete" for _ in of.elements("complete"))


def stand_in_order(of: Documents) -> Faults:
    """The head before the entries, and in RSS the description before the content."""
    for root in of.roots:
        head = root.find("channel") if root.tag == "rss" else root
        names = [local(each) for each in head if etree.QName(each).namespace in (None, ATOM)]  # type: ignore[union-attr]  # RSS has a channel
        entries = [name in ("item", "entry") for name in names]
        if entries != sorted(entries):
            yield "an entry before the head's end"
    for each in of.elements("item"):
        order = [local(child) for child in each]
        if "encoded" in order and "description" not in order[: order.index("encoded")]:
            yield "content before the description"


def name_no_mailbox(of: Documents) -> Faults:
    """No element holds a mail address, which RSS has authors by."""
    yield from (
        local(each)
        for each in of.elements()
        if re.search(r"\S@\S+\.\S", text(each)) and local(each) in ("author", "name", "creator")
    )
    yield from (
        local(each)
        for each in of.elements("author", "managingEditor", "webMaster", "email")
        if etree.QName(each).namespace != ATOM
    )
