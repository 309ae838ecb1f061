"""RSS 2.0 and Atom 1.0: the room of feedgen. It writes the plain elements; `extension` writes what it
lacks. Items are written one by one and spliced, never parsed again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator.model import Channel, Release
from aggregator.render import body
from aggregator.render.attribution import lineage, rights
from aggregator.render.extension import NAMESPACES, ChannelExtension, EntryExtension

_NEVER = datetime.fromtimestamp(0, UTC)  # a channel that never held anything still needs a date
_SEAM = "seam"


def entry(release: Release, kind: str) -> bytes:
    """One <item> or <entry>; ValueError when it holds what XML cannot."""
    written = FeedEntry()
    written.register_extension("publicwire", EntryExtension)
    written.publicwire.release = release
    written.id(release.public_id)
    written.title(release.title)
    match kind:
        case "rss":
            _fill_rss(written, release)
            return _cut(written.rss_entry(), kind)
        case "atom":
            _fill_atom(written, release)
            return _cut(written.atom_entry(), kind)
    raise ValueError(f"there is no {kind!r}; use rss, atom or json")


def document(channel: Channel, entries: Sequence[bytes], kind: str) -> bytes:
    """The head of a channel with entries of the same kind spliced in."""
    feed = FeedGenerator()
    feed.register_extension("publicwire", ChannelExtension)
    feed.publicwire.channel = channel
    feed.id(channel.id)
    feed.title(channel.title)
    feed.description(channel.description)
    feed.link(href=f"{channel.address}feed.{kind}", rel="self", type=f"application/{kind}+xml")
    feed.link(href=channel.page, rel="alternate", type="text/html")  # last: feedgen's RSS takes the last
    feed.updated(channel.changed or _NEVER)
    feed.generator("Publicwire")
    if channel.language:
        feed.language(channel.language)
    if channel.rights:
        feed.rights(channel.rights)
    whole, tail = (feed.rss_str(), b"</channel></rss>") if kind == "rss" else (feed.atom_str(), b"</feed>")
    return b"%s\n%s\n%s\n" % (whole.removesuffix(tail), b"\n".join(entries), tail)


def _fill_rss(written: FeedEntry, release: Release) -> None:
    source = lineage(release)
    whole = body.html(release)
    written.link(href=release.page, rel="alternate")
    # HTML by custom of readers, so a plain summary is escaped
    written.description(escape(release.summary, quote=False) or whole)
    written.content(whole)
    written.source(source.feed, source.title)
    for file in release.enclosures[:1]:  # RSS has room for one; the extension links the others
        written.enclosure(file.url, file.size or 0, file.type or "application/octet-stream")
    written.category([{"term": category} for category in release.categories])


def _fill_atom(written: FeedEntry, release: Release) -> None:
    written.updated(release.updated)
    written.published(release.published)
    written.content(body.html(release), type="html")
    if release.summary:
        written.summary(release.summary)
    if words := rights(release):
        written.rights(words)
    written.category([{"term": category} for category in release.categories])


def _root(kind: str) -> etree._Element:
    return etree.Element(_SEAM, nsmap=NAMESPACES[kind])


def _cut(element: etree._Element, kind: str) -> bytes:
    """The element's bytes without namespace declarations: the document's root holds those."""
    root = _root(kind)
    root.append(element)
    return etree.tostring(root, encoding="UTF-8")[_OPENING[kind] : -len(f"</{_SEAM}>")]


# How long "<seam xmlns…>" is: an empty root is written "<seam xmlns…/>"
_OPENING = {kind: len(etree.tostring(_root(kind))) - 1 for kind in NAMESPACES}
