"""Pages as HTML: the channels, an item, its history and short notices.

Fills templates and nothing else. Everything is escaped but the content and the disclaimer of a release,
which are safe when they get here.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator import render
from aggregator.model import Channel, FeedInfo, Release, Revision
from aggregator.model.settings import Publication
from aggregator.publish.document import Published
from aggregator.web.replies import CONTENT_POLICY

HERE = Path(__file__).parent
HTML = "text/html; charset=utf-8"
LANGUAGES = {
    "ar": "العربية",
    "bg": "Български",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "et": "Eesti",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sr": "Српски",
    "sv": "Svenska",
    "tr": "Türkçe",
    "uk": "Українська",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What every page shows around its own matter: who publishes and what else there is to read."""

    publication: Publication
    feeds: tuple[FeedInfo, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The path all local addresses start with; never taken from a request."""
        return urlsplit(self.publication.url).path or "/"

    def local(self, address: str) -> str:
        """One of our absolute addresses as a path, so that pages work under any name of the host."""
        return self.root + address.removeprefix(self.publication.url)


def site(publication: Publication, channels: tuple[str, ...], feeds: tuple[FeedInfo, ...]) -> Site:
    """The navigation: channels by kind, organisations by name."""
    named = [feed for feed in feeds if feed.configured and feed.organisation]
    return Site(
        publication,
        tuple(sorted(named, key=lambda feed: (feed.organisation.casefold(), feed.id))),
        _of_kind("topics/", channels),
        _of_kind("languages/", channels),
    )


def channel_page(
    channel: Channel, releases: tuple[Release, ...], around: Site, *, earlier: tuple[Release, ...] = ()
) -> Published:
    """What a channel shows, and below it releases from before its time."""
    return page(
        "channel.html",
        site=around,
        channel=channel,
        heading=_heading(channel, around),
        releases=releases,
        earlier=earlier,
    )


def item_page(release: Release, around: Site) -> Published:
    return page("item.html", site=around, release=release)


def history_page(release: Release, revisions: tuple[Revision, ...], around: Site) -> Published:
    return page("history.html", site=around, release=release, revisions=revisions)


def notice(heading: str, sentence: str, around: Site) -> Published:
    """A page that says one thing: not found, withdrawn."""
    return page("notice.html", site=around, heading=heading, sentence=sentence)


def page(template: str, **values: object) -> Published:
    text = TEMPLATES.get_template(template).render(**values)
    return Published(text.encode(), HTML, None)


def static(name: str) -> Published:
    """One of the files beside the pages."""
    kinds = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    return Published((HERE / "static" / name).read_bytes(), kinds[Path(name).suffix], None)


STATIC = {name: static(name) for name in ("style.css", "icon.svg")}


def day(when: datetime) -> str:
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime) -> str:
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def label(name: str) -> str:
    """A topic as people write it."""
    return name[:1].upper() + name[1:].replace("-", " ")


def language(tag: str) -> str:
    """A language by its own name, with the tag's region or script if it has one."""
    primary, _, rest = tag.partition("-")
    name = LANGUAGES.get(primary.lower(), tag)
    return f"{name} ({rest.upper()})" if rest and name != tag else name


def host(url: str) -> str:
    return (urlsplit(url).hostname or url).removeprefix("www.")


def size(count: int) -> str:
    """A number of bytes for people, in powers of 1000."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count //= 1000
    return f"{count} GB"


def is_web(url: str) -> bool:
    """Whether a link may be followed: nothing but http and https gets into an href."""
    return url.startswith(("https://", "http://"))


def _heading(channel: Channel, around: Site) -> str:
    """What a channel is about, in words; the front page has its name in the masthead already."""
    kind, _, value = channel.name.partition("/")
    if kind == "topics":
        return label(value)
    if kind == "languages":
        return language(value)
    known = (feed.organisation for feed in around.feeds if kind == "sources" and feed.id == value)
    return next(known, channel.title)


def _of_kind(prefix: str, channels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name.removeprefix(prefix) for name in channels if name.startswith(prefix)))


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        day=day, moment=moment, label=label, language=language, host=host, size=size, segment=_segment
    )
    made.tests["web"] = is_web
    made.globals.update(
        formats=[(kind, render.media_type(kind).partition(";")[0]) for kind in render.KINDS],
        format_names={"rss": "RSS", "atom": "Atom", "json": "JSON Feed"},
        content_policy=CONTENT_POLICY,
        style=STATIC["style.css"].etag[1:9],  # a new style has a new address, so it may be cached for long
    )
    return made


def _segment(name: str) -> str:
    return quote(name, safe="")


TEMPLATES = _environment()
