"""Images through the real client: noted, fetched, drawn anew, shown and withdrawn."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from aggregator.errors import Cause, WorkerError
from aggregator.fetch.client import Client
from aggregator.model.decision import Trigger
from aggregator.model.image import Drawn, ImageJob, Images
from aggregator.model.settings import Config
from aggregator.model.stored import Stored
from aggregator.model.websub import TaskKind
from aggregator.policy.image_copies import BACK_OFF
from aggregator.publish.publisher import Publisher
from aggregator.service.images import ImageCopies
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from aggregator.web.app import public_app
from aggregator.web.export import export
from aggregator.workers import drawing
from aggregator.workers.pool import WorkerPool
from tests.engines import open_storage
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK, client, poll_settings
from tests.given import MINUTE, NOON, SourceDriver, all_items, at_once, config, entry, source
from tests.server import Answers, HttpServer, answer, http_server
from tests.storage.given import move
from tests.web.newsroom import Client as Reader

pytestmark = pytest.mark.usefixtures("engine")


def picture(colour: str = "green") -> bytes:
    made = BytesIO()
    Image.new("RGB", (40, 30), colour).save(made, "PNG")
    return made.getvalue()


def image(body: bytes = b"") -> bytes:
    return answer("Content-Type: image/png", body=body or picture())


def holds(directory: Path, body: bytes) -> bool:
    """Return whether a file below a directory holds these bytes."""
    files = [each for each in directory.rglob("*") if each.is_file()]
    return any(body in each.read_bytes() for each in files)


class Drawer(WorkerPool):
    """Draws images in the process of the test."""

    async def draw(self, job: ImageJob) -> Drawn:
        if b"crash" in job.body:
            raise WorkerError("it took over 15 s of CPU time", cause=Cause.LIMIT)
        return drawing.drawn(job)


class ImagesHarness:
    """A source with images, its site, the tasks of a service, and its public side."""

    def __init__(self, storage: Storage, server: HttpServer, fetcher: Client) -> None:
        self.storage, self.server, self.fetcher = storage, server, fetcher
        self.now = NOON
        self.of = source("ministry", domains=("127.0.0.1",), allow_networks=LOOPBACK)
        self.config = self.with_images(Images.PROXY)
        storage.admin.sync(self.config, NOON)
        self.origin = SourceDriver(storage, self.of)
        self.copies = ImageCopies(
            storage,
            lambda: self.fetcher,
            Drawer(),
            at_once,
            config=lambda: self.config,
            clock=lambda: self.now,
        )
        handlers = {TaskKind.IMAGES: self.copies.look, TaskKind.IMAGE: self.copies.run}
        self.tasks = Tasks(storage.tasks, at_once, handlers, clock=lambda: self.now)
        self.publisher = Publisher(storage, lambda: self.config, now=lambda: NOON)

    def with_images(self, images: Images) -> Config:
        made = config(self.of)
        return replace(made, publication=replace(made.publication, images=images))

    def says(self, *names: str) -> None:
        body = "".join(
            f'<p>Of {each} <img src="{self.server.url(f"/{each}")}" alt="The {each}"></p>' for each in names
        )
        self.origin.says(entry("Bridge opens", "urn:1", body=body), now=self.now)

    def stored(self) -> Stored:
        (item,) = all_items(self.storage)
        return item

    async def read(self, path: str) -> str:
        def get() -> str:
            return Reader(public_app(self.publisher, self.storage)).get(path).text

        return await asyncio.to_thread(get)

    async def status(self, path: str) -> int:
        def get() -> int:
            return Reader(public_app(self.publisher, self.storage)).get(path).status_code

        return await asyncio.to_thread(get)

    def paths(self) -> list[str]:
        """Return the paths of the copies of the only item."""
        found = self.storage.images.copies(self.stored().number)
        return [f"/images/{each.digest}.webp" for each in found.values()]

    async def tick(self, after: timedelta = timedelta(seconds=10)) -> list[str]:
        """Run what is due, and return the states of images that were read."""
        self.now += after
        with capture_logs() as logs:
            for task in await self.tasks.claim():
                await self.tasks.run(task)
        return [str(each["state"]) for each in logs if each["event"] == "image read"]

    async def settle(self, ticks: int = 6) -> list[str]:
        return [state for _ in range(ticks) for state in await self.tick()]


Scenario = Callable[[ImagesHarness], Awaitable[None]]


def run(directory: Path, answers: Answers, scenario: Scenario) -> None:
    async def main() -> None:
        async with (
            http_server(answers) as server,
            client(poll_settings(timeout=5, max_bytes=10_000_000)) as fetcher,
        ):
            with closing(open_storage(directory)) as storage:
                await scenario(ImagesHarness(storage, server, fetcher))

    asyncio.run(main())


def test_images_are_our_copies_on_pages_and_in_feeds_and_never_those_of_the_origin(tmp_path: Path) -> None:
    async def scenario(here: ImagesHarness) -> None:
        here.says("a.png", "b.png")
        page, feed = f"/items/{here.stored().id}/x", "/feed.atom"
        for path in (page, feed):
            text = await here.read(path)
            assert "<img" not in text.replace("&lt;", "<")
            assert here.server.url("/") not in text
        assert await here.settle() == ["copied", "copied"]
        assert here.server.paths == ["/a.png", "/b.png"]
        (path, *_) = paths = here.paths()
        assert len({*paths}) == 1  # both are the same
        text = await here.read(page)
        assert f'<img src="{path}" alt="The a.png" width="40" height="30" loading="lazy">' in text
        assert here.config.publication.url + path[1:] in await here.read(feed)
        assert here.server.url("/") not in text + await here.read(feed)
        reader = Reader(public_app(here.publisher, here.storage))
        got = await asyncio.to_thread(reader.get, path)
        assert (got.headers["content-type"], got.headers["cache-control"]) == (
            "image/webp",
            "public, max-age=60",
        )
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert got.content[8:12] == b"WEBP"
        site = tmp_path / "www"
        await asyncio.to_thread(export, site, here.publisher, here.storage)
        assert (site / path[1:]).read_bytes() == got.content

    run(tmp_path / "store", {"/a.png": image(), "/b.png": image()}, scenario)


@pytest.mark.parametrize("trigger", [Trigger.HOLD, Trigger.WITHDRAW, Trigger.ERASE])
def test_a_copy_is_gone_with_its_release(tmp_path: Path, trigger: Trigger) -> None:
    async def scenario(here: ImagesHarness) -> None:
        here.says("a.png")
        await here.settle(3)
        (path,) = here.paths()
        body = here.storage.images.body(path[8:40])
        assert body is not None
        assert await here.status(path) == 200
        move(here.storage, here.stored(), trigger)
        assert await here.status(path) == 404
        assert await here.settle(3) == []
        if trigger is Trigger.ERASE:
            assert here.storage.engine.purge()
            assert not await asyncio.to_thread(holds, tmp_path, body)

    run(tmp_path / "store", {"/a.png": image()}, scenario)


def test_a_release_that_is_back_has_its_images_again(tmp_path: Path) -> None:
    async def scenario(here: ImagesHarness) -> None:
        here.says("a.png")
        await here.settle(3)
        move(here.storage, here.stored(), Trigger.HOLD)
        move(here.storage, here.stored(), Trigger.RELEASE)
        assert await here.settle(3) == ["copied"]

    run(tmp_path / "store", {"/a.png": image()}, scenario)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (image(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "refused"),
        (image(b"\x89PNG\r\n\x1a\n crash"), "failed"),
        (answer(status="404 Not Found"), "refused"),
        (answer(status="200 OK", body=b"<html>"), "refused"),
    ],
)
def test_whatever_is_no_image_is_left_out_for_good(tmp_path: Path, body: bytes, state: str) -> None:
    async def scenario(here: ImagesHarness) -> None:
        here.says("a.png")
        assert await here.settle() == [state]
        assert here.paths() == []

    run(tmp_path / "store", {"/a.png": body}, scenario)


@pytest.mark.one_engine("the wait is a matter of the client")
def test_an_image_that_fails_is_fetched_later_and_holds_up_no_other(tmp_path: Path) -> None:
    async def scenario(here: ImagesHarness) -> None:
        here.says("a.png", "b.png")
        assert await here.settle(4) == ["waits", "copied"]
        assert len(here.paths()) == 1
        here.server.answers["/a.png"] = image(picture("red"))
        assert await here.tick(BACK_OFF[0]) == ["copied"]
        assert len(here.paths()) == 2

    run(tmp_path / "store", {"/a.png": answer(status="503 Busy"), "/b.png": image()}, scenario)


def test_copies_are_deleted_where_none_are_wanted_any_more(tmp_path: Path) -> None:
    async def scenario(here: ImagesHarness) -> None:
        here.says("a.png")
        await here.settle(3)
        (path,) = here.paths()
        here.config = here.with_images(Images.ORIGIN)
        here.now += MINUTE
        here.storage.admin.sync(here.config, here.now)
        assert here.server.url("/a.png") in await here.read("/feed.atom")
        await here.settle(2)
        assert await here.status(path) == 404
        assert here.paths() == []
        assert await here.tasks.claim() == ()

    run(tmp_path / "store", {"/a.png": image()}, scenario)
