"""HTML pages from templates: channels, an item, its history, short notices.

Everything is escaped except the content and the disclaimer of a release, which arrive sanitised.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from aggregator.editorial.blocks import BlockValues, ItemValues
from aggregator.editorial.names import language, topic_name
from aggregator.editorial.terms import licence_address
from aggregator.model.domains import host_of
from aggregator.model.image import Images
from aggregator.model.look import Block
from aggregator.model.release import Channel, Release
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo, Revision
from aggregator.publish.document import Published
from aggregator.publish.publisher import Listing
from aggregator.render import Format
from aggregator.render.attribution import provenance
from aggregator.web.answers import CONTENT_POLICY, FORM_POLICY
from aggregator.web.look import PLAIN, Look
from aggregator.web.media import kind, secure

_DIRECTORY = Path(__file__).parent
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Site:
    """Masthead and navigation of every page."""

    publication: Publication
    feeds: tuple[FeedInfo, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    file: str | None = None  # of the page in an export, whose links are relative; None: pages are served
    look: Look = PLAIN
    has_form: bool = False  # the page has a form that is sent to the publication itself

    @property
    def root(self) -> str:
        """The path of publication.url, the prefix of all local addresses; never taken from a request."""
        return urlsplit(self.publication.url).path or "/"

    def local(self, address: str) -> str:
        """Return an absolute address of the publication as a path, so that pages work under any host name."""
        return self.link(address.removeprefix(self.publication.url))

    def link(self, path: str) -> str:
        """Return the link to a path of the publication; in an export to its file, which opens from a disk."""
        if self.file is None:
            return self.root + path
        target = path if path.startswith("static/") else f"{path}/index.html".lstrip("/")
        return "../" * self.file.count("/") + target

    def own(self, block: str, release: Release | None = None, heading: str = "", channel: str = "") -> str:
        """Return what the operator's template of a block makes of it, safe HTML; "" for none."""
        values = BlockValues(
            publication=self.publication.name,
            description=self.publication.description,
            contact=self.publication.contact,
            home=self.link(""),
            logo=self.link(self.look.logo) if self.look.logo else "",
            heading=heading,
            channel=channel,
        )
        return self.look.filled(Block(block), values if release is None else _of_release(values, release))

    def report(self, item: str = "") -> str:
        """Return the link to the form that reports a release; in an export to the contact: it has no form."""
        if self.file is None:
            return self.link(f"report/{item}" if item else "report")
        contact = self.publication.contact
        return f"mailto:{contact}" if "@" in contact else contact

    @property
    def content_policy(self) -> str:
        """The Content-Security-Policy of pages; a page opened from a disk has no origin of its own."""
        policy = FORM_POLICY if self.has_form else CONTENT_POLICY
        if self.publication.images is not Images.ORIGIN:
            policy = policy.replace("img-src 'self' https:", "img-src 'self'")
        return policy if self.file is None else policy.replace("'self'", "'self' file:")


def _of_release(values: BlockValues, release: Release) -> BlockValues:
    published = f"{release.published:%Y-%m-%d}" if release.is_dated else ""
    url = release.url if is_web(release.url) else ""
    item = ItemValues(release.title, url, release.page, published, release.language)
    return replace(values, organisation=release.organisation, licence=release.terms.licence, item=item)


def site(
    publication: Publication, channels: tuple[str, ...], feeds: tuple[FeedInfo, ...], look: Look = PLAIN
) -> Site:
    """Return the navigation: channels by kind, organisations sorted by name."""
    named = [feed for feed in feeds if feed.configured]
    return Site(
        publication,
        tuple(sorted(named, key=lambda feed: (feed.organisation.casefold(), feed.id))),
        _of_kind("topics/", channels),
        _of_kind("languages/", channels),
        look=look,
    )


