"""feedgen extensions for elements it lacks: full atom:source, link attributes, dc:creator, licence, language,
images, several enclosures, WebSub hubs, and a pubDate that does not switch the process's locale."""

from email.utils import format_datetime

from lxml.etree import SubElement, _Element

from aggregator.editorial.terms import is_creative_commons, licence_address
from aggregator.model.item import Enclosure
from aggregator.model.release import Channel, Release
from aggregator.render import Format, terms
from aggregator.render.attribution import people, rights, source_feed

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
CREATIVE_COMMONS = "http://backend.userland.com/creativeCommonsRssModule"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
MI = "http://schemas.ingestion.microsoft.com/common/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"

NAMESPACES = {
    Format.RSS: {
        "atom": ATOM,
        "content": CONTENT,
        "creativeCommons": CREATIVE_COMMONS,
        "dc": DC,
        "dcterms": DCTERMS,
        "media": MEDIA,
        "mi": MI,
        "rsl": terms.RSL,
    },
    Format.ATOM: {"at": TOMBSTONES, "dcterms": DCTERMS, "media": MEDIA, "mi": MI, "rsl": terms.RSL},
}
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class ChannelExtension:
    """feedgen extension of a channel's head."""

    channel: Channel

    def extend_ns(self) -> dict[str, str]:
        return {
            "at": TOMBSTONES,
            "creativeCommons": CREATIVE_COMMONS,
            "dc": DC,
            "dcterms": DCTERMS,
            "fh": HISTORY,
            "media": MEDIA,
            "mi": MI,
            "rsl": terms.RSL,
        }

    def extend_rss(self, rss: _Element) -> _Element:
        if self.channel.hub:
            SubElement(rss[0], f"{{{ATOM}}}link", rel="hub", href=self.channel.hub)
        return rss

    def extend_atom(self, feed: _Element) -> _Element:
        channel = self.channel
        if channel.hub:
            SubElement(feed, "link", rel="hub", href=channel.hub)
        if channel.archive:
            SubElement(feed, f"{{{HISTORY}}}archive")
            _link(feed, "current", channel.current_address("atom"))
        if channel.older:
            _link(feed, "prev-archive", channel.archive_address(channel.older, "atom"))
        if 0 < channel.archive < channel.newest_archive:
            _link(feed, "next-archive", channel.archive_address(channel.archive + 1, "atom"))
        if channel.after is not None and channel.has_more:
            _link(feed, "next", channel.after_address(channel.last, "atom"))
        return feed


def _link(feed: _Element, relation: str, address: str) -> None:
    """Append a link to another document of the feed (RFC 5005 section 4)."""
    SubElement(feed, "link", rel=relation, href=address, type="application/atom+xml")


class EntryExtension:
    """feedgen extension of one item."""

    release: Release

    def extend_rss(self, item: _Element) -> _Element:
        release = self.release
        # feedgen formats pubDate by switching the locale of the whole process
        if release.is_dated:
            SubElement(item, "pubDate").text = format_datetime(release.published)
        if release.corrected or (release.is_dated and release.updated != release.published):
            SubElement(item, f"{{{ATOM}}}updated").text = release.updated.isoformat()
            # By this one importers know a newer version; they read no Atom in RSS.
            SubElement(item, f"{{{DCTERMS}}}modified").text = release.updated.isoformat()
        SubElement(item, f"{{{DC}}}creator").text = release.organisation
        for name in people(release):
            SubElement(item, f"{{{DC}}}contributor").text = name
        _text(item, f"{{{DC}}}language", release.language)
        _text(item, f"{{{DC}}}rights", rights(release))
        _links(item, f"{{{ATOM}}}link", release, files=release.enclosures[1:])
        _translations(item, f"{{{ATOM}}}link", release)
        return item

    def extend_atom(self, entry: _Element) -> _Element:
        release = self.release
        if release.language:
            entry.set(_LANG, release.language)
        SubElement(SubElement(entry, "author"), "name").text = release.organisation
        for name in people(release):
            SubElement(SubElement(entry, "contributor"), "name").text = name
        SubElement(entry, "link", rel="alternate", type="text/html", href=release.page)
        _links(entry, "link", release, files=release.enclosures)
        _translations(entry, "link", release)
        _source(SubElement(entry, "source"), release)
        return entry


def _links(parent: _Element, tag: str, release: Release, *, files: tuple[Enclosure, ...]) -> None:
    """Append atom:link elements (RFC 4287 section 4.2.7; rel="license" RFC 4946) and Media RSS images."""
    licence = licence_address(release.terms.licence)
    if release.url:
        SubElement(parent, tag, rel="via", href=release.url)
    if licence:
        SubElement(parent, tag, rel="license", href=licence)
        if is_creative_commons(licence) and tag != "link":  # a module of RSS
            SubElement(parent, f"{{{CREATIVE_COMMONS}}}license").text = licence
    terms.append(parent, release)
    for file in files:
        link = SubElement(parent, tag, rel="enclosure", href=file.url)
        _attributes(link, file, "length")
    enclosed = {file.url for file in release.enclosures}
    for image in (each for each in release.images if each.url not in enclosed):
        element = SubElement(parent, f"{{{MEDIA}}}content", url=image.url, medium="image")
        _attributes(element, image, "fileSize")


def _translations(parent: _Element, tag: str, release: Release) -> None:
    """Append links to the translations, each in another language (RFC 4287 section 4.2.7.4).

    The own page comes last and in its language, for readers that take the last alternate link for the page of
    an entry; others take the first one.
    """
    if not release.translations:
        return
    own = [(release.language, release.page)] if release.language else []
    for language, page in (*((each.language, each.page) for each in release.translations), *own):
        SubElement(parent, tag, rel="alternate", type="text/html", hreflang=language, href=page)


def _attributes(element: _Element, file: Enclosure, size: str) -> None:
    if file.type:
        element.set("type", file.type)
    if file.size is not None:
        element.set(size, str(file.size))


def _source(source: _Element, release: Release) -> None:
    """Fill atom:source (RFC 4287 section 4.2.11)."""
    origin = source_feed(release)
    SubElement(source, "id").text = origin.id
    SubElement(source, "title").text = origin.title
    SubElement(source, "updated").text = origin.updated.isoformat()
    _text(source, "rights", origin.rights)
    for name in origin.authors:
        SubElement(SubElement(source, "author"), "name").text = name
    if origin.feed:
        SubElement(source, "link", rel="self", href=origin.feed)
    if origin.link:
        SubElement(source, "link", rel="alternate", href=origin.link)


def _text(parent: _Element, tag: str, text: str) -> None:
    if text:
        SubElement(parent, tag).text = text
