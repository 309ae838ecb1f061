"""A publication with one release under test among forty, every output open: stages of the line in process."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

import httpx
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.types import ASGIApp

from aggregator.fetch.push import Pusher
from aggregator.fetch.transport import Transport
from aggregator.model.changes import Transition
from aggregator.model.decision import Trigger
from aggregator.model.deleted import Deleted
from aggregator.model.document import Fetched
from aggregator.model.entry import Entry
from aggregator.model.format import Format
from aggregator.model.push import WITHDRAWALS, HubMode, HubRequest, Topic
from aggregator.model.push_settings import Hub, ReleaseWebhook
from aggregator.model.settings import Config, Source
from aggregator.model.stored import ItemQuery, Stored
from aggregator.policy.lifecycle import step
from aggregator.publish.publisher import Publisher
from aggregator.service.backfill import Backfill
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.releases import Releases
from aggregator.service.webhooks import Webhooks
from aggregator.web.app import public_app
from aggregator.web.export import export
from aggregator.web.file_set import MANIFEST
from aggregator.web.finished import Finished
from aggregator.web.remembered import Mark, Remembered
from aggregator.websub.distribution import Distributor
from tests.engines import open_storage, restore
from tests.fetch.given import LOOPBACK, every_name_is_here
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, at_once, config, entry, iso, source
from tests.server import HttpServer, answer, http_server

HARBOUR, PIER = "harbour", "pier"
CHANNELS = {"all": "", "topic": "topics/sea", "source": "sources/", "language": "languages/en"}
ARCHIVED = 39  # releases before the one under test, which closes the first archive
BYTES_MAX = 32_000_000  # of remembered responses

TITLE, HEADLINE = "Storm warning", "Gale warning"
FIRST, SECOND = "squall", "hurricane"  # words of the first and of the second version alone
SHOWN = "tornado"  # in place of the first: by the house style, or by the text of the page
TEXT = (
    "<p>The harbour office expects a {word} at noon on Sunday. Boats must be moored before ten, the northern "
    "pier stays closed until Tuesday, and the ferry to the islands leaves from the old quay.</p>"
)


def storm(
    word: str = FIRST, *, of: str = HARBOUR, link: str = "", expires: str = "", claimed: datetime = NOON
) -> Entry:
    """Return the entry under test as a source lists it."""
    return entry(
        TITLE,
        f"tag:{of}.example,2026:storm",
        link or f"https://{of}.example/storm",
        body=TEXT.format(word=word),
        published=iso(claimed - MINUTE),
        updated="" if word == FIRST else iso(claimed + MINUTE),
        expires=expires,
    )


def notice(number: int, of: str = HARBOUR) -> Entry:
    """Return another entry, older the higher its number."""
    link = f"https://{of}.example/{number}"
    return entry(f"Notice {number}", link, link, published=iso(NOON - HOUR - number * MINUTE))


def marked(seq: int | None, of: Config) -> Mark | None:
    """Return the state that responses are rendered from, None where the engine does not tell it at once."""
    return None if seq is None else Mark.of(seq, of)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was read of the outputs at one time. `delivered` are documents by topic, `told` the events of
    the webhook about the release, `exported` the files of the export, `remembered` what would be answered
    while the database is away; `searched`: a word of a version finds the release."""

    responses: Mapping[str, httpx.Response]
    delivered: Mapping[str, bytes]
    told: tuple[str, ...]
    exported: Mapping[str, bytes]
    remembered: bytes
    searched: str


