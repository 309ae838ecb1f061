"""A running newsroom for journeys: origins on a local server that change what they say, the service, its desk."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from aggregator.model.desk import VetoLink
from aggregator.policy.sessions import digest
from aggregator.web.passwords import hashed
from tests import engines
from tests.running import LOOPBACK, Service, Site, given_a_site, json_of, until
from tests.server import HttpServer, answer, http_server_in_thread

ORIGINS = {
    "harbour": "Harbour Office",
    "tides": "Institute of Tides",
    "lights": "Lighthouse Authority",
    "pilots": "Pilot Station",
    "customs": "Customs House",
    "log": "Harbour Log",
}
TOPICS = {"tides": "science", "customs": "trade", "log": "history"}
PUBLISH = {"pilots": "review", "customs": "after 2h"}  # `publish` of sources whose items wait
USER, PASSWORD = "Ana Editor", "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an origin's feed, `age` hours old."""

    name: str
    title: str
    body: str
    age: float = 1.0
    language: str = "en"
    picture: str = ""  # address of an image beside it


PICTURES = "https://pictures.harbour.example/"  # whose images a test answers for
RICH = (
    "<h2>Depths</h2><table><caption>Depths in metres</caption><thead><tr><th>Gauge</th><th>Low</th><th>High</th></tr></thead>"
    "<tbody><tr><td>North</td><td>1.2</td><td>4.8</td></tr></tbody></table><blockquote><p>The water was high.</p></blockquote>"
    "<ul><li>One</li><li>Two</li></ul><pre><code>depth = 4.8</code></pre>"
    '<p>Read <a href="https://harbour.example/more">more on the gauges</a>.</p>'
)
CHINESE = (
    "<p>仪器每秒测量一次潮汐，并通过无线电发送深度。</p>"
    f"<figure><img src='{PICTURES}tides.svg' alt='潮汐曲线'><figcaption>北港的潮汐曲线</figcaption></figure>"
    "<p>深度 <math><mi>h</mi><mo>=</mo><mfrac><mrow><mi>p</mi></mrow><mrow><mi>g</mi></mrow></mfrac></math>。</p>"
)
FIRST = {
    "harbour": (
        Entry(
            "dredging", "Dredging of the north basin begins", f"<p>Ships keep to the south channel.</p>{RICH}"
        ),
        Entry("ferry", "Ferry timetable for the winter", "<p>The first boat leaves at six.</p>", 30),
        Entry(
            "buoy",
            "Buoy of the outer harbour is painted",
            "<p>Red and white.</p>",
            31,
            picture=f"{PICTURES}buoy.svg",
        ),
    ),
    "tides": (
        Entry(
            "gauge", "New tide gauge measures every second", "<p>The gauge sends its depth by radio.</p>", 2
        ),
        Entry("arabic", "قياس المد والجزر في الميناء", "<p>يقيس الجهاز المد والجزر كل ثانية.</p>", 3, "ar"),
        Entry("chinese", "港口潮汐的测量", CHINESE, 4, "zh"),
    ),
    "lights": (
        Entry("lamp", "Lamp of the old lighthouse restored", "<p>The lamp shines again.</p>", 5),
        Entry("horn", "Fog horn falls silent for repairs", "<p>Radio warnings stand in for it.</p>", 6),
    ),
    "pilots": (Entry("pilot", "Pilots board at the outer buoy", "<p>From May on.</p>"),),
    "customs": (Entry("duty", "Duty on salted fish is lowered", "<p>To four per cent.</p>"),),
}


def rss(organisation: str, *entries: Entry, now: datetime) -> bytes:
    """Return an RSS document of these entries."""
    items = "".join(
        f"<item><title>{each.title}</title><link>https://{each.name}.harbour.example/{each.name}</link>"
        f"<guid isPermaLink='false'>urn:example:{each.name}</guid>"
        f"<pubDate>{format_datetime(now - timedelta(hours=each.age))}</pubDate>"
        f"<dc:language>{each.language}</dc:language>"
        + (f"<enclosure url='{each.picture}' type='image/svg+xml' length='1'/>" if each.picture else "")
        + f"<description><![CDATA[{each.body}]]></description></item>"
        for each in entries
    )
    head = '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
    return f"{head}<title>{organisation}</title><link>https://harbour.example/</link>{items}</channel></rss>".encode()


