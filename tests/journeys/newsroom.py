"""A running newsroom for journeys: three origins on a local server that change what they say, and the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from tests.running import LOOPBACK, Service, Site, given_a_site, json_of, until
from tests.server import HttpServer, answer, http_server_in_thread

ORIGINS = {
    "harbour": "Harbour Office",
    "tides": "Institute of Tides",
    "lights": "Lighthouse Authority",
}
TOPICS = {"harbour": "safety", "tides": "science", "lights": "safety"}
USER, PASSWORD = "Ana Editor", "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an origin's feed, `age` hours old."""

    name: str
    title: str
    body: str
    age: float = 1.0


RICH = (
    "<h2>Depths</h2><table><caption>Depths in metres</caption><thead><tr><th>Gauge</th><th>Low</th><th>High</th></tr></thead>"
    "<tbody><tr><td>North</td><td>1.2</td><td>4.8</td></tr></tbody></table><blockquote><p>The water was high.</p></blockquote>"
    "<ul><li>One</li><li>Two</li></ul><pre><code>depth = 4.8</code></pre>"
    '<p>Read <a href="https://harbour.example/more">more on the gauges</a>.</p>'
)
FIRST = {
    "harbour": (
        Entry(
            "dredging", "Dredging of the north basin begins", f"<p>Ships keep to the south channel.</p>{RICH}"
        ),
        Entry("ferry", "Ferry timetable for the winter", "<p>The first boat leaves at six.</p>", 30),
    ),
    "tides": (
        Entry(
            "gauge", "New tide gauge measures every second", "<p>The gauge sends its depth by radio.</p>", 2
        ),
        Entry("arabic", "قياس المد والجزر في الميناء", "<p>يقيس الجهاز المد والجزر كل ثانية.</p>", 3),
    ),
    "lights": (Entry("lamp", "Lamp of the old lighthouse restored", "<p>The lamp shines again.</p>", 5),),
}


def rss(organisation: str, *entries: Entry, now: datetime) -> bytes:
    """Return an RSS document of these entries."""
    items = "".join(
        f"<item><title>{each.title}</title><link>https://{each.name}.harbour.example/{each.name}</link>"
        f"<guid isPermaLink='false'>urn:example:{each.name}</guid>"
        f"<pubDate>{format_datetime(now - timedelta(hours=each.age))}</pubDate>"
        f"<description><![CDATA[{each.body}]]></description></item>"
        for each in entries
    )
    head = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{organisation}</title>'
    return f"{head}<link>https://harbour.example/</link>{items}</channel></rss>".encode()


@dataclass(frozen=True, slots=True)
class Newsroom:
    """The service with its origins; `site` runs commands beside it."""

    site: Site
    service: Service
    origins: HttpServer

    def says(self, origin: str, *entries: Entry) -> None:
        """Let an origin's feed hold these entries, and have the service poll it."""
        self.origins.answers[f"/{origin}"] = answer(
            "Content-Type: application/rss+xml", body=rss(ORIGINS[origin], *entries, now=datetime.now(UTC))
        )
        self.polled(origin)

    def fails(self, origin: str) -> None:
        """Let an origin answer 500, and have the service poll it."""
        self.origins.answers[f"/{origin}"] = answer(status="500 Internal Server Error")
        self.polled(origin)

    def polled(self, origin: str) -> None:
        """Have the service poll a source now; returns when it has."""
        self.site.run("poll", origin)

    def item(self, title: str) -> str:
        """Return the id of the item with a title that begins like this."""
        found = json_of(self.site.run("items", "--json").stdout)
        return next(each["id"] for each in found if each["title"].startswith(title))

    def url(self, path: str) -> str:
        """Return an address of the public side."""
        return self.service.public + path

    def desk(self, path: str) -> str:
        """Return an address of the admin side."""
        return self.service.admin + path


@contextmanager
def newsroom(directory: Path, *top: str) -> Iterator[Newsroom]:
    """Run a newsroom; `top` are further lines of sources.yaml. The releases of all origins are published."""
    now = datetime.now(UTC)
    answers = {
        f"/{name}": answer("Content-Type: application/rss+xml", body=rss(ORIGINS[name], *entries, now=now))
        for name, entries in FIRST.items()
    }
    with http_server_in_thread(answers) as origins:
        site = given_a_site(directory)
        sources = "\n".join(
            f"  - {{id: {name}, organisation: {ORIGINS[name]}, feed: 'http://127.0.0.1:{origins.port}/{name}', "
            f"{LOOPBACK}, topics: [{TOPICS[name]}], domains: [harbour.example], rights: {{licence: CC-BY-4.0}}}}"
            for name in ORIGINS
        )
        site.config.write_text(
            f"publication: {{name: Example Releases, url: 'http://127.0.0.1:{site.public}/', language: en, "
            f"contact: desk@releases.test}}\nlisten: 127.0.0.1:{site.public}\nadmin: 127.0.0.1:{site.admin}\n"
            f"poll: {{every: 1h, host_gap: 0s}}\n"
            + "".join(f"{line}\n" for line in top)
            + f"sources:\n{sources}\n",
            encoding="utf-8",
        )
        with site.serving() as service:
            until(lambda: len(service.titles()) == sum(map(len, FIRST.values())))
            yield Newsroom(site, service, origins)