def channel_page(channel: Channel, listing: Listing, site: Site) -> Published:
    """Return a page of a channel's releases."""
    number = listing.number
    return page(
        "channel.html",
        site=site,
        channel=channel,
        heading=heading_of(channel, site),
        number=number,
        releases=listing.releases,
        address=_page_address(channel, number),
        newer=site.local(_page_address(channel, number - 1)) if number > 1 else "",
        older="" if listing.is_last else site.local(_page_address(channel, number + 1)),
    )


def _page_address(channel: Channel, number: int) -> str:
    return channel.page if number == 1 else f"{channel.address}page/{number}"


def item_page(release: Release, site: Site) -> Published:
    """Return the page of one release."""
    return page(
        "item.html",
        site=site,
        release=release,
        provenance=provenance(release),
        licence=licence_address(release.terms.licence),
    )


def history_page(
    release: Release, revisions: tuple[Revision, ...], older: int | None, site: Site
) -> Published:
    """Return a page of the earlier versions of a release, newest first; `older` is where the next begins."""
    return page("history.html", site=site, release=release, revisions=revisions, older=older)


def notice(heading: str, sentence: str, site: Site) -> Published:
    """Return a page of a single sentence, such as "not found"."""
    return page("notice.html", site=site, heading=heading, sentence=sentence)


def withdrawn(at: datetime | None, site: Site) -> Published:
    """Return the page in place of a withdrawn release, which holds nothing of it."""
    when = f" on {day(at)}" if at else ""
    return notice("Withdrawn", f"This release was withdrawn{when} and is no longer published here.", site)


def moved(path: str, site: Site) -> Published:
    """Return the page of an export in place of one that has another path of the publication now: a static
    server answers no redirect."""
    return page("moved.html", site=site, target=site.link(path), canonical=site.publication.url + path)


def page(template: str, **values: object) -> Published:
    """Return a template filled in. Pages have an ETag and no Last-Modified."""
    text = TEMPLATES.get_template(template).render(**values)
    return Published(text.encode(), HTML, None)


def static(name: str) -> Published:
    """Return a static file of the package."""
    kinds = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    return Published((_DIRECTORY / "static" / name).read_bytes(), kinds[Path(name).suffix], None)


STATIC = {name: static(name) for name in ("style.css", "admin.css", "embed.css", "icon.svg")}


def day(when: datetime) -> str:
    """Format a date: "2 March 2026"."""
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime) -> str:
    """Format a time: "2 March 2026, 12:01 UTC"."""
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def host(url: str) -> str:
    """Return the host of a URL without "www."."""
    return (host_of(url) or url).removeprefix("www.")


def size(count: int) -> str:
    """Format a number of bytes in powers of 1000."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count //= 1000
    return f"{count} GB"


def is_web(url: str) -> bool:
    """Return whether a URL is http or https, the only ones allowed in an href."""
    return url.startswith(("https://", "http://"))


def heading_of(channel: Channel, site: Site) -> str:
    """Return the heading of a channel page: topic, language or organisation."""
    kind, _, value = channel.name.partition("/")
    if kind == "topics":
        return topic_name(site.publication, value)
    if kind == "languages":
        return language(value)
    organisations = (feed.organisation for feed in site.feeds if kind == "sources" and feed.id == value)
    return next(organisations, channel.title)


def _of_kind(prefix: str, channels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name.removeprefix(prefix) for name in channels if name.startswith(prefix)))


@pass_context
def label(context: Context, slug: str) -> str:
    """Return the name of a topic as the publication of the page has it."""
    site: Site = context["site"]
    return topic_name(site.publication, slug)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_DIRECTORY / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(day=day, moment=moment, label=label, language=language, host=host, size=size)
    environment.filters.update(kind=kind, secure=secure)
    environment.filters["segment"] = partial(quote, safe="")
    environment.tests["web"] = is_web
    environment.globals.update(
        formats=[(kind, kind.media_type.partition(";")[0]) for kind in Format],
        format_names={"rss": "RSS", "atom": "Atom", "json": "JSON Feed"},
        style=STATIC["style.css"].etag[1:9],  # cache busting: a new style has a new address
        admin_style=STATIC["admin.css"].etag[1:9],
    )
    return environment


TEMPLATES = _environment()
