"""HTML pages from templates: channels, directories, an item, its history, short notices.

Everything is escaped except the content and the disclaimer of a release, which arrive sanitised.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial import standing
from aggregator.editorial.differences import Piece, differences
from aggregator.editorial.names import language, topic_description, topic_name
from aggregator.editorial.terms import licence_address, licence_key, licence_name
from aggregator.model.domains import host_of
from aggregator.model.image import COPIES, Images
from aggregator.model.item import Enclosure
from aggregator.model.release import Channel, Release
from aggregator.model.stored import Revision
from aggregator.normalise import plain
from aggregator.policy.search_query import QUERY_CHARS_MAX, Filter, parse
from aggregator.publish.document import Published
from aggregator.publish.listings import Listing
from aggregator.publish.overview import Entry, Profile
from aggregator.publish.publisher import Departure
from aggregator.render import Format
from aggregator.render.attribution import provenance
from aggregator.web.media import file_kind, kind, scrollable, secure
from aggregator.web.site import Site as Site
from aggregator.web.site import site as site
from aggregator.web.statics import STATIC
from aggregator.web.wording import Wording, direction

_DIRECTORY = Path(__file__).parent
HTML = "text/html; charset=utf-8"
ENGLISH = Wording.english()


class Compared(Struct, frozen=True):
    """A revision, and what the next version changed in its words: None where one of the texts is missing."""

    revision: Revision
    changes: tuple[Piece, ...] | None


def channel_page(
    channel: Channel,
    listing: Listing,
    site: Site,
    *,
    departures: Sequence[Departure] = (),
    profile: Profile | None = None,
) -> Published:
    """Return a page of a channel's releases: the first tells of withdrawals and of the organisation, too."""
    behind = listing.behind
    return page(
        "channel.html",
        site=site,
        channel=channel,
        heading=heading_of(channel, site),
        description=_described(channel.name, site),
        days=list(_days([pictured(each, site) for each in listing.releases], site.words)),
        is_first=behind is None,
        has_script=behind is None,
        before=None if behind is None or not behind.at else behind.shown,
        address=channel.page if behind is None else f"{channel.address}before/{behind}",
        newest=site.local(channel.page) if behind else "",
        older=site.local(f"{channel.address}before/{listing.older}") if listing.older else "",
        standing=standing.of_page(site.publication, site.words("disclaimer_subject")),
        departures=departures,
        profile=profile,
    )


def directory_page(name: str, entries: Sequence[Entry], site: Site) -> Published:
    """Return the directory "organisations", "topics" or "licences"."""
    if name == "licences":
        return licences_page(entries, site)
    return page("directory.html", site=site, name=name, entries=entries)


def licences_page(organisations: Sequence[Entry], site: Site) -> Published:
    """Return the organisations by the licence of their releases, those without one last, each licence with
    the search for its releases."""
    ordered = sorted(organisations, key=lambda entry: (not entry.licence, licence_key(entry.licence)))
    groups = [list(run) for _, run in groupby(ordered, lambda entry: licence_key(entry.licence))]
    names = [licence_name(group[0].licence) for group in groups]
    licences = [(name, _asked(name, site), group) for name, group in zip(names, groups, strict=True)]
    return page("licences.html", site=site, licences=licences)


def _asked(licence: str, site: Site) -> str:
    """Return the query of the releases under a licence, encoded; "" where no query can name it."""
    query = f'{Filter.LICENCE}:"{licence}"'
    can_ask = site.file is None and licence and parse(query).licence == licence
    return quote(query, safe="") if can_ask else ""


def item_page(release: Release, site: Site) -> Published:
    """Return the page of one release."""
    return page(
        "item.html",
        site=site,
        release=pictured(release, site),
        provenance=provenance(release),
        licence=licence_address(release.terms.licence),
        files=sorted(release.enclosures, key=_place),
    )


def pictured(release: Release, site: Site) -> Release:
    """Return a release whose copies of images are linked as pages of the site are."""
    copies = site.publication.url + COPIES
    if site.publication.images is not Images.PROXY:
        return release
    images = tuple(replace(each, url=site.local(each.url)) for each in release.images)
    content = release.content.replace(f'<img src="{escape(copies)}', f'<img src="{site.link(COPIES)}')
    return replace(release, content=content, images=images)


def history_page(
    release: Release,
    revisions: tuple[Revision, ...],
    older: int | None,
    site: Site,
    *,
    current: str | None = None,
) -> Published:
    """Return a page of the earlier versions of a release, newest first; `older` is where the next begins,
    `current` the content that replaced the first of them, None where it is unknown."""
    compared = _compared(revisions, current) if release.source.republish == "full" else ()
    shown = compared or [Compared(each, None) for each in revisions]
    return page("history.html", site=site, release=release, versions=shown, older=older)


def notice(heading: str, sentence: str, site: Site) -> Published:
    """Return a page of a single sentence, such as "not found"."""
    return page("notice.html", site=site, heading=heading, sentence=sentence)