def feed_of(origin: str, entries: Sequence[Entry]) -> bytes:
    """Return the response of an origin whose feed holds these entries."""
    said = rss(ORIGINS[origin], *entries, now=datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    return answer("Content-Type: application/rss+xml", body=said)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """The service with its origins; `site` runs commands beside it."""

    site: Site
    service: Service
    origins: HttpServer

    def says(self, origin: str, *entries: Entry) -> None:
        """Let an origin's feed hold these entries, and have the service poll it."""
        self.origins.answers[f"/{origin}"] = feed_of(origin, entries)
        self.polled(origin)

    def fails(self, origin: str) -> None:
        """Let an origin answer 500, and have the service poll it."""
        self.origins.answers[f"/{origin}"] = answer(status="500 Internal Server Error")
        self.polled(origin)

    def polled(self, origin: str) -> None:
        """Have the service poll a source now; returns when it has."""
        self.decides("poll", origin)

    def decides(self, *command: str) -> None:
        """Run a command beside the service; it must not fail, but a poll of a failing source may."""
        done = self.site.run(*command)
        assert done.returncode == 0 or command[0] == "poll", done.stderr

    def item(self, title: str) -> str:
        """Return the id of the item with a title that begins like this."""
        found = json_of(self.site.run("items", "--json").stdout)
        return next(each["id"] for each in found if each["title"].startswith(title))

    def veto_link(self, item: str) -> str:
        """Return a new address that vetoes an item, as an alert to the operator has it."""
        storage, token, now = (
            engines.open_storage(self.site.store),
            secrets.token_urlsafe(),
            datetime.now(UTC),
        )
        storage.desk.add_links((VetoLink(digest(token), item, now + timedelta(hours=1)),), now)
        storage.close()
        return self.desk(f"/veto/{token}")

    def url(self, path: str) -> str:
        """Return an address of the public side."""
        return self.service.public + path

    def desk(self, path: str) -> str:
        """Return an address of the admin side."""
        return self.service.admin + path


@cache
def password() -> str:
    """Return the Argon2id hash of the user's password."""
    return hashed(PASSWORD)


def configuration(site: Site, origins: HttpServer, names: Sequence[str]) -> str:
    """Return sources.yaml of a newsroom: pages of the origins' server may embed channels, one user is at the desk."""
    sources = "".join(
        f"  - {{id: {name}, organisation: {ORIGINS[name]}, feed: 'http://127.0.0.1:{origins.port}/{name}', "
        f"{LOOPBACK}, topics: [{TOPICS.get(name, 'safety')}], domains: [harbour.example], rights: {{licence: CC-BY-4.0}}, "
        f"publish: {PUBLISH.get(name, 'live')}}}\n"
        for name in names
    )
    database = f"database: {site.database!r}\n" if site.database else ""
    return f"""{database}publication:
  name: Example Releases
  url: 'http://127.0.0.1:{site.public}/'
  language: en
  contact: desk@releases.test
listen: 127.0.0.1:{site.public}
admin: 127.0.0.1:{site.admin}
poll: {{every: 1h, host_gap: 0s}}
embed: {{allow: ['http://127.0.0.1:{origins.port}']}}
users: [{{name: {USER}, role: admin, password: '{password()}'}}]
sources:
{sources}"""


def _has_releases(service: Service, name: str) -> bool:
    """Return whether releases of a source are published: one poll publishes all."""
    return bool(service.get(f"/sources/{name}/feed.json").json()["items"])


@contextmanager
def newsroom(directory: Path, feeds: Mapping[str, Sequence[Entry]] = FIRST) -> Iterator[Newsroom]:
    """Run a newsroom whose origins say this first; releases of origins without review are published."""
    answers = {f"/{name}": feed_of(name, entries) for name, entries in feeds.items()}
    published = [name for name in feeds if name not in PUBLISH]
    with http_server_in_thread(answers) as origins:
        site = given_a_site(directory)
        site.config.write_text(configuration(site, origins, tuple(feeds)), encoding="utf-8")
        with site.serving() as service:
            until(lambda: all(_has_releases(service, name) for name in published), seconds=60)
            yield Newsroom(site, service, origins)
