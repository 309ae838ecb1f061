"""RSS 2.0 and Atom 1.0 with feedgen, which writes the core elements; `extension` writes the others.
Items are serialised one by one and spliced into documents, never parsed again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlsplit

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.model.release import Channel, Release
from aggregator.render import Format, body
from aggregator.render.attribution import rights, source_feed
from aggregator.render.extension import NAMESPACES, ChannelExtension, EntryExtension

_EPOCH = datetime.fromtimestamp(0, UTC)  # for a channel that never had an item: Atom requires `updated`
_WRAPPER = "wrapper"
STYLED_LANGUAGES = ("en", "de", "fr", "es")  # of the stylesheets of documents
DELETED, DELETED_END = b"<at:deleted-entry", b"</at:deleted-entry>"


def entry(release: Release, kind: Format) -> bytes:
    """Return one <item> or <entry>. Raises ValueError for characters illegal in XML."""
    item = FeedEntry()
    item.register_extension("publicwire", EntryExtension)
    item.publicwire.release = release
    item.id(release.public_id)
    item.title(release.title)
    if kind is Format.RSS:
        _fill_rss(item, release)
        return unwrapped([item.rss_entry()], kind)
    _fill_atom(item, release)
    return unwrapped([item.atom_entry()], kind)


def document(channel: Channel, entries: Sequence[bytes], kind: Format) -> bytes:
    """Return the head of a channel with serialised entries of the same kind spliced in."""
    feed = FeedGenerator()
    feed.register_extension("publicwire", ChannelExtension)
    feed.publicwire.channel = channel
    feed.id(channel.id)
    feed.title(channel.title)
    feed.description(channel.description)
    feed.link(href=channel.own_address(kind), rel="self", type=f"application/{kind}+xml")
    feed.link(href=channel.page, rel="alternate", type="text/html")  # last: feedgen's RSS <link>
    feed.updated(channel.changed or _EPOCH)
    feed.generator("Publicwire")
    if channel.language:
        feed.language(channel.language)
    if channel.rights:
        feed.rights(channel.rights)
    is_rss = kind is Format.RSS
    whole, tail = (feed.rss_str(), b"</channel></rss>") if is_rss else (feed.atom_str(), b"</feed>")
    declaration, _, head = whole.removesuffix(tail).partition(b"\n")
    head = b"%s\n%s%s" % (declaration, _style(channel), head)
    return b"%s\n%s\n%s\n" % (head, b"\n".join(_in_order(entries)), tail)


def _style(channel: Channel) -> bytes:
    """Return the processing instruction by which browsers show a document to people (xml-stylesheet 1.0); by
    its path, because a page of another host name may load no other style."""
    language = channel.language.partition("-")[0].lower()
    name = f"feed-{language if language in STYLED_LANGUAGES else STYLED_LANGUAGES[0]}.css"
    path = escape(urlsplit(channel.publisher_page).path or "/")
    return f'<?xml-stylesheet type="text/css" href="{path}static/{name}"?>\n'.encode()


def _in_order(entries: Sequence[bytes]) -> Sequence[bytes]:
    """Return entries with each at:deleted-entry cut off its stub and put first: the schema of RFC 4287 has
    extensions of a feed before its entries."""
    heads, others = list[bytes](), list[bytes]()
    for entry in entries:
        deleted, end, stub = entry.partition(DELETED_END) if entry.startswith(DELETED) else (b"", b"", entry)
        heads += [deleted + end] if end else []
        others.append(stub)
    return [*heads, *others]


def _fill_rss(item: FeedEntry, release: Release) -> None:
    source = source_feed(release)
    content = body.html(release)
    item.link(href=release.page, rel="alternate")
    item.description(body.summary(release) or content)
    item.content(content)
    item.source(source.feed or source.link, source.title)
    for file in release.enclosures[:1]:  # RSS allows one; the extension links the others
        item.enclosure(file.url, file.size or 0, file.type or "application/octet-stream")
    item.category([{"term": name} for name in release.category_names])


def _fill_atom(item: FeedEntry, release: Release) -> None:
    item.updated(release.updated)  # required, so that an undated one has at least the time of its import
    if release.is_dated:
        item.published(release.published)
    item.content(body.html(release), type="html")
    if release.summary:
        item.summary(release.summary)
    if words := rights(release):
        item.rights(words)
    item.category(_categories(release))


def _categories(release: Release) -> list[dict[str, str]]:
    """Return terms, with the names of topics as their labels (RFC 4287 section 4.2.2.3)."""
    labels = {slug: {"label": name} for slug, name in release.topic_names}
    return [{"term": term, **labels.get(term, {})} for term in release.categories]


def _root(kind: Format) -> etree._Element:
    return etree.Element(_WRAPPER, nsmap=NAMESPACES[kind])


def unwrapped(elements: Sequence[etree._Element], kind: Format) -> bytes:
    """Return the bytes of elements without namespace declarations, which the document's root carries."""
    root = _root(kind)
    root.extend(elements)
    return etree.tostring(root, encoding="UTF-8")[_OPENING[kind] : -len(f"</{_WRAPPER}>")]


# Length of "<wrapper xmlns…>"; an empty root is serialised as "<wrapper xmlns…/>"
_OPENING = {kind: len(etree.tostring(_root(kind))) - 1 for kind in NAMESPACES}