def not_found(site: Site) -> Published:
    """Return the page for an unknown address."""
    return notice(site.words("not_found"), site.words("not_found_text"), site)


def withdrawn(at: datetime | None, site: Site) -> Published:
    """Return the page in place of a withdrawn release, which holds nothing of it."""
    words = site.words
    text = words("withdrawn_text", date=words.date(at)) if at else words("withdrawn_text_undated")
    return notice(words("withdrawn"), text, site)


def moved(path: str, site: Site) -> Published:
    """Return the page of an export in place of one that has another path of the publication now: a static
    server answers no redirect."""
    return page("moved.html", site=site, target=site.link(path), canonical=site.publication.url + path)


def page(template: str, *, has_script: bool = False, **values: object) -> Published:
    """Return a template filled in. Pages have an ETag and no Last-Modified."""
    text = TEMPLATES.get_template(template).render(has_script=has_script, **values)
    return Published(text.encode(), HTML, None)


@pass_context
def day(context: Context, when: datetime) -> str:
    """Format a date in English: "2 March 2026"."""
    return _english(context).date(when)


@pass_context
def moment(context: Context, when: datetime) -> str:
    """Format a time in English: "2 March 2026, 12:01 UTC"."""
    return _english(context).moment(when)


def _english(context: Context) -> Wording:
    """Return English words with times in the zone of the publication, for its admin side, else in UTC."""
    local: Wording = context.get("local", ENGLISH)
    return local


def host(url: str) -> str:
    """Return the host of a URL without "www."."""
    return (host_of(url) or url).removeprefix("www.")


def size(count: int, words: Wording = ENGLISH) -> str:
    """Format a number of bytes in powers of 1000."""
    for unit in ("bytes", "kilobytes", "megabytes"):
        if count < 1000:
            return words(unit, count=count)
        count //= 1000
    return words("gigabytes", count=count)


def is_web(url: str) -> bool:
    """Return whether a URL is http or https, the only ones allowed in an href, or a path of the site."""
    return url.startswith(("https://", "http://")) or bool(_PATH.match(url))


def _place(file: Enclosure) -> tuple[bool, bool]:
    """Return where a file stands in a list: first what pages do not show in place, PDF before others."""
    return file.type != "application/pdf", bool(kind(file.type))


def _days(releases: Sequence[Release], words: Wording) -> Iterator[tuple[date | None, list[Release]]]:
    """Yield runs of releases of one day in the zone of the publication; None for undated ones."""
    for each, run in groupby(releases, lambda one: words.local_day(one.published) if one.is_dated else None):
        yield each, list(run)


def _compared(revisions: Sequence[Revision], current: str | None) -> list[Compared]:
    """Return each revision with its differences from the version that replaced it."""
    texts = [each.content if each.size and not each.struck else None for each in revisions]
    found = list[Compared]()
    for revision, old, new in zip(revisions, texts, (current, *texts), strict=False):
        both = old is not None and new is not None
        changes = differences(plain.read(old or "").text, plain.read(new or "").text) if both else None
        found.append(Compared(revision, changes))
    return found


def heading_of(channel: Channel, site: Site) -> str:
    """Return the heading of a channel page: topic, language or organisation."""
    kind, _, value = channel.name.partition("/")
    if kind == "topics":
        return topic_name(site.publication, value)
    if kind == "languages":
        return language(value)
    organisations = (feed.organisation for feed in site.feeds if kind == "sources" and feed.id == value)
    return next(organisations, channel.title)


@pass_context
def label(context: Context, slug: str) -> str:
    """Return the name of a topic as the publication of the page has it."""
    site: Site = context["site"]
    return topic_name(site.publication, slug)


def _described(channel: str, site: Site) -> str:
    """Return the operator's description of the topic of a channel, "" for none and for other channels."""
    kind, _, slug = channel.partition("/")
    return topic_description(site.publication, slug) if kind == "topics" else ""


@pass_context
def described(context: Context, channel: str) -> str:
    """Return the same for the publication of the page."""
    return _described(channel, context["site"])


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
    environment.filters.update(kind=kind, file_kind=file_kind, secure=secure, scrollable=scrollable)
    environment.filters.update(described=described, direction=direction, segment=partial(quote, safe=""))
    environment.filters["licence_address"] = licence_address
    environment.tests["web"] = is_web
    environment.globals.update(
        formats=[(kind, kind.media_type.partition(";")[0]) for kind in Format],
        format_names={"rss": "RSS", "atom": "Atom", "json": "JSON Feed"},
        chars_max=QUERY_CHARS_MAX,
        style=STATIC["style.css"].etag[1:9],  # cache busting: a new file has a new address
        admin_style=STATIC["admin.css"].etag[1:9],
        embed_style=STATIC["embed.css"].etag[1:9],
        script=STATIC["copy.js"].etag[1:9],
        desk_script=STATIC["desk.js"].etag[1:9],
        refresh_script=STATIC["refresh.js"].etag[1:9],
    )
    return environment


_PATH = re.compile(r"/(?![/\\])|\.\./")
TEMPLATES = _environment()
