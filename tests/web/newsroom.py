"""Real storage filled by the test, with the public web application over it."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
from msgspec.structs import replace
from starlette.types import ASGIApp

from aggregator.errors import Cause, FetchError
from aggregator.model.changes import Changes, Edit, NewItem, Placement, Transition
from aggregator.model.decision import State, Trigger
from aggregator.model.document import Document, ReadResult
from aggregator.model.item import Item, Key, KeyKind, Mode
from aggregator.model.poll import OutcomeKind
from aggregator.model.settings import Config, Publication, Source, Text
from aggregator.model.stored import Knowledge, Stored
from aggregator.policy import poll_result
from aggregator.policy.lifecycle import strike
from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage
from aggregator.web.access import Access
from aggregator.web.admin import admin_app
from aggregator.web.app import public_app
from tests.engines import open_storage
from tests.given import succeeded

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

OBSERVATORY = Source(
    id="observatory",
    feed="https://observatory.example/press.xml",
    organisation="Coastal Observatory",
    topics=("climate", "open-data"),
    language="en",
)
MINISTRY = Source(
    id="ministere",
    feed="https://ministere.example/rss",
    organisation="Ministère de l’Exemple",
    topics=("health",),
    language="fr",
)


def publication() -> Publication:
    return Publication(
        name="Example Public Releases",
        url="https://releases.example/",
        language="en",
        contact="desk@releases.example",
        disclaimer=Text((("", "Standing text about {{ organisation }}."),)),
        description="What public bodies say, once each.",
    )


@dataclass(frozen=True, slots=True)
class Client:
    """HTTP client of an ASGI application, without a socket; one event loop a request."""

    app: ASGIApp
    at: str = "http://elsewhere.example"

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.request("GET", path, headers)

    def post(
        self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a form as a browser does from a page of the same site."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        return self.request("POST", path, {**sent, **(headers or {})}, urlencode(fields).encode())

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self.at) as client:
                client.headers["Accept-Encoding"] = "identity"
                return await client.request(method, path, headers=headers, content=body)

        return asyncio.run(ask())


@dataclass
class Newsroom:
    """Storage, a configuration that the test may edit, and a client of the public application."""

    storage: Storage
    config: Config
    now: datetime = NOON
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.storage.admin.sync(self.config, self.now)
        self.publisher = Publisher(self.storage, lambda: self.config, now=lambda: NOON)
        self.client = Client(public_app(self.publisher, self.storage))

    def publishes(
        self,
        *items: Item,
        source: str = "observatory",
        state: State = State.LIVE,
        backlog: bool = False,
        same_as: str = "",
    ) -> None:
        """Record one poll of a source with these new items, in the story of the item titled `same_as`."""
        story = self.stored(same_as).number if same_as else None
        new = tuple(replace(self._new(item, state), backlog=backlog, same_as=story) for item in items)
        self._poll(source, Changes(Knowledge("releases.example,2026-01-01"), Mode.NORMAL, new=new))

    def corrects(self, title: str, item: Item, source: str = "observatory", *, waits: bool = False) -> None:
        """Record one poll with another content of an item; `waits`: it needs approval."""
        stored = self.stored(title)
        edit = Edit(
            number=stored.number,
            item=item,
            substantive=True,
            updated=self.now,
            revises=not waits,
            is_public=not waits,
            version=stored.newest + 1,
            waits=waits,
        )
        self._poll(source, Changes(Knowledge("releases.example,2026-01-01"), Mode.NORMAL, edits=(edit,)))

    def withdraws(self, title: str) -> None:
        stored = self.stored(title)
        self.now += timedelta(minutes=1)
        step = Transition(
            stored.number, stored.state, State.WITHDRAWN, Trigger.WITHDRAW, "secret reason", "desk", self.now
        )
        self.storage.acts.apply_transitions((step,))

    def strikes(self, title: str, version: int) -> None:
        self.now += timedelta(minutes=1)
        struck = strike(self.stored(title), version, reason="secret reason", actor="desk", at=self.now)
        self.storage.acts.apply_transitions((struck,))

    def fails(self, source: str, message: str, cause: str = "http") -> None:
        self.now += timedelta(minutes=1)
        (claim,) = self.storage.polls.claim(self.now, limit=1, lease=timedelta(minutes=5), ids=(source,))
        error = FetchError(message, cause=Cause(cause), status=503)
        result = poll_result.decide(claim, self._source(source), error, None, now=self.now, jitter=0.0)
        self.storage.polls.record(replace(result, outcome=replace(result.outcome, seconds=0.5)))

    def reconfigures(self, **changes: object) -> None:
        """Change fields of the configuration and synchronise storage, as a reload does."""
        self.config = replace(self.config, **changes)
        self.now += timedelta(minutes=1)
        self.storage.admin.sync(self.config, self.now)

    def stored(self, title: str) -> Stored:
        found = self.storage.items.find(self.ids[title])
        assert found is not None
        return found

    def page(self, title: str) -> str:
        return f"/items/{self.ids[title]}/slug"

    def _new(self, item: Item, state: State) -> NewItem:
        self.ids[item.title] = hashlib.blake2b(item.title.encode(), digest_size=7).hexdigest()[:13]
        shown = item.claimed or self.now + MINUTE  # the time of the poll
        return NewItem(item, self.ids[item.title], item.guid, Placement(state, None, shown), updated=shown)

    def _poll(self, source: str, changes: Changes) -> None:
        self.now += MINUTE
        (claim,) = self.storage.polls.claim(self.now, limit=1, lease=timedelta(minutes=5), ids=(source,))
        result = succeeded(claim, self._source(source), self.now)
        outcome = replace(result.outcome, kind=OutcomeKind.CHANGED, seconds=0.5, status=200)
        nothing = ReadResult(Document("rss20"), ())
        seq = self.storage.polls.knowledge(claim, nothing, self.now, frozenset()).seq
        changes = replace(changes, basis=replace(changes.basis, seq=seq))
        outcome = replace(outcome, new=len(changes.new), edited=len(changes.edits))
        after = replace(result.after, first_import=False)
        self.storage.polls.record(replace(result, after=after, outcome=outcome, changes=changes))

    def _source(self, name: str) -> Source:
        found = self.config.source(name)
        assert found is not None
        return found


def access(room: Newsroom) -> Access:
    """Return the log-in of the admin side of a newsroom."""
    return Access(room.storage.sessions, config=lambda: room.config, clock=lambda: room.now)


def admin_of(room: Newsroom, ready: Callable[[], bool] = lambda: True, **known: object) -> Client:
    """Return a client of the admin side of a newsroom."""
    return Client(admin_app(room.storage, access(room), ready, **known))  # type: ignore[arg-type]  # by name


def newsroom(directory: Path, *sources: Source) -> Newsroom:
    config = Config(directory / "sources.yaml", publication(), directory, sources or (OBSERVATORY, MINISTRY))
    return Newsroom(open_storage(directory), config)


def item(title: str, **said: object) -> Item:
    """Return a normalised item; keyword arguments replace its fields."""
    name = title.lower().replace(" ", "-")
    made = Item(
        keys=(Key(KeyKind.GUID, hashlib.blake2b(title.encode(), digest_size=16).digest()),),
        title=title,
        url=f"https://observatory.example/press/{name}",
        guid=f"https://observatory.example/press/{name}",
        content=f"<p>The whole of {title}.</p>",
        text=f"The whole of {title}.",
        language="en",
        claimed=NOON - timedelta(hours=2),
        fingerprint=title.encode()[:16],
    )
    return replace(made, **said)
