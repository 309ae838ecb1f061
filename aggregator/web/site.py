"""Masthead, navigation and links of every page."""

from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial.blocks import BlockValues, ItemValues
from aggregator.model.image import COPIES, Images
from aggregator.model.look import Block
from aggregator.model.release import Release
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo
from aggregator.web.answers import CONTENT_POLICY, SCRIPTS
from aggregator.web.look import PLAIN, Look
from aggregator.web.wording import Wording, wording

SOURCES_LISTED_MAX = 12  # at the end of every page; of more there is a directory
TOPICS_LISTED_MAX = 8  # at the beginning of every page


class Site(Struct, frozen=True):
    """Masthead and navigation of every page."""

    publication: Publication
    feeds: tuple[FeedInfo, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    file: str | None = None  # of the page in an export, whose links are relative; None: pages are served
    look: Look = PLAIN

    @property
    def words(self) -> Wording:
        """The words of the page."""
        return wording(self.publication)

    @property
    def root(self) -> str:
        """The path of publication.url, the prefix of all local addresses; never taken from a request."""
        return urlsplit(self.publication.url).path or "/"

    @property
    def named_topics(self) -> tuple[str, ...]:
        """The topics that every page links to."""
        return self.topics[:TOPICS_LISTED_MAX]

    @property
    def named_feeds(self) -> tuple[FeedInfo, ...]:
        """The sources that every page links to."""
        return self.feeds if len(self.feeds) <= SOURCES_LISTED_MAX else ()

    def local(self, address: str) -> str:
        """Return an absolute address of the publication as a path, so that pages work under any host name."""
        return self.link(address.removeprefix(self.publication.url))

    def link(self, path: str) -> str:
        """Return the link to a path of the publication; in an export to its file, which opens from a disk."""
        if self.file is None:
            return self.root + path
        target = path if path.startswith(("static/", COPIES)) else f"{path}/index.html".lstrip("/")
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

    def content_policy(self, *, has_script: bool = False) -> str:
        """Return the Content-Security-Policy of a page; one opened from a disk has no origin of its own."""
        policy = CONTENT_POLICY
        if self.publication.images is not Images.ORIGIN:
            policy = policy.replace("img-src 'self' https:", "img-src 'self'")
        policy = f"{policy}; {SCRIPTS}" if has_script else policy
        return policy if self.file is None else policy.replace("'self'", "'self' file:")


def _of_release(values: BlockValues, release: Release) -> BlockValues:
    published = f"{release.published:%Y-%m-%d}" if release.is_dated else ""
    url = release.url if release.url.startswith(("https://", "http://")) else ""
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


def _of_kind(prefix: str, channels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name.removeprefix(prefix) for name in channels if name.startswith(prefix)))