class Site:
    """The publication; its clock is moved by the test alone."""

    def __init__(self, directory: Path, server: HttpServer, pusher: Pusher, of: str) -> None:
        self.directory, self.server, self.pusher = directory, server, pusher
        self.now = NOON - DAY
        self.of = of  # source of the release under test
        self.id, self.public_id = "none", ""  # of the release, kept when it is removed
        self.twin = ""  # id of the other member of its story
        self.translation = ""  # id of the release in another language
        self.cursor = 0
        self.entries: dict[str, list[Entry]] = {HARBOUR: [], PIER: []}
        self.imports: list[tuple[Backfill, Fetched]] = []  # archived documents, before they are read
        hooks = (ReleaseWebhook(server.url("/hook"), allow_networks=LOOPBACK),)
        made = config(*(self._source(name) for name in (HARBOUR, PIER)), store=directory)
        self.config = replace(made, hub=Hub(allow_networks=LOOPBACK), webhooks=hooks)
        server.answers |= {path: answer(status="204 No Content") for path in ("/hook", "/atom", "/told")}
        self.open()
        self.storage.admin.sync(self.config, self.now)
        for name in self.entries:
            self.says(name)  # the first import is behind it
        self.now = NOON

    @staticmethod
    def _source(name: str) -> Source:
        return source(name, topics=("sea",), language="en", burst=100_000, indexed=True)

    def open(self) -> None:
        """Open the store, with caches that are empty."""
        self.storage = open_storage(self.directory)
        self.publisher = Publisher(self.storage, self._config, now=self._clock)
        self.remembered = Remembered(self.storage.items, BYTES_MAX, monotonic=lambda: 0.0)  # never too old
        app = public_app(self.publisher, self.storage, remembered=self.remembered)
        newest = self.storage.engine.newest()
        self.app = Finished(app, self.remembered, lambda: marked(newest(), self.config))
        self.distributor = Distributor(
            self.storage, self.publisher, self._pusher, at_once, config=self._config, clock=self._clock
        )
        self.webhooks = Webhooks(
            self.storage, self.publisher, self._pusher, at_once, config=self._config, clock=self._clock
        )

    def cold(self) -> Starlette:
        """Return the application as after a start, with nothing cached."""
        return public_app(Publisher(self.storage, self._config, now=self._clock), self.storage)

    def restores(self, backup: Path) -> None:
        """Restore a backup while the service is stopped, and start it again."""
        self.storage.close()
        restore(self.directory, backup, self.now)
        self.open()

    def _config(self) -> Config:
        return self.config

    def _clock(self) -> datetime:
        return self.now

    def _pusher(self) -> Pusher:
        return self.pusher

    def driver(self, name: str) -> SourceDriver:
        """Return what polls a source as it is configured now."""
        found = self.config.source(name)
        assert found is not None
        return SourceDriver(self.storage, found)

    def says(self, name: str = "", *deleted: Deleted) -> None:
        """Poll a source a minute later, with what it lists and deletes, and carry out what is due."""
        self.now += MINUTE
        name = name or self.of
        self.driver(name).says(*self.entries[name], now=self.now, deleted=deleted)
        self.tick()

    def lists(self, *entries: Entry, of: str = "") -> None:
        """Poll a source that lists these entries before the notices that it listed."""
        name = of or self.of
        said = {f"tag:{name}.example,2026:storm", *(each.guid for each in entries)}
        others = [each for each in self.entries[name] if each.guid not in said]
        self.entries[name] = [*entries, *others]
        self.says(name)

    def tick(self, after: timedelta = timedelta(0)) -> None:
        """Carry out what is due, some time later."""
        self.now += after
        OriginSteps(self.storage.origins).all(self.now)
        Releases(self.storage).all(self.now)

    def fills(self) -> None:
        """Publish all but one of the releases that close the first archive of each channel."""
        self.entries[self.of] = [notice(number, self.of) for number in range(ARCHIVED)]
        self.says()

    def reconfigures(self, *sources: Source) -> None:
        """Take a configuration of these sources into force, as a reload does."""
        self.now += MINUTE
        self.config = replace(self.config, sources=sources)
        self.storage.admin.sync(self.config, self.now)

    def changes(self, **settings: object) -> None:
        """Change settings of the source under test."""
        found = self.config.source(self.of)
        assert found is not None
        changed = replace(found, **settings)  # the caller names fields of Source
        self.reconfigures(*(changed if each.id == self.of else each for each in self.config.sources))

    def found(self, name: str = "") -> Stored | None:
        """Return the stored release, of a source; None once it is removed."""
        named = self.storage.items.named(f"tag:{name or self.of}.example,2026:storm")
        return next((each for each in named if each.source == (name or self.of)), None)

    def stored(self) -> Stored:
        """Return the stored release under test."""
        found = self.found()
        assert found is not None
        return found

    def verb(self, trigger: Trigger, **options: object) -> None:
        """Carry out an operator's verb on the release, a minute later."""
        self.now += MINUTE
        self.apply(step(self.stored(), trigger, reason="a test", actor="desk", at=self.now, **options))  # type: ignore[arg-type]  # the caller names arguments of step

    def apply(self, *steps: Transition) -> None:
        self.storage.acts.apply_transitions(steps)

    def begins(self) -> None:
        """Register the webhook and two subscribers of the hub, which have seen all that is published."""
        at, host = self.now, "127.0.0.1"
        topics = {"/atom": Topic("", Format.ATOM), "/told": Topic(WITHDRAWALS, Format.JSON)}
        for path, topic in topics.items():
            request = HubRequest(HubMode.SUBSCRIBE, "", self.server.url(path), "", 800 * DAY, host, host, at)
            self.storage.push.answer(request, topic, at)

    async def pushes(self) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
        """Deliver what is due; returns the documents by path, and events of the release."""
        self.now += 2 * timedelta(seconds=1)
        read = len(self.server.requests)
        for part in (self.distributor, self.webhooks):
            for _ in range(3):
                await part.step()
                await part.running.idle()
        await self.distributor.record()
        sent = self.server.requests[read:]
        told = [json.loads(each.body) for each in sent if each.path == "/hook"]
        events = tuple(str(each["event"]) for each in told if each["item_id"] == self.id)
        return {each.path: each.body for each in sent if each.path != "/hook"}, events

    def identifies(self) -> None:
        """Note the ids of the release once it is stored: it may be removed later."""
        if (found := self.found()) is not None:
            self.id, self.public_id = found.id, found.public_id

    async def imports_all(self) -> None:
        """Read the archived documents that wait."""
        while self.imports:
            importing, fetched = self.imports.pop()
            await importing.document(fetched)

    def addresses(self) -> tuple[str, ...]:
        """Return the address of every output that is served."""
        names = [f"{name}{self.of}" if name == "sources/" else name for name in CHANNELS.values()]
        channels = [f"/{name}".rstrip("/") for name in names]
        return (
            *(f"{each}/feed.{kind}" for each in channels for kind in Format),
            *(f"{each}/archive/1.{kind}" for each in channels for kind in ("atom", "json")),
            *(each or "/" for each in channels),
            *(f"/withdrawals.{kind}" for kind in ("atom", "json")),
            *(f"/withdrawals.{kind}?after={self.cursor}" for kind in ("atom", "json")),
            f"/items/{self.id}",
            f"/items/{self.id}/history",
            "/embed/all",
            "/search?q=storm",
            "/api/items?since=0&limit=100",
            "/sitemap.xml",
            "/news-sitemap.xml",
        )

    async def reads(
        self, app: ASGIApp, before: Mapping[str, httpx.Response] | None = None
    ) -> Mapping[str, httpx.Response]:
        """Return the response of every address. To a conditional request with the validator of one `before`
        that is confirmed, it is that one."""
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://releases.example") as client:
            client.headers["Accept-Encoding"] = "identity"
            found = {}
            for path in self.addresses():
                held = before.get(path) if before else None
                response = await client.get(path, headers=_conditions(held))
                found[path] = held if held is not None and response.status_code == 304 else response
            return found

    def exports(self) -> Mapping[str, bytes]:
        """Export over the former set, and return the files that tell of the release."""
        www, fresh = self.directory / "www", self.directory / "fresh"
        for each in (www, fresh):
            export(each, self.publisher, self.storage, now=lambda: self.now)
        assert _files(www) == _files(fresh), "what a new set holds"
        rmtree(fresh)
        names = {"feed.atom", "archive/1.atom"}
        found = [each for each in www.rglob("*") if each.is_file()]
        return {
            name: each.read_bytes()
            for each in found
            if (name := each.relative_to(www).as_posix()) in names or name.startswith(f"items/{self.id}")
        }

    def recalls(self) -> bytes:
        """Return the merged feed that would be answered while the database is away; b"" for none."""
        self.remembered.forget_removed()
        kept = self.remembered.get("/feed.json")
        return b"" if kept is None else kept.published.body

    def searches(self) -> str:
        """Return the word by which the operator's search finds the release, "" for none."""
        found = (
            word
            for word in (SHOWN, SECOND, FIRST)
            if any(each.id == self.id for each in self.storage.items.items(ItemQuery(search=word)))
        )
        return next(found, "")

    async def looks(self, before: Seen | None = None) -> Seen:
        """Read every output; as a subscriber that has what was seen `before`."""
        kept = self.recalls()
        delivered, told = await self.pushes()
        responses = await self.reads(self.app, before.responses if before else None)
        exported = self.exports()
        return Seen(responses, delivered, told, exported, kept, self.searches())


def _files(directory: Path) -> Mapping[str, bytes]:
    """Return the files of a set but for its manifest, which has their times."""
    found = (each for each in directory.rglob("*") if each.is_file() and each.name != MANIFEST)
    return {each.relative_to(directory).as_posix(): each.read_bytes() for each in found}


def _conditions(before: httpx.Response | None) -> dict[str, str]:
    return {} if before is None or "ETag" not in before.headers else {"If-None-Match": before.headers["ETag"]}


@asynccontextmanager
async def given_a_site(directory: Path, of: str) -> AsyncIterator[Site]:
    """Provide a site over a new store, with the server of its subscribers."""
    pusher = Pusher(
        contact="desk@releases.example",
        publication_url="https://releases.example/",
        transport=Transport(resolve=every_name_is_here),
    )
    async with http_server() as server, aclosing(pusher):
        site = Site(directory, server, pusher, of)
        try:
            yield site
        finally:
            site.storage.close()
